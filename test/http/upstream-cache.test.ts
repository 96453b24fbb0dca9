import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { parse } from 'graphql';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import type { UpstreamCacheConfig } from '../../src/config/cache-types.ts';
import type { HeaderRule } from '../../src/config/types.ts';
import { GatewayError, rest } from '../../src/index.ts';
import { cacheCalls } from '../../src/upstream/cache-calls.ts';
import { createRestFacade } from '../../src/upstream/facade/rest/facade.ts';
import type { LimitCall } from '../../src/upstream/limit-calls.ts';
import { createUpstream } from '../../src/upstream/pool.ts';
import { compileHeaderRules, upstreamHeaders } from '../../src/upstream/request-headers.ts';
import { ResponseHeaders } from '../../src/upstream/response-headers.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { RequestScope, UpstreamRequest, UpstreamResponse } from '../../src/upstream/types.ts';
import { startFakeUpstream, type FakeAnswer, type FakeCall } from '../support/fake-upstream.ts';
import { memoryStore } from '../support/kept-entities-rig.ts';
import { upstreamConfig } from '../support/upstream-config.ts';

/** RFC 9111 on the calls that operations make; the numbers are its sections. */

interface Rig {
  readonly get: (path: string, given?: Given) => Promise<UpstreamResponse>;
  readonly send: (request: Partial<UpstreamRequest>, given?: Given) => Promise<UpstreamResponse>;
  readonly scopeOf: (given?: Given) => RequestScope;
  /** Method and path of each call that came to the upstream. */
  readonly calls: readonly FakeCall[];
  readonly wait: (ms: number) => void;
  readonly store: ReturnType<typeof memoryStore>;
  readonly url: string;
}

interface Given {
  /** The client's. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly scope?: RequestScope;
  readonly signal?: AbortSignal;
}

interface Options {
  readonly config?: Partial<UpstreamCacheConfig>;
  readonly rules?: Readonly<Record<string, HeaderRule>>;
  readonly limit?: LimitCall;
}

type Answer = (call: FakeCall, number: number) => FakeAnswer | Promise<FakeAnswer>;

async function start(t: TestContext, answer: Answer, { config, rules = {}, limit }: Options = {}): Promise<Rig> {
  let number = 0;
  let lateMs = 0;
  const now = (): number => Date.now() + lateMs;
  const server = await startFakeUpstream(async (call) => {
    const { headers, ...given } = await answer(call, (number += 1));
    return { ...given, headers: { date: new Date(now()).toUTCString(), ...headers } };
  });
  const upstream = createUpstream(upstreamConfig({ headers: rules }), [server.url], limit);
  const store = memoryStore();
  const singleFlight = createSingleFlight({ redis: undefined, timeoutMs: 100 });
  t.after(async () => {
    await upstream.destroy();
    await server.close();
    await store.close();
    singleFlight.close();
  });
  const compiled = compileHeaderRules(rules);
  const send = cacheCalls({
    upstream: 'users',
    bases: upstream.targets,
    config: { maxAgeMs: undefined, defaultMaxAgeMs: undefined, ...config },
    rules: compiled,
    store,
    singleFlight,
    now,
  })(upstream.send);
  const scopeOf = ({ headers = {}, signal = new AbortController().signal }: Given = {}): RequestScope =>
    createRequestScope({ headers, signal, responseHeaderRules: {} });
  const sendIt: Rig['send'] = (request, given = {}) => {
    const scope = given.scope ?? scopeOf(given);
    const headers = { accept: 'application/json', ...upstreamHeaders(compiled, scope) };
    return send({ method: 'GET', path: '/', headers, body: undefined, scope, signal: scope.signal, ...request });
  };
  return {
    get: (path, given) => sendIt({ path }, given),
    send: sendIt,
    scopeOf,
    calls: server.requests,
    wait: (ms) => {
      lateMs += ms;
    },
    store,
    url: server.url,
  };
}

/** Answers that differ each time, with these fields. */
const numbered =
  (headers: Readonly<Record<string, string>>, status = 200): Answer =>
  (_call, number) => ({ status, headers, json: number });

const minute = { 'cache-control': 'max-age=60' };

describe('which answers are kept', () => {
  const rows: readonly {
    readonly name: string;
    readonly answer: Answer;
    readonly isKept: boolean;
    readonly options?: Options;
    readonly headers?: Readonly<Record<string, string>>;
  }[] = [
    { name: '4.2.1 max-age', answer: numbered(minute), isKept: true },
    {
      name: '4.2.1 s-maxage before max-age',
      answer: numbered({ 'cache-control': 's-maxage=0, max-age=60' }),
      isKept: false,
    },
    { name: '4.2.1 expires', answer: numbered({ expires: new Date(Date.now() + 60_000).toUTCString() }), isKept: true },
    {
      name: '4.2.2 nothing is guessed',
      answer: numbered({ 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }),
      isKept: false,
    },
    {
      name: 'a default where the answer says nothing',
      answer: numbered({}),
      isKept: true,
      options: { config: { defaultMaxAgeMs: 5000 } },
    },
    { name: '4.2.3 an answer that is old already', answer: numbered({ ...minute, age: '60' }), isKept: false },
    { name: '5.2.2.5 no-store', answer: numbered({ 'cache-control': 'no-store, max-age=60' }), isKept: false },
    { name: '5.2.2.7 private', answer: numbered({ 'cache-control': 'private, max-age=60' }), isKept: false },
    { name: '4.1 vary on all', answer: numbered({ ...minute, vary: '*' }), isKept: false },
    {
      name: '4.1 vary on what differs with each request',
      answer: numbered({ ...minute, vary: 'x-request-id' }),
      isKept: false,
    },
    { name: '3 a failure', answer: numbered(minute, 500), isKept: false },
    { name: '3 a missing one', answer: numbered(minute, 404), isKept: true },
    { name: 'one that sets a cookie', answer: numbered({ ...minute, 'set-cookie': 'a=b' }), isKept: false },
    {
      name: '5.2.1.5 for whoever says no-store',
      ...{ answer: numbered(minute), isKept: false, headers: { 'cache-control': 'no-store' } },
      options: { rules: { 'cache-control': { from: 'client', header: 'cache-control' } } },
    },
    {
      name: 'parts',
      ...{ answer: numbered(minute), isKept: false, headers: { range: 'bytes=0-1' } },
      options: { rules: { range: { from: 'client', header: 'range' } } },
    },
  ];
  for (const { name, answer, isKept, options = {}, headers = {} } of rows) {
    test(`${name}: ${isKept ? 'kept' : 'not kept'}`, async (t) => {
      const { get, calls } = await start(t, answer, options);
      const [first, second] = [await get('/a?b', { headers }), await get('/a?b', { headers })];
      assert.equal(calls.length, isKept ? 1 : 2);
      assert.equal(first.body, '1');
      assert.equal(second.body, isKept ? '1' : '2');
      assert.equal(second.status, first.status);
    });
  }

  test('another path, and another query, is another answer', async (t) => {
    const { get } = await start(t, numbered(minute));
    for (const [index, path] of ['/a', '/b', '/a?x=1', '/a?x=2'].entries()) {
      assert.equal((await get(path)).body, `${index + 1}`);
    }
  });
});

describe('whose answers are whose', () => {
  const authorization: HeaderRule = { from: 'client', header: 'authorization' };
  const [alice, bob] = [{ headers: { authorization: 'Bearer alice' } }, { headers: { authorization: 'Bearer bob' } }];
  const own: Answer = ({ headers }) => ({ headers: minute, json: headers['authorization'] ?? 'nobody' });

  test("3.5 what one caller's header brought is never another's", async (t) => {
    const { get, calls } = await start(t, own, { rules: { authorization } });
    for (let round = 0; round < 2; round++) {
      assert.equal((await get('/me', alice)).body, '"Bearer alice"');
      assert.equal((await get('/me', bob)).body, '"Bearer bob"');
      assert.equal((await get('/me')).body, '"nobody"');
    }
    assert.equal(calls.length, 3);
  });

  test('nor what a claim or the tier brought', async (t) => {
    const { send, calls } = await start(t, ({ headers }) => ({ headers: minute, json: headers['x-tier'] }), {
      rules: { 'x-tier': { from: 'caller', fact: 'tier' } },
    });
    for (const tier of ['gold', 'iron', 'gold', 'iron']) {
      assert.equal((await send({ headers: { 'x-tier': tier } })).body, `"${tier}"`);
    }
    assert.equal(calls.length, 2);
  });

  test('3.5 what the upstream calls public is for all', async (t) => {
    const { get, calls } = await start(t, numbered({ 'cache-control': 'public, max-age=60' }), {
      rules: { authorization },
    });
    for (const given of [alice, bob, {}]) assert.equal((await get('/list', given)).body, '1');
    assert.equal(calls.length, 1);
  });

  test("4.1 but not where it varies by the caller's header", async (t) => {
    const headers = { 'cache-control': 'public, max-age=60', vary: 'authorization' };
    const { get } = await start(t, ({ headers: { authorization: who } }) => ({ headers, json: who }), {
      rules: { authorization },
    });
    assert.equal((await get('/me', alice)).body, '"Bearer alice"');
    assert.equal((await get('/me', bob)).body, '"Bearer bob"');
  });

  test("the gateway's own credentials are the same for all", async (t) => {
    const rules: Readonly<Record<string, HeaderRule>> = { authorization: { from: 'value', value: 'Bearer own' } };
    const { get, calls } = await start(t, own, { rules });
    await get('/list');
    assert.equal((await get('/list')).body, '"Bearer own"');
    assert.equal(calls.length, 1);
  });
});

describe('how long an answer is used', () => {
  test('4.2 as long as it says, and 5.1 its age is told', async (t) => {
    const { get, wait } = await start(t, numbered({ ...minute, 'x-more': 'kept' }));
    await get('/a');
    wait(42_000);
    const { body, headers } = await get('/a');
    assert.deepEqual([body, headers['age'], headers['x-more']], ['1', '42', 'kept']);
    assert.equal(headers['cache-control'], 'max-age=60');
    wait(19_000);
    assert.equal((await get('/a')).body, '2');
  });

  test('no longer than the configuration says', async (t) => {
    const { get, wait } = await start(t, numbered(minute), { config: { maxAgeMs: 5000 } });
    await get('/a');
    wait(5001);
    assert.equal((await get('/a')).body, '2');
  });

  test('4.3 then the upstream is asked whether it still holds', async (t) => {
    const { get, wait, calls } = await start(t, ({ headers }, number) =>
      headers['if-none-match'] === '"one"'
        ? { status: 304, headers: { ...minute, etag: '"one"', 'x-number': `${number}` } }
        : { headers: { ...minute, etag: '"one"' }, json: number },
    );
    await get('/a');
    for (const [number, late] of [
      [2, 61_000],
      [2, 30_000],
      [3, 31_000],
    ] as const) {
      wait(late);
      const { status, body, headers } = await get('/a');
      assert.deepEqual([status, body, headers['x-number'], calls.length], [200, '1', `${number}`, number]);
    }
  });

  test('4.3.4 a 304 about another answer is not believed', async (t) => {
    const { get, wait } = await start(t, ({ headers }, number) =>
      headers['if-none-match'] === undefined
        ? { headers: { ...minute, etag: `"${number}"` }, json: number }
        : { status: 304, headers: { etag: '"other"' } },
    );
    await get('/a');
    wait(61_000);
    assert.equal((await get('/a')).body, '3');
  });

  test('RFC 5861, 4 past its time where the upstream fails and has allowed it', async (t) => {
    const { get, wait } = await start(t, (_call, number) =>
      number === 1 ? { headers: { 'cache-control': 'max-age=60, stale-if-error=60' }, json: 1 } : { status: 503 },
    );
    await get('/a');
    wait(61_000);
    assert.equal((await get('/a')).body, '1');
    wait(60_000);
    assert.equal((await get('/a')).status, 503);
  });

  test('4.2.4 never past its time where nothing allows it', async (t) => {
    const { get, wait } = await start(t, (_call, number) =>
      number === 1 ? { headers: minute, json: 1 } : { status: 503 },
    );
    await get('/a');
    wait(61_000);
    assert.equal((await get('/a')).status, 503);
  });
});

describe('what makes answers invalid', () => {
  test('4.4 a call of an unsafe method, for its own address and what it names', async (t) => {
    const { get, send } = await start(t, ({ method }, number) =>
      method === 'POST' ? { status: 201, headers: { location: '/users/7' } } : { headers: minute, json: number },
    );
    const bodies = async () =>
      Promise.all(['/users', '/users/7', '/teams'].map(async (path) => (await get(path)).body));
    const before = await bodies();
    assert.deepEqual(await bodies(), before);
    await send({ method: 'POST', path: '/users', body: '{}' });
    const after = await bodies();
    assert.deepEqual(
      after.map((body, index) => body === before[index]),
      [false, false, true],
    );
  });

  test('4.4 not a call that failed', async (t) => {
    const { get, send } = await start(t, ({ method }, number) =>
      method === 'PATCH' ? { status: 409 } : { headers: minute, json: number },
    );
    await get('/users/7');
    await send({ method: 'PATCH', path: '/users/7', body: '{}' });
    assert.equal((await get('/users/7')).body, '1');
  });

  test("the upstream's name, and the tags that it gives", async (t) => {
    const { get, store } = await start(t, numbered({ ...minute, 'cache-tag': 'users, user-7' }));
    for (const [index, tag] of ['upstream:users', 'user-7'].entries()) {
      assert.equal((await get('/users/7')).body, `${index + 1}`);
      await store.invalidate([tag]);
    }
    assert.equal((await get('/users/7')).body, '3');
  });

  test('a request that has changed something reads nothing that was kept before', async (t) => {
    const { get, send, scopeOf } = await start(t, ({ method }, number) =>
      method === 'GET' ? { headers: minute, json: number } : { status: 204 },
    );
    await get('/users?ids=7,8');
    const scope = scopeOf();
    await send({ method: 'DELETE', path: '/users/7' }, { scope });
    assert.equal((await get('/users?ids=7,8', { scope })).body, '3');
  });
});

describe('calls at the same time', () => {
  /** Answers that come when the test says so. */
  function held(headers: Readonly<Record<string, string>>) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer: Answer = async (_call, number) => {
      await promise;
      return { headers, json: number };
    };
    return { answer, release: () => resolve() };
  }

  test('are one call, and whoever began it may leave', async (t) => {
    const { answer, release } = held(minute);
    const { get, calls } = await start(t, answer);
    const leave = new AbortController();
    const leaving = get('/a', { signal: leave.signal });
    const others = Array.from({ length: 50 }, () => get('/a'));
    leave.abort();
    await assert.rejects(leaving, (error: GatewayError) => error.code === 'CLIENT_CLOSED_REQUEST');
    release();
    assert.deepEqual(new Set((await Promise.all(others)).map(({ body }) => body)), new Set(['1']));
    assert.equal(calls.length, 1);
  });

  test('each get an answer of their own where it is not to be kept', async (t) => {
    const { answer, release } = held({ 'set-cookie': 'session=1' });
    const { get } = await start(t, answer);
    const all = Array.from({ length: 5 }, () => get('/a'));
    release();
    assert.equal(new Set((await Promise.all(all)).map(({ body }) => body)).size, 5);
  });

  test('one that was held back by its own limit holds back no other', async (t) => {
    let number = 0;
    const { get } = await start(t, numbered(minute), {
      limit: async () => {
        if ((number += 1) === 1) throw new GatewayError('RATE_LIMITED', 'too many');
        return undefined;
      },
    });
    const [first, second] = await Promise.allSettled([get('/a'), get('/a')]);
    assert.equal(first?.status, 'rejected');
    assert.equal(second?.status, 'fulfilled');
  });
});

test('what is kept charges no limit of the upstream', async (t) => {
  let charged = 0;
  const { get } = await start(t, numbered(minute), {
    limit: () => {
      charged += 1;
      return undefined;
    },
  });
  for (let time = 0; time < 3; time++) await get('/a');
  assert.equal(charged, 1);
});

test('an operation reads what is kept, and its answer knows how old that is', async (t) => {
  const users = rest('users');
  const { send, calls, wait, scopeOf } = await start(t, () => ({ headers: minute, json: { name: 'Ada' } }));
  const sdl = parse('type User { name: String } type Query { user(id: ID!): User }');
  const declarations = { Query: { user: users.get('/users/{id}') } };
  const config = { name: 'users', errors: {}, concurrency: 10 };
  const facade = createRestFacade({ config, sdl, declarations, send: (request) => send(request), headers: () => ({}) });
  const heard: unknown[] = [];
  const ask = () => {
    const responseHeaders = new ResponseHeaders({}, ({ age, 'cache-control': said }) => heard.push([age, said]));
    const scope = { ...scopeOf(), responseHeaders };
    return facade.execute({ document: parse('{ user(id: 1) { name } }'), variables: {}, scope });
  };
  await ask();
  wait(7000);
  assert.deepEqual(JSON.parse(JSON.stringify(await ask())), { data: { user: { name: 'Ada' } } });
  assert.equal(calls.length, 1);
  assert.deepEqual(heard[1], ['7', 'max-age=60']);
});
