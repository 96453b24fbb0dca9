import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parse } from 'graphql';
import type { UpstreamKind } from '../../src/config/types.ts';
import { activeCalls, recordCalls } from '../../src/upstream/call-records.ts';
import { createFederationFacade } from '../../src/upstream/facade/federation.ts';
import { loadUpstreamSchema } from '../../src/upstream/schema-source.ts';
import type { Facade, UpstreamRequest } from '../../src/upstream/types.ts';
import {
  cutOff,
  refusingUrl,
  startFakeSocketServer,
  startFakeUpstream,
  type FakeCall,
  type FakeHandler,
} from '../support/fake-upstream.ts';
import { connect } from '../support/graphql-upstream.ts';
import { fine, listenToCalls, onlyCall, outcomeOf, recorded, type Recorded } from '../support/recorded.ts';
import { closeFacades, entitiesOf, logged, person, startFacade, usersApi, usersOf } from '../support/rest-facade.ts';
import { until } from '../support/until.ts';
import { openUpstream, type ConfigChanges } from '../support/upstream-config.ts';

afterEach(closeFacades);

/** A federation facade before a real server, as plans use it. */
async function startShop(
  t: TestContext,
  handler: FakeHandler,
  changes: { readonly name?: string; readonly kind?: UpstreamKind } = {},
): Promise<{ readonly facade: Facade; readonly calls: readonly FakeCall[]; readonly url: string }> {
  const server = await startFakeUpstream(handler);
  const facade = createFederationFacade(connect(server.url, { name: 'shop', kind: 'federation', ...changes }));
  t.after(server.close);
  return { facade, calls: server.requests, url: server.url };
}

/** An upstream without anything in front of it. */
async function startSending(t: TestContext, url: string, changes: ConfigChanges = {}) {
  const upstream = openUpstream(url, { name: 'users', ...changes });
  t.after(upstream.destroy);
  const send = (given: Recorded, more: Partial<UpstreamRequest> = {}) =>
    upstream.send({
      ...{ method: 'GET', path: '/users/1', headers: {}, body: undefined },
      ...{ scope: given.scope, signal: given.scope.signal },
      ...more,
    });
  return { upstream, send };
}

const shopAnswer: FakeHandler = () => ({ json: { data: { a: 1 } } });

describe('the record of a REST call of a field', () => {
  test('names upstream, target, method and template, and holds its times in order', async () => {
    const { ask, calls } = await startFacade(() => ({ json: person(7) }));
    const { record, scope } = recorded();
    await ask('{ user(id: 7) { name } }', {}, scope);
    const call = onlyCall(record);
    const { upstream, kind, method, template, operationName } = call;
    assert.deepEqual(
      { upstream, kind, method, template, operationName },
      { upstream: 'users', kind: 'rest', method: 'GET', template: '/users/{id}', operationName: undefined },
    );
    assert.deepEqual(outcomeOf(call), fine);
    assert.equal(call.target, `http://${calls[0]?.headers.host}`);
    const times = [record.startedAt, call.startedAt, call.sentAt, call.headersAt, call.endedAt];
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok(call.startedAt > 0);
    assert.deepEqual([call.requestBytes, call.responseBytes], [0, JSON.stringify(person(7)).length]);
  });

  test('of a batched look-up says how many keys it asked for', async () => {
    const { ask } = await startFacade(usersApi());
    const { record, scope } = recorded();
    await ask(
      `${entitiesOf} ... on User { name } } }`,
      usersOf(...Array.from({ length: 60 }, (_, id) => id + 1)),
      scope,
    );
    assert.deepEqual(
      record.calls.map(({ template, batch }) => [template, batch]),
      [
        ['/users', 50],
        ['/users', 10],
      ],
    );
  });

  test('counts the bytes of the body that went out', async () => {
    const { ask, calls } = await startFacade(() => ({ json: person(1) }));
    const { record, scope } = recorded();
    await ask('mutation { createUser(input: { name: "\u00e9" }) { id } }', {}, scope);
    assert.equal(onlyCall(record).requestBytes, Buffer.byteLength(calls[0]?.body ?? ''));
    assert.equal(onlyCall(record).method, 'POST');
  });

  test('begins before its turn has come', async () => {
    const { ask } = await startFacade(() => ({ json: person(1) }), { concurrency: 1 });
    const { record, scope } = recorded();
    await ask('{ team(id: 1) { name } product { id } }', {}, scope);
    const [first, second] = record.calls;
    assert.ok(first && second && second.startedAt < first.endedAt && second.sentAt > first.sentAt);
  });

  test('messages for the log have its template, and no value of the client', async () => {
    for (const [handler, rest] of [
      [() => ({ status: 500 }), 'GET /users/{id} answered 500'],
      [(call) => cutOff(call), 'GET /users/{id}: the answer was cut off'],
    ] as const satisfies readonly (readonly [FakeHandler, string])[]) {
      const { ask } = await startFacade(handler);
      const [message = ''] = logged(await ask('{ user(id: "marker") { name } }'));
      assert.ok(message?.startsWith(`users: ${rest}`), message);
      assert.ok(!message.includes('marker'));
    }
  });
});

describe('the record of a GraphQL call', () => {
  test('has the operation name, no template, and the bytes as they went over the wire', async (t) => {
    const body = gzipSync(JSON.stringify({ data: { a: 1, long: 'x'.repeat(5000) } }));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const { facade, calls } = await startShop(t, () => ({ headers, body }));
    const { record, scope } = recorded();
    await facade.execute({ document: parse('query Named { a }'), variables: {}, scope });
    const call = onlyCall(record);
    const { kind, method, template, operationName } = call;
    assert.deepEqual([kind, method, template, operationName], ['graphql', 'POST', '', 'Named']);
    assert.deepEqual(outcomeOf(call), fine);
    assert.deepEqual([call.requestBytes, call.responseBytes], [Buffer.byteLength(calls[0]?.body ?? ''), body.length]);
    await facade.close();
  });

  test('whose answer is no GraphQL answer ends once, as a call that was answered', async (t) => {
    const told = listenToCalls(t);
    const { facade } = await startShop(t, () => ({ body: 'no JSON' }), { name: 'wrong' });
    const { record, scope } = recorded();
    await facade.prepare('{ a }')('', scope);
    assert.deepEqual(outcomeOf(onlyCall(record)), fine);
    assert.equal(told.ended.length, 1);
    assert.equal(activeCalls('wrong'), 0);
    await facade.close();
  });

  test('says how many representations it asked for, in both engines', async (t) => {
    const { facade } = await startShop(t, () => ({ json: { data: { _entities: [null, null, null] } } }));
    const text = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { name } } }';
    const stitched = recorded();
    const variables = { of: [1, 2, 3].map((id) => ({ __typename: 'User', id })) };
    await facade.execute({ document: parse(text), variables, scope: stitched.scope });
    assert.equal(onlyCall(stitched.record).batch, 3);
    const compiled = recorded();
    await facade.prepare(text)(JSON.stringify(variables), compiled.scope, 3);
    assert.equal(onlyCall(compiled.record).batch, 3);
    await facade.close();
  });

  test('that failed has the code of its failure', async (t) => {
    const { facade } = await startShop(t, ({ response }) => void response.writeHead(500).end());
    const { record, scope } = recorded();
    await facade.execute({ document: parse('{ a }'), variables: {}, scope });
    assert.deepEqual(outcomeOf(onlyCall(record)), { ...fine, status: 500 });
    await facade.close();
    const gone = createFederationFacade(connect(await refusingUrl(), { name: 'shop' }));
    const refused = recorded();
    await gone.execute({ document: parse('{ a }'), variables: {}, scope: refused.scope });
    assert.deepEqual(outcomeOf(onlyCall(refused.record)), { ...fine, status: 0, error: 'UPSTREAM_UNREACHABLE' });
    assert.deepEqual([onlyCall(refused.record).sentAt, onlyCall(refused.record).headersAt], [0, 0]);
    await gone.close();
  });

  test('that is shared has its own start and end, and nothing of the socket', async (t) => {
    const release = Promise.withResolvers<void>();
    const { facade, calls } = await startShop(t, async () => {
      await release.promise;
      return { json: { data: { a: 1 } } };
    });
    const fetch = facade.prepare('query Same { a }');
    const [first, second] = [recorded({ isSampled: true }), recorded({ isSampled: true })];
    const both = [fetch('', first.scope), fetch('', second.scope)];
    await until(() => calls.length === 1);
    release.resolve();
    assert.deepEqual(await Promise.all(both), [{ data: { a: 1 } }, { data: { a: 1 } }]);
    assert.equal(calls.length, 1);
    assert.deepEqual(outcomeOf(onlyCall(first.record)), fine);
    const shared = onlyCall(second.record);
    assert.deepEqual(outcomeOf(shared), { ...fine, source: 'shared' });
    const { target, sentAt, requestBytes, responseBytes, operationName } = shared;
    assert.deepEqual([target, sentAt, requestBytes, responseBytes, operationName], [undefined, 0, 0, 0, 'Same']);
    assert.notEqual(shared.spanId, onlyCall(first.record).spanId);
    await facade.close();
  });

  test('is a call of its own where an answer that sets cookies was not shared', async (t) => {
    const { facade, calls } = await startShop(t, () => ({
      json: { data: { a: 1 } },
      headers: { 'set-cookie': 'session=1' },
    }));
    const fetch = facade.prepare('{ a }');
    const [first, second] = [recorded(), recorded()];
    await Promise.all([fetch('', first.scope), fetch('', second.scope)]);
    assert.equal(calls.length, 2);
    for (const { record } of [first, second]) assert.equal(onlyCall(record).source, 'upstream');
    assert.ok(onlyCall(second.record).sentAt > 0);
    await facade.close();
  });

  test('ends when its caller leaves, though others wait on for the answer', async (t) => {
    const release = Promise.withResolvers<void>();
    const { facade, calls } = await startShop(t, async () => {
      await release.promise;
      return { json: { data: { a: 1 } } };
    });
    const fetch = facade.prepare('{ a }');
    const leaving = new AbortController();
    const first = recorded({ signal: leaving.signal });
    const second = recorded();
    const both = [fetch('', first.scope), fetch('', second.scope)];
    await until(() => calls.length === 1);
    leaving.abort();
    await both[0];
    const left = { ...onlyCall(first.record) };
    assert.deepEqual(outcomeOf(left), { ...fine, status: 0, error: 'CLIENT_CLOSED_REQUEST' });
    release.resolve();
    assert.deepEqual(await both[1], { data: { a: 1 } });
    assert.deepEqual(onlyCall(first.record), left, 'nothing is written on it once it has ended');
    await facade.close();
  });
});

describe('the record of a call whose socket fails it', () => {
  const good = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"data":{"a":1}}';

  test('counts that it was sent once more, and the bytes of the last time alone', async (t) => {
    const server = await startFakeSocketServer((socket) => {
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) socket.write(good);
        else socket.end();
      });
    });
    t.after(server.close);
    const { send } = await startSending(t, server.url, { connections: 1 });
    const query = { method: 'POST', body: '{"query":"{ a }"}', isQuery: true } as const;
    await send(recorded(), query);
    const again = recorded();
    await send(again, query);
    assert.equal(server.connections.length, 2);
    assert.deepEqual(outcomeOf(onlyCall(again.record)), { ...fine, attempts: 2 });
    assert.deepEqual([onlyCall(again.record).requestBytes, onlyCall(again.record).responseBytes], [17, 16]);
  });

  test('has UPSTREAM_TIMEOUT where no answer came in time, and when it went out', async (t) => {
    const server = await startFakeUpstream(() => {});
    t.after(server.close);
    const { send } = await startSending(t, server.url, { timeouts: { totalMs: 40 } });
    const given = recorded();
    await assert.rejects(send(given), { code: 'UPSTREAM_TIMEOUT' });
    const call = onlyCall(given.record);
    assert.deepEqual(outcomeOf(call), { ...fine, status: 0, error: 'UPSTREAM_TIMEOUT' });
    assert.ok(call.sentAt > 0 && call.headersAt === 0);
  });

  test('keeps the status of an answer that was cut off', async (t) => {
    const server = await startFakeUpstream((call) => cutOff(call, '{"half":'));
    t.after(server.close);
    const { send } = await startSending(t, server.url);
    const given = recorded();
    await assert.rejects(send(given), { code: 'UPSTREAM_BAD_RESPONSE' });
    assert.deepEqual(outcomeOf(onlyCall(given.record)), { ...fine, error: 'UPSTREAM_BAD_RESPONSE' });
    assert.equal(onlyCall(given.record).responseBytes, 8);
  });

  test('has CLIENT_CLOSED_REQUEST where the client left', async (t) => {
    const server = await startFakeUpstream(() => {});
    t.after(server.close);
    const { send } = await startSending(t, server.url);
    const leaving = new AbortController();
    const given = recorded({ signal: leaving.signal });
    const sent = send(given);
    await until(() => server.requests.length === 1);
    leaving.abort();
    await assert.rejects(sent, { code: 'CLIENT_CLOSED_REQUEST' });
    assert.deepEqual(outcomeOf(onlyCall(given.record)), { ...fine, status: 0, error: 'CLIENT_CLOSED_REQUEST' });
  });

  test('tells the state of the pool, per target', async (t) => {
    const server = await startFakeUpstream(() => {});
    t.after(server.close);
    const { upstream, send } = await startSending(t, `${server.url}/base`, { connections: 1 });
    const target = `${server.url}/base`;
    assert.deepEqual(upstream.stats(), [{ target, connected: 0, free: 0, queued: 0, pending: 0, running: 0 }]);
    const leaving = new AbortController();
    const sent = [1, 2].map(() => send(recorded({ signal: leaving.signal })));
    await until(() => server.requests.length === 1);
    const [busy] = upstream.stats();
    assert.deepEqual([busy?.connected, busy?.free, busy?.running, busy?.pending], [1, 0, 1, 1]);
    leaving.abort();
    await Promise.allSettled(sent);
  });
});

describe('what listeners are told of calls', () => {
  test('is each call when it ends, with the id of its request', async (t) => {
    const told = listenToCalls(t);
    const { facade, calls } = await startShop(t, shopAnswer);
    const { record, scope } = recorded({ headers: { 'x-request-id': 'req-1' } });
    await facade.prepare('query Named { a }')('', scope);
    const call = onlyCall(record);
    assert.deepEqual(told, { ended: [{ call, requestId: 'req-1' }], detached: [] });
    assert.equal(told.ended[0]?.call, call);
    assert.equal(calls.length, 1);
    await facade.close();
  });

  test('is of requests that cannot tell of it: one that had ended, one without a record', async (t) => {
    const { detached } = listenToCalls(t);
    const server = await startFakeUpstream(({ path }) => (path === '/held' ? undefined : { json: {} }));
    t.after(server.close);
    const { send } = await startSending(t, server.url);
    const [ended, running] = [recorded(), recorded()];
    const leaving = new AbortController();
    const held = send(ended, { path: '/held', signal: leaving.signal });
    await send(running);
    assert.deepEqual(detached, []);
    ended.record.endedAt = performance.now();
    leaving.abort();
    await assert.rejects(held);
    assert.deepEqual(detached, [onlyCall(ended.record)]);
    await send(running, { scope: { ...running.scope, record: undefined } });
    assert.equal(detached.length, 2);
    assert.equal(onlyCall(running.record).isDetached, false);
  });

  test('is how many calls are under way, whatever comes of them', async (t) => {
    const server = await startFakeUpstream(({ path }) => (path === '/held' ? undefined : { status: 500 }));
    t.after(server.close);
    const { send } = await startSending(t, server.url, { name: 'counted' });
    const leaving = new AbortController();
    const sent = [1, 2].map(() => send(recorded({ signal: leaving.signal }), { path: '/held' }));
    assert.equal(activeCalls('counted'), 2);
    await send(recorded());
    assert.equal(activeCalls('counted'), 2);
    leaving.abort();
    await Promise.allSettled(sent);
    assert.equal(activeCalls('counted'), 0);
    assert.equal(activeCalls('never called'), 0);
  });

  test('is made for those alone who hear of calls that no request tells of', async (t) => {
    const detached: unknown[] = [];
    const hear = (call: unknown): void => void detached.push(call);
    subscribe('weft:upstream.detached', hear);
    t.after(() => unsubscribe('weft:upstream.detached', hear));
    const { ask } = await startFacade(() => ({ json: person(1) }));
    await ask('{ user(id: 1) { name } }');
    assert.equal(detached.length, 1);
  });

  test('is told of requests without a record, too', async (t) => {
    const told = listenToCalls(t);
    const { ask } = await startFacade(() => ({ json: person(1) }));
    await ask('{ user(id: 1) { name } }');
    assert.deepEqual(
      told.ended.map(({ call }) => [call.template, call.status]),
      [['/users/{id}', 200]],
    );
  });

  test('says of a call for a schema that no request asked for it', async (t) => {
    const told = listenToCalls(t);
    const server = await startFakeUpstream(() => ({ json: { data: { _service: { sdl: 'type Query { a: Int }' } } } }));
    t.after(server.close);
    const { send, headers, close, config } = connect(server.url, { name: 'shop', kind: 'federation' });
    t.after(close);
    const { state } = await loadUpstreamSchema({ config, send, headers, stateDir: '/nowhere' });
    assert.equal(state, 'live');
    assert.deepEqual(
      told.ended.map(({ call: { kind, upstream }, requestId }) => [kind, upstream, requestId]),
      [['schema', 'shop', '']],
    );
  });

  test('costs a call nothing where nobody listens: it goes on as it came', async () => {
    let passed: UpstreamRequest | undefined;
    const send = recordCalls('users')(async (request) => {
      passed = request;
      return { status: 200, headers: {}, body: '' };
    });
    const request = { method: 'GET', path: '/', headers: {}, body: undefined, signal: AbortSignal.any([]) } as const;
    await send(request);
    assert.equal(passed, request);
  });
});
