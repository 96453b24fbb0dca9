import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anonymous } from '../../../src/identity/caller.ts';
import { graphqlPolicies } from '../../../src/policies/index.ts';
import { closeRedis, connectRedis, waitForRedis } from '../../../src/redis/connect.ts';
import { clientSignal } from '../../../src/server/client-signal.ts';
import { createGraphqlLane } from '../../../src/server/graphql-lane.ts';
import { createGraphqlHandler } from '../../../src/server/graphql-server.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import { createPeople } from '../../support/cache-people.ts';
import { createCacheRig, type CacheRig, type CacheRigOptions } from '../../support/cache-rig.ts';
import { until } from '../../support/until.ts';
import { startRedis } from '../../support/redis.ts';
import { untilHearing } from '../../cache/rig.ts';
import { serveSchema } from '../../support/serve-schema.ts';

interface Served {
  readonly rig: CacheRig;
  readonly post: (body: object, headers?: Record<string, string>) => Promise<Response>;
  readonly get: (query: string, headers?: Record<string, string>) => Promise<Response>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Engine and server over real sockets; `x-caller` says who asks. */
async function serve(options: Partial<CacheRigOptions> = {}): Promise<Served> {
  const people = createPeople();
  const rules = { 'x-user': { from: 'caller', fact: 'id' } } as const;
  const hints = { User: { maxAge: 60 }, 'User.email': { scope: 'PRIVATE' } } as const;
  const rig = await createCacheRig({ upstreams: [people.upstream(rules)], hints, ...options });
  const config = { path: '/graphql', graphiql: false, maxBodyBytes: 4096, maxBatch: 5, showsCache: true };
  const { execute, runPrepared, subscribe } = rig.engine;
  const handler = createGraphqlHandler({
    ...{ schema: rig.schema, config, execute, runPrepared, subscribe },
    plugins: graphqlPolicies(),
  });
  const graphql = createGraphqlLane({
    config: { ...config, firstOperation: undefined },
    enter: (req, res) => {
      const id = req.headers['x-caller'];
      const caller = typeof id === 'string' ? { ...anonymous, isKnown: true, id } : anonymous;
      const given = { headers: req.headers, signal: clientSignal(res), responseHeaderRules: {}, caller };
      return { is: 'admitted', scope: createRequestScope(given) };
    },
    handlerFor: () => handler,
  });
  const server = await serveSchema(rig.schema, { lanes: { graphql } });
  return {
    rig,
    post: (body, headers = {}) =>
      fetch(server.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'weft-cache': 'true', ...headers },
        body: JSON.stringify(body),
      }),
    get: (query, headers = {}) =>
      fetch(`${server.endpoint}?query=${encodeURIComponent(query)}`, {
        headers: { accept: 'application/json', 'weft-cache': 'true', ...headers },
      }),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rig[Symbol.asyncDispose]();
    },
  };
}

const query = '{ user(id: "1") { id name } }';
const answer = { data: { user: { id: '1', name: 'Ada' } } };

describe('kept answers over HTTP', () => {
  test('the first runs, the next comes from what is kept, by POST and GET, new to the server or known', async () => {
    await using served = await serve();
    const outcomes: unknown[] = [];
    for (const ask of [() => served.post({ query }), () => served.get(query), () => served.post({ query })]) {
      const response = await ask();
      outcomes.push(response.headers.get('x-cache'));
      assert.deepEqual(await response.json(), answer);
      assert.equal(response.headers.get('cache-control'), 'public, max-age=60');
    }
    assert.deepEqual(outcomes, ['miss', 'hit', 'hit']);
    assert.equal(served.rig.calls(), 1);
  });

  test('a text that runs for the first time is answered from what another text of it left', async () => {
    await using served = await serve();
    await served.post({ query });
    const other = await served.post({ query: `query   { user(id:"1"){id,name} } # the same` });
    assert.equal(other.headers.get('x-cache'), 'hit');
    assert.deepEqual(await other.json(), answer);
  });

  test('characters of several bytes come whole in each coding, by GET and POST, new and kept', async () => {
    await using served = await serve();
    const name = 'Zoë 名 🙂 '.repeat(200);
    const rename = 'mutation Rename($name: String) { rename(id: "1", name: $name) { id } }';
    await served.post({ query: rename, variables: { name } });
    for (const coding of ['br', 'gzip', 'zstd', 'identity']) {
      const headers = { 'accept-encoding': coding };
      for (const ask of [() => served.get(query, headers), () => served.post({ query }, headers)]) {
        const response = await ask();
        assert.equal(response.headers.get('content-encoding') ?? 'identity', coding);
        assert.deepEqual(await response.json(), { data: { user: { id: '1', name } } }, coding);
      }
    }
    assert.equal(served.rig.calls(), 2, 'all but the first come from what is kept');
  });

  test('a client that has the answer hears that it still holds', async () => {
    await using served = await serve();
    const first = await served.get(query);
    const tag = String(first.headers.get('etag'));
    const again = await served.get(query, { 'if-none-match': tag });
    assert.equal(again.status, 304);
    assert.equal(served.rig.calls(), 1);
  });

  test('operations of a batch come from what is kept, each for itself', async () => {
    await using served = await serve();
    await served.post({ query });
    const batch = [{ query }, { query: '{ user(id: "2") { name } }' }, { query }];
    const response = await served.post(batch);
    assert.deepEqual(await response.json(), [answer, { data: { user: { name: 'Bob' } } }, answer]);
    assert.equal(served.rig.calls(), 2);
  });

  test('callers never share what is theirs', async () => {
    await using served = await serve();
    const own = '{ user(id: "1") { contact: email } }';
    for (const caller of ['alice', 'bob', 'alice', 'bob']) {
      const response = await served.post({ query: own }, { 'x-caller': caller });
      assert.deepEqual(await response.json(), { data: { user: { contact: `1 for ${caller}` } } });
      assert.equal(response.headers.get('cache-control'), 'private, max-age=60');
    }
    assert.equal(served.rig.calls(), 2);
  });

  test('a stale answer for want of a better one names itself', async () => {
    await using served = await serve({ config: { staleIfErrorMs: 60_000 } });
    await served.post({ query });
    served.rig.pass(61_000);
    served.rig.upstream.before = () => Promise.resolve({ status: 502 });
    const response = await served.post({ query }, { 'weft-cache': 'true' });
    assert.equal(response.headers.get('x-cache'), 'stale');
    assert.deepEqual(await response.json(), { ...answer, extensions: { cache: { stale: true, age: 61 } } });
    const unasked = await served.post({ query }, { 'weft-cache': 'false' });
    assert.equal(unasked.headers.get('x-cache'), 'stale');
  });

  test('a write is read at once, whoever wrote', async () => {
    await using served = await serve();
    await served.post({ query }, { 'x-caller': 'alice' });
    await served.post({ query: 'mutation { rename(id: "1", name: "Eve") { id } }' }, { 'x-caller': 'bob' });
    const response = await served.post({ query }, { 'x-caller': 'alice' });
    assert.deepEqual(await response.json(), { data: { user: { id: '1', name: 'Eve' } } });
  });
});

describe('instances with one Redis', () => {
  test('share answers and invalidations, and do without it when it is gone', async () => {
    const server = await startRedis();
    const redis = connectRedis({ url: server.url });
    const other = connectRedis({ url: server.url });
    try {
      await Promise.all([waitForRedis(redis, 5000), waitForRedis(other, 5000)]);
      await using first = await serve({ redis });
      await using second = await serve({ redis: other });
      // What began before an instance heard the others is not stored.
      await untilHearing({ store: first.rig.store, redis });
      await untilHearing({ store: second.rig.store, redis: other });
      const entries = async (): Promise<number> => (await redis.keys('weft:cache:e:*')).length;
      const before = await entries();
      await first.post({ query });
      // Nobody waits for the write: the answer may be out before Redis has it.
      await until(async () => (await entries()) > before);
      const shared = await second.post({ query });
      assert.deepEqual([shared.headers.get('x-cache'), second.rig.calls()], ['hit', 0]);
      assert.deepEqual(await shared.json(), answer);
      await server.stop();
      for (const each of [first, second]) {
        for (const text of [query, '{ user(id: "2") { id } }', 'mutation { rename(id: "1", name: "Eve") { id } }']) {
          const response = await each.post({ query: text });
          assert.equal(response.status, 200);
          assert.equal(((await response.json()) as { readonly errors?: unknown }).errors, undefined, text);
        }
      }
    } finally {
      await Promise.all([closeRedis(redis), closeRedis(other)]);
      await server.close();
    }
  });

  test('run what all of them miss once', async () => {
    const server = await startRedis();
    const redis = [connectRedis({ url: server.url }), connectRedis({ url: server.url })];
    try {
      await Promise.all(redis.map((each) => waitForRedis(each, 5000)));
      const [one, two] = redis;
      assert.ok(one && two);
      await using first = await serve({ redis: one });
      await using second = await serve({ redis: two });
      await untilHearing({ store: first.rig.store, redis: one });
      await untilHearing({ store: second.rig.store, redis: two });
      const asked = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? first : second).post({ query }));
      for (const response of await Promise.all(asked)) assert.deepEqual(await response.json(), answer);
      assert.equal(first.rig.calls() + second.rig.calls(), 1);
    } finally {
      await Promise.all(redis.map(closeRedis));
      await server.close();
    }
  });
});
