import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { listenTo, listenToEnds } from '../../../src/telemetry/listen.ts';
import { RequestRecord } from '../../../src/telemetry/record.ts';
import { until } from '../../support/until.ts';

test('a listener that throws disturbs nobody, and is told of once', (context) => {
  const told: string[] = [];
  const heard: unknown[] = [];
  const endings = [
    listenTo('weft:error', ({ error }) => told.push(error.message)),
    listenTo('weft:notice', () => {
      throw new Error('a fault in telemetry');
    }),
    listenTo('weft:notice', (event) => heard.push(event)),
  ];
  context.after(() => endings.forEach((end) => end()));
  channel('weft:notice').publish(1);
  channel('weft:notice').publish(2);
  assert.deepEqual(heard, [1, 2]);
  assert.deepEqual(told, ['a listener of weft:notice failed; what it is told then is lost']);
});

test('hears nothing more once it has ended', () => {
  const heard: unknown[] = [];
  const end = listenTo('weft:notice', (event) => heard.push(event));
  channel('weft:notice').publish('before');
  end();
  channel('weft:notice').publish('after');
  assert.deepEqual(heard, ['before']);
});

const ends = channel('weft:request.end');

/** Ends a request that is known by its method. */
function endRequest(name: string): void {
  ends.publish(new RequestRecord(name, {}));
}

function namesOf(records: readonly RequestRecord[]): readonly string[] {
  return records.map(({ method }) => method);
}

test('requests that ended are heard of many at a time, by each listener in order', (context) => {
  const heard: RequestRecord[] = [];
  const other: RequestRecord[] = [];
  const listeners = [heard, other].map((into) => listenToEnds((record) => into.push(record)));
  context.after(() => listeners.forEach(({ stop }) => stop()));
  const names = Array.from({ length: 40 }, (_, index) => `r${index}`);
  for (const name of names) endRequest(name);
  assert.deepEqual([namesOf(heard), namesOf(other)], [names.slice(0, 32), names.slice(0, 32)]);
  listeners[0]?.flush();
  assert.deepEqual([namesOf(heard), namesOf(other)], [names, names]);
});

test('a request that ended alone is heard of soon', async (context) => {
  const heard: RequestRecord[] = [];
  const { stop } = listenToEnds((record) => heard.push(record));
  context.after(stop);
  endRequest('first');
  assert.deepEqual(heard, []);
  await until(() => heard.length === 1);
  endRequest('second');
  await until(() => heard.length === 2);
  assert.deepEqual(namesOf(heard), ['first', 'second']);
});

test('who begins hears of nothing before, who stops of all until then and of nothing after', () => {
  const [early, late]: [RequestRecord[], RequestRecord[]] = [[], []];
  const first = listenToEnds((record) => early.push(record));
  endRequest('before');
  const second = listenToEnds((record) => late.push(record));
  endRequest('between');
  first.stop();
  endRequest('after');
  second.stop();
  endRequest('nobody');
  assert.deepEqual(
    [namesOf(early), namesOf(late)],
    [
      ['before', 'between'],
      ['between', 'after'],
    ],
  );
  assert.equal(ends.hasSubscribers, false);
});

test('a listener that throws at one request hears of the next ones, as all others do', (context) => {
  const heard: string[] = [];
  const failing = listenToEnds(({ method }) => {
    if (method === 'bad') throw new Error('a fault in telemetry');
    heard.push(`failing ${method}`);
  });
  const sound = listenToEnds(({ method }) => heard.push(`sound ${method}`));
  context.after(() => [failing, sound].forEach(({ stop }) => stop()));
  for (const name of ['bad', 'good']) endRequest(name);
  sound.flush();
  assert.deepEqual(heard, ['failing good', 'sound bad', 'sound good']);
});
