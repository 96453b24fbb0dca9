import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { busyMs } from '../../../src/telemetry/busy-time.ts';
import { RequestRecord, type CallRecord, type OperationRun } from '../../../src/telemetry/record.ts';
import { serverTimingOf } from '../../../src/telemetry/server-timing.ts';
import { timelineOf } from '../../../src/telemetry/timeline.ts';

/** A call that began and ended so many milliseconds after the request did. */
function call(record: RequestRecord, from: number, to: number, more: Partial<CallRecord> = {}): CallRecord {
  const began = record.startedAt + from;
  return {
    upstream: 'users',
    kind: 'graphql',
    method: 'POST',
    template: '',
    operationName: undefined,
    spanId: '00f067aa0ba902b7',
    target: 'http://10.1.2.3:4001',
    startedAt: began,
    sentAt: began + 0.5,
    headersAt: record.startedAt + to - 1,
    endedAt: record.startedAt + to,
    source: 'upstream',
    cache: undefined,
    status: 200,
    error: undefined,
    attempts: 1,
    batch: 1,
    isDetached: false,
    requestBytes: 40,
    responseBytes: 900,
    ...more,
  };
}

function run(more: Partial<OperationRun> = {}): OperationRun {
  return {
    operation: {
      name: 'Shop',
      type: 'query',
      hash: () => 'aa',
      plan: undefined,
      sensitiveVariables: new Set<string>(),
    },
    engine: 'compiled',
    cache: undefined,
    planMs: 0,
    estimatedCost: undefined,
    actualCost: undefined,
    variables: { secret: 'marker' },
    ...more,
  };
}

function request(): RequestRecord {
  return new RequestRecord('POST', { authorization: 'marker' });
}

describe('the timeline', () => {
  test('tells a call as it went, from the start of the request, in microseconds', () => {
    const record = request();
    record.calls.push(
      call(record, 2, 14.123456, {
        kind: 'rest',
        method: 'GET',
        template: '/users/{id}',
        source: 'shared',
        attempts: 2,
        batch: 3,
      }),
    );
    assert.deepEqual(timelineOf(record, record.startedAt + 20).calls, [
      {
        upstream: 'users',
        kind: 'rest',
        method: 'GET',
        template: '/users/{id}',
        operationName: null,
        start: 2,
        wait: 0.5,
        headers: 11.123,
        time: 12.123,
        isRunning: false,
        status: 200,
        error: null,
        source: 'shared',
        attempts: 2,
        batch: 3,
        requestBytes: 40,
        responseBytes: 900,
      },
    ]);
  });

  test('has calls in order of their start, whatever the order in which they were noted', () => {
    const record = request();
    record.calls.push(call(record, 5, 6, { upstream: 'late' }), call(record, 1, 9, { upstream: 'early' }));
    assert.deepEqual(
      timelineOf(record, record.startedAt + 10).calls.map(({ upstream }) => upstream),
      ['early', 'late'],
    );
  });

  test('tells a call that still runs, that failed, and that was never sent', () => {
    const record = request();
    record.calls.push(
      call(record, 1, 0, { endedAt: 0, headersAt: 0 }),
      call(record, 2, 4, { sentAt: 0, headersAt: 0, status: 0, error: 'UPSTREAM_TIMEOUT' }),
    );
    const [running, failed] = timelineOf(record, record.startedAt + 10).calls;
    assert.deepEqual([running?.isRunning, running?.time, running?.headers], [true, 9, null]);
    assert.deepEqual([failed?.isRunning, failed?.wait, failed?.error], [false, null, 'UPSTREAM_TIMEOUT']);
  });

  test('lays phases end to end, and leaves out what took no time', () => {
    const record = request();
    record.entranceMs = 2;
    record.authenticationMs = 1.5;
    record.parseMs = 0.25;
    record.runs.push(run({ planMs: 3 }), run({ planMs: 1 }));
    assert.deepEqual(timelineOf(record, record.startedAt + 10).phases, [
      { name: 'entrance', start: 0, time: 2 },
      { name: 'authentication', start: 0, time: 1.5 },
      { name: 'parse', start: 2, time: 0.25 },
      { name: 'plan', start: 2.25, time: 4 },
    ]);
  });

  test('says how long upstreams were waited for, and what came of the cache', () => {
    const record = request();
    record.runs.push(run(), run({ cache: 'stale' }));
    record.calls.push(call(record, 1, 5), call(record, 3, 6));
    const { version, total, upstream, cache } = timelineOf(record, record.startedAt + 10);
    assert.deepEqual({ version, total, upstream, cache }, { version: 1, total: 10, upstream: 5, cache: 'stale' });
  });

  test('holds no address of an upstream, no header and no variable, and is plain JSON', () => {
    const record = request();
    record.runs.push(run());
    record.calls.push(call(record, 1, 2));
    const timeline = timelineOf(record, record.startedAt + 3);
    assert.doesNotMatch(JSON.stringify(timeline), /10\.1\.2\.3|marker/);
    assert.deepEqual(JSON.parse(JSON.stringify(timeline)), timeline);
  });
});

describe('time waited for upstreams', () => {
  const record = request();
  const busy = (...calls: readonly CallRecord[]): number =>
    Math.round(busyMs(calls, record.startedAt + 20) * 1000) / 1000;

  test('counts calls at one time once, gaps between them not, and one within another not', () => {
    assert.equal(busy(), 0);
    assert.equal(busy(call(record, 2, 4)), 2);
    assert.equal(busy(call(record, 6, 9), call(record, 1, 3), call(record, 2, 5), call(record, 7, 8)), 7);
  });

  test('counts what runs until now, and what came from the cache not at all', () => {
    assert.equal(busy(call(record, 12, 0, { endedAt: 0 })), 8);
    assert.equal(busy(call(record, 1, 9, { source: 'cache' }), call(record, 2, 3)), 1);
  });
});

describe('Server-Timing', () => {
  test('tells gateway from upstreams, and folds calls by upstream', () => {
    const record = request();
    record.authenticationMs = 0.4;
    record.parseMs = 0.2;
    record.validateMs = 0.3;
    record.runs.push(run({ planMs: 1.2, cache: 'miss' }));
    record.calls.push(call(record, 2, 6), call(record, 4, 8), call(record, 3, 4, { upstream: 'orders' }));
    assert.equal(
      serverTimingOf(record, record.startedAt + 10),
      'total;dur=10, gw;dur=4, upstream;dur=6, auth;dur=0.4, parse;dur=0.5, plan;dur=1.2, cache;desc=miss, ' +
        'up-users;dur=6;desc="2 calls", up-orders;dur=1;desc="1 call"',
    );
  });

  test('is short where nothing but the gateway took time', () => {
    const record = request();
    assert.equal(serverTimingOf(record, record.startedAt + 1.5), 'total;dur=1.5, gw;dur=1.5');
  });

  test('names the ten upstreams that took longest', () => {
    const record = request();
    for (let index = 11; index >= 0; index--) record.calls.push(call(record, 0, 20 - index, { upstream: `u${index}` }));
    const named = [...serverTimingOf(record, record.startedAt + 20).matchAll(/up-(u\d+);/g)].map(([, name]) => name);
    assert.deepEqual(
      named,
      Array.from({ length: 10 }, (_, index) => `u${index}`),
    );
  });

  test('has nothing of a name in it that would end a metric or the header', () => {
    const record = request();
    record.calls.push(call(record, 0, 1, { upstream: 'a, b;dur=9"\r\nset-cookie: é'.repeat(9) }));
    const [, , , ...named] = serverTimingOf(record, record.startedAt + 1).split(', ');
    assert.equal(named.length, 1);
    assert.match(named[0] ?? '', /^up-[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40};dur=1;desc="1 call"$/);
  });
});
