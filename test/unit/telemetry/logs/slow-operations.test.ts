import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishRequestEnd } from '../../../../src/telemetry/channels.ts';
import { SlowOperations } from '../../../../src/telemetry/logs/slow-operations.ts';
import type { RequestRecord } from '../../../../src/telemetry/record.ts';
import { callRecord, endedRecord, linesOf, operationRun, type Line } from '../../../support/log-lines.ts';

const minute = 60_000;

/** A request that ends at `endedAt` and took 100 ms. */
function slowRequest(endedAt: number, hash = 'h1'): RequestRecord {
  const run = operationRun();
  const record = endedRecord({ runs: [{ ...run, operation: { ...run.operation, hash: () => hash } }] });
  return Object.assign(record, { startedAt: endedAt - 100, endedAt });
}

function slowOperations(): { readonly see: (record: RequestRecord) => void; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const slow = new SlowOperations({ slowerThanMs: 99, tell: (fields) => void lines.push(fields) });
  return { see: (record) => slow.see(record), lines };
}

test('an operation that took longer is a warning with its plan and calls', async () => {
  const record = endedRecord({ runs: [operationRun({ planMs: 1 })] });
  record.calls.push(callRecord({ startedAt: record.startedAt }));
  const lines = await linesOf({ slowerThanMs: 12 }, () => publishRequestEnd(record));
  assert.deepEqual(lines, [
    {
      level: 40,
      requestId: 'r1',
      operationName: 'Checkout',
      operationType: 'query',
      operationHash: 'abc123',
      engine: 'compiled',
      durationMs: 12.5,
      gatewayMs: 2.5,
      upstreamMs: 10,
      planMs: 1,
      calls: [{ upstream: 'users', template: '/users/{id}', status: 200, ms: 10 }],
      plan: 'Fetch(users)',
      msg: 'slow operation',
    },
  ]);
});

test('what took no longer is not told', async () => {
  const lines = await linesOf({ slowerThanMs: 13 }, () => publishRequestEnd(endedRecord({ runs: [operationRun()] })));
  assert.deepEqual(lines, []);
});

test('one operation is told once a minute, with how often it was slow in between', () => {
  const { see, lines } = slowOperations();
  for (const at of [1000, 2000, 3000, 1000 + minute - 1]) see(slowRequest(at));
  see(slowRequest(4000, 'h2'));
  see(slowRequest(1000 + minute));
  assert.deepEqual(
    lines.map(({ operationHash, skipped }) => [operationHash, skipped]),
    [
      ['h1', undefined],
      ['h2', undefined],
      ['h1', 3],
    ],
  );
});

test('many operations together are told thirty times a minute', () => {
  const { see, lines } = slowOperations();
  for (let index = 0; index < 40; index += 1) see(slowRequest(1000 + index, `h${index}`));
  assert.equal(lines.length, 30);
  see(slowRequest(1000 + minute, 'h39'));
  assert.deepEqual([lines.at(-1)?.['operationHash'], lines.at(-1)?.['skipped']], ['h39', 1]);
});

test('a subscription is never slow', () => {
  const { see, lines } = slowOperations();
  const record = slowRequest(1000);
  const run = operationRun();
  record.runs.splice(0, 1, { ...run, operation: { ...run.operation, type: 'subscription' } });
  see(record);
  assert.deepEqual(lines, []);
});

test('a long plan is cut', () => {
  const { see, lines } = slowOperations();
  const record = slowRequest(1000);
  const run = operationRun();
  record.runs.splice(0, 1, { ...run, operation: { ...run.operation, plan: () => 'x'.repeat(20_000) } });
  see(record);
  assert.match(String(lines[0]?.['plan']), /^x{16384}\n… \(3616 more characters\)$/);
});

test('names of its calls are read as they came, whatever is in them', async () => {
  for (const text of ['a"b', 'a\\nb', 'a\nb', 'a","status":1,"x":"']) {
    const calls = [callRecord({ upstream: text, template: text })];
    const record = endedRecord({ runs: [operationRun()], calls });
    const [line = {}] = await linesOf({ slowerThanMs: 12 }, () => publishRequestEnd(record));
    assert.deepEqual(line['calls'], [{ upstream: text, template: text, status: 200, ms: 10 }]);
  }
});
