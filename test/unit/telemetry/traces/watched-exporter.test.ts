import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { WatchedExporter } from '../../../../src/telemetry/traces/watched-exporter.ts';
import { listenToNotices } from '../../../support/notices.ts';

interface Watched {
  /** One export of one span, at a time in milliseconds. */
  readonly exportAt: (ms: number, error?: Error) => ExportResult | undefined;
  readonly exporter: WatchedExporter;
  readonly notices: readonly { readonly level: string; readonly message: string }[];
}

function watch(t: TestContext): Watched {
  let now = 0;
  let result: ExportResult = { code: ExportResultCode.SUCCESS };
  const inner = {
    export: (_spans: unknown, done: (result: ExportResult) => void) => done(result),
    shutdown: async () => undefined,
  };
  const exporter = new WatchedExporter(inner, {
    where: 'here',
    timeoutMs: 10,
    onTaken: () => undefined,
    now: () => now,
  });
  const exportAt = (ms: number, error?: Error): ExportResult | undefined => {
    now = ms;
    result = error ? { code: ExportResultCode.FAILED, error } : { code: ExportResultCode.SUCCESS };
    let answered: ExportResult | undefined;
    exporter.export(Array(1), (answer) => (answered = answer));
    return answered;
  };
  return { exportAt, exporter, notices: listenToNotices(t).all };
}

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

test('a receiver that stays down is told of once, however long', (t) => {
  const { exportAt, exporter, notices } = watch(t);
  for (const ms of [0, 30_000, 90_000, 600_000]) exportAt(ms, refused);
  assert.equal(notices.length, 1);
  assert.equal(exporter.failed, 4);
});

test('a receiver that is down again after a minute is told of again, with what was lost since', (t) => {
  const { exportAt, notices } = watch(t);
  exportAt(0, refused);
  exportAt(1000);
  exportAt(2000, refused);
  exportAt(3000);
  exportAt(61_000, refused);
  exportAt(62_000);
  assert.deepEqual(
    notices.map(({ message }) => message),
    [
      'traces cannot be exported to here: ECONNREFUSED; spans are lost until they can',
      'traces are exported to here again; 1 spans were lost',
      'traces cannot be exported to here: ECONNREFUSED; spans are lost until they can',
      'traces are exported to here again; 2 spans were lost',
    ],
  );
});

test('a receiver that was quiet for so short a time that nobody was told is still told of when it stays down', (t) => {
  const { exportAt, notices } = watch(t);
  exportAt(0, refused);
  exportAt(1000);
  exportAt(2000, refused);
  exportAt(70_000, refused);
  assert.equal(notices.length, 3);
});

test('to whoever hands spans over, a failure is a success: there is nothing to do about it', (t) => {
  const { exportAt } = watch(t);
  assert.deepEqual(exportAt(0, refused), { code: ExportResultCode.SUCCESS });
});

test('the words of an error are told to nobody', (t) => {
  const { exportAt, notices } = watch(t);
  exportAt(0, new Error('s3cret'));
  assert.deepEqual(
    notices.map(({ message }) => message),
    ['traces cannot be exported to here: no usable answer in time; spans are lost until they can'],
  );
});

test('an exporter that throws has failed', (t) => {
  const inner = {
    export: () => {
      throw new Error('s3cret');
    },
    shutdown: async () => undefined,
  };
  const exporter = new WatchedExporter(inner, { where: 'here', timeoutMs: 10, onTaken: () => undefined });
  const { all } = listenToNotices(t);
  exporter.export([], () => undefined);
  assert.equal(all.length, 1);
});

test('an answer that never ends counts as a failure once its time is over, and not twice', async () => {
  const held: ((result: ExportResult) => void)[] = [];
  const inner = {
    export: (_spans: unknown, done: (result: ExportResult) => void) => void held.push(done),
    shutdown: async () => undefined,
  };
  const exporter = new WatchedExporter(inner, { where: 'here', timeoutMs: 1, onTaken: () => undefined });
  // Its own timer holds no process up.
  const alive = setInterval(() => undefined, 1000);
  await new Promise<void>((resolve) => exporter.export(Array(3), () => resolve()));
  clearInterval(alive);
  held[0]?.({ code: ExportResultCode.SUCCESS });
  assert.deepEqual([exporter.exported, exporter.failed], [0, 3]);
});
