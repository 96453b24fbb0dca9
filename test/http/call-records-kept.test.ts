import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import { cacheCalls } from '../../src/upstream/cache-calls.ts';
import { recordCalls } from '../../src/upstream/call-records.ts';
import { compileHeaderRules, upstreamHeaders } from '../../src/upstream/request-headers.ts';
import type { Send } from '../../src/upstream/types.ts';
import { startFakeUpstream, type FakeHandler } from '../support/fake-upstream.ts';
import { memoryStore, startKeptEntities } from '../support/kept-entities-rig.ts';
import { fine, listenToCalls, onlyCall, outcomeOf, recorded } from '../support/recorded.ts';
import { until } from '../support/until.ts';
import { openUpstream } from '../support/upstream-config.ts';

describe('the record of a call that is kept', () => {
  const minute = { 'cache-control': 'max-age=60', etag: '"1"' };

  async function startKept(t: TestContext, handler: FakeHandler) {
    let lateMs = 0;
    const now = (): number => Date.now() + lateMs;
    const server = await startFakeUpstream(async (call) => {
      call.response.setHeader('date', new Date(now()).toUTCString());
      return handler(call);
    });
    const upstream = openUpstream(server.url);
    const store = memoryStore();
    const singleFlight = createSingleFlight({ redis: undefined, timeoutMs: 100 });
    t.after(async () => {
      await upstream.destroy();
      await server.close();
      await store.close();
      singleFlight.close();
    });
    const rules = compileHeaderRules({});
    const config = { maxAgeMs: undefined, defaultMaxAgeMs: undefined };
    const keep = cacheCalls({ upstream: 'users', bases: upstream.targets, config, rules, store, singleFlight, now });
    const send: Send = recordCalls('users')(keep(upstream.send));
    return {
      calls: server.requests,
      wait: (ms: number) => (lateMs += ms),
      get: async (path = '/a', given = recorded()) => {
        const { scope, record } = given;
        const headers = upstreamHeaders(rules, scope);
        await send({ method: 'GET', path, headers, body: undefined, scope, signal: scope.signal });
        return onlyCall(record);
      },
    };
  }

  test('says `cache` where nothing was sent', async (t) => {
    const { get, calls } = await startKept(t, () => ({ headers: minute, json: 1 }));
    const first = await get();
    assert.deepEqual([outcomeOf(first), first.cache], [fine, 'miss']);
    const kept = await get();
    assert.deepEqual(outcomeOf(kept), { ...fine, source: 'cache' });
    assert.equal(kept.cache, 'hit');
    assert.deepEqual([kept.target, kept.sentAt, kept.responseBytes], [undefined, 0, 0]);
    assert.equal(calls.length, 1);
  });

  test('says `revalidated` where the upstream said that it is still good', async (t) => {
    const { get, wait, calls } = await startKept(t, ({ headers }) =>
      headers['if-none-match'] === '"1"' ? { status: 304, headers: minute } : { headers: minute, json: 1 },
    );
    await get();
    wait(120_000);
    const again = await get();
    assert.deepEqual(outcomeOf(again), { ...fine, source: 'revalidated', status: 304 });
    assert.equal(again.cache, 'revalidated');
    assert.ok(again.sentAt > 0);
    assert.equal(calls.length, 2);
  });

  test('says `shared` where it waited for the call of another', async (t) => {
    const release = Promise.withResolvers<void>();
    const { get, calls } = await startKept(t, async () => {
      await release.promise;
      return { headers: minute, json: 1 };
    });
    const both = [get(), get()];
    await until(() => calls.length === 1);
    release.resolve();
    const [first, second] = await Promise.all(both);
    assert.deepEqual([first?.source, second?.source], ['upstream', 'shared']);
    assert.equal(calls.length, 1);
  });

  test('of a refresh that nobody waits for belongs to no request, and goes on in its trace', async (t) => {
    const told = listenToCalls(t);
    const stale = { 'cache-control': 'max-age=60, stale-while-revalidate=600' };
    const { get, wait, calls } = await startKept(t, () => ({ headers: stale, json: 1 }));
    await get();
    wait(120_000);
    const given = recorded();
    assert.equal((await get('/a', given)).source, 'cache');
    await until(() => told.ended.length === 3);
    assert.equal(given.record.calls.length, 1);
    const refresh = told.ended.at(-1);
    assert.deepEqual([refresh?.requestId, refresh?.call.source], ['', 'upstream']);
    assert.ok(calls[1]?.headers['traceparent']?.includes(given.record.trace?.traceId ?? '?'));
  });
});

describe('the record of entities that are kept', () => {
  test('counts those that were found, and those that were asked for', async (t) => {
    const { ask } = await startKeptEntities(t);
    await ask('{ products(skus: ["a", "b"]) { count } }');
    const { record } = recorded();
    await ask('{ products(skus: ["a", "b", "c"]) { count } }', { scope: { record } });
    const ofStock = record.calls.filter(({ upstream }) => upstream === 'stock');
    assert.deepEqual(
      ofStock.map(({ source, batch, kind }) => [source, batch, kind]),
      [
        ['cache', 2, 'graphql'],
        ['upstream', 1, 'graphql'],
      ],
    );
    assert.deepEqual([record.keptEntities, record.missedEntities], [2, 1]);
    for (const call of record.calls) assert.ok(call.endedAt > 0);
  });

  test('is the only one where nothing is left to ask for', async (t) => {
    const { ask } = await startKeptEntities(t);
    await ask('{ products(skus: ["a", "b"]) { count } }');
    const { record } = recorded();
    await ask('{ products(skus: ["a", "b"]) { count } }', { scope: { record } });
    const ofStock = record.calls.filter(({ upstream }) => upstream === 'stock');
    assert.deepEqual(
      ofStock.map(({ source, batch }) => [source, batch]),
      [['cache', 2]],
    );
  });

  test('is made for requests with a record alone', async (t) => {
    const told = listenToCalls(t);
    const { ask } = await startKeptEntities(t);
    for (const _time of [1, 2]) await ask('{ products(skus: ["a", "b"]) { count } }');
    assert.deepEqual(
      told.ended.map(({ call }) => [call.upstream, call.source]),
      [
        ['shop', 'upstream'],
        ['stock', 'upstream'],
        ['shop', 'upstream'],
      ],
    );
  });

  test('without keeping, a fetch of a plan says how many entities it asked for', async (t) => {
    const { ask } = await startKeptEntities(t, { kept: {} });
    const { record } = recorded();
    await ask('{ products(skus: ["a", "b", "a"]) { count } }', { scope: { record } });
    assert.deepEqual(
      record.calls.map(({ upstream, batch }) => [upstream, batch]),
      [
        ['shop', 1],
        ['stock', 2],
      ],
    );
  });
});
