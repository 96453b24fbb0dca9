import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { routeCacheConfig, startCachedRoutes } from '../support/cached-routes.ts';
import type { FakeAnswer, FakeCall } from '../support/fake-upstream.ts';
import { ask, route } from '../support/passthrough-gateway.ts';

/** Several routes of one upstream, and what a change through one of them means for what others keep. */

const fresh: FakeAnswer = { headers: { 'cache-control': 'max-age=60' } };

/** Keeps answers; of queries only `page` counts. */
const paged = route({
  path: '/paged/users',
  stripPrefix: '/paged',
  cache: routeCacheConfig({ key: { query: ['page'], headers: [], caller: false } }),
});
/** Keeps answers; all of a query counts. */
const whole = route({ path: '/whole/users', stripPrefix: '/whole', cache: routeCacheConfig() });
/** Keeps nothing. */
const plain = route({ path: '/plain/users', stripPrefix: '/plain' });

type Handler = (call: FakeCall) => FakeAnswer | Promise<FakeAnswer>;

/** What a GET of each path is answered with says how many calls came before it. */
async function start(t: TestContext, handler: Handler = () => fresh) {
  let calls = 0;
  const { url, fake } = await startCachedRoutes(
    t,
    async (call) => {
      calls += 1;
      const body = `answer ${calls}`;
      return { body, ...(await handler(call)) };
    },
    { routes: [paged, whole, plain] },
  );
  const send = async (path: string, method = 'GET') => ask(url + path, { method });
  return { send, calls: () => fake.requests.length };
}

describe('RFC 9111, 4.4 Invalidating Stored Responses, over all routes of an upstream', () => {
  for (const [through, path] of [
    ['that keeps nothing', '/plain/users/1?page=2&x=1'],
    ['that keeps answers by another part of the query', '/paged/users/1?page=2&x=1'],
    ['that keeps it', '/whole/users/1?page=2&x=1'],
  ] as const) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      test(`${method} through a route ${through} ends what every route keeps of the URI`, async (t) => {
        const { send, calls } = await start(t);
        const all = ['/paged/users/1?page=2', '/whole/users/1?page=2&x=1'];
        for (const kept of [...all, ...all]) await send(kept);
        assert.equal(calls(), 2);
        assert.equal((await send(path, method)).body, 'answer 3');
        const bodies = [];
        for (const kept of all) bodies.push((await send(kept)).body);
        assert.deepEqual(bodies, ['answer 4', 'answer 5']);
      });
    }
  }

  test('a route that keeps nothing gives each answer as it came, and says nothing of a cache', async (t) => {
    const { send, calls } = await start(t);
    await send('/whole/users/1');
    const answers = [await send('/plain/users/1'), await send('/plain/users/1')];
    assert.deepEqual(
      answers.map(({ body, headers }) => [body, headers.age, headers['x-cache']]),
      [
        ['answer 2', undefined, undefined],
        ['answer 3', undefined, undefined],
      ],
    );
    assert.equal((await send('/whole/users/1')).body, 'answer 1');
    assert.equal(calls(), 3);
  });

  test('what fails, what is safe, and what is of another URI ends nothing', async (t) => {
    const { send } = await start(t, ({ path }) => (path === '/users/1?fails' ? { status: 500 } : fresh));
    for (const kept of ['/whole/users/1', '/whole/users/1?fails']) await send(kept);
    for (const [path, method] of [
      ['/plain/users/1?fails', 'POST'],
      ['/plain/users/1', 'GET'],
      ['/plain/users/1', 'OPTIONS'],
      ['/plain/users/2', 'POST'],
    ] as const) {
      await send(path, method);
      assert.equal((await send('/whole/users/1')).body, 'answer 1', `${method} ${path}`);
    }
  });

  test('what an answer names by location is ended, too', async (t) => {
    const { send } = await start(t, ({ method }) =>
      method === 'POST' ? { status: 201, headers: { location: '/users/1' } } : fresh,
    );
    await send('/whole/users/1');
    assert.equal((await send('/plain/users', 'POST')).status, 201);
    assert.equal((await send('/whole/users/1')).body, 'answer 3');
  });

  test('an answer that was under way while its URI was changed is not kept', async (t) => {
    const asked = Promise.withResolvers<void>();
    const changed = Promise.withResolvers<void>();
    let isFirst = true;
    const { send } = await start(t, async ({ method }) => {
      if (method !== 'GET' || !isFirst) return fresh;
      isFirst = false;
      asked.resolve();
      await changed.promise;
      return fresh;
    });
    const old = send('/whole/users/1');
    await asked.promise;
    await send('/plain/users/1', 'POST');
    const after = send('/whole/users/1');
    changed.resolve();
    assert.equal((await old).body, 'answer 1');
    assert.equal((await after).body, 'answer 3');
  });
});
