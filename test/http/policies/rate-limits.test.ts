import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import {
  startGuarded,
  send,
  ways,
  wayNames,
  type Answer,
  type GuardedGateway,
  type WayAsked,
  type WayName,
} from '../../support/guarded-gateway.ts';
import { peopleAnswer } from '../../support/guarded-upstreams.ts';
import { asCaller, jwtFiles, jwtProvider } from '../../support/shop-tokens.ts';
import type { Json } from '../../support/start-gateway.ts';
import { until } from '../../support/until.ts';

/** Windows are long: nothing comes back while a test runs. Every limit holds for GraphQL and for REST alike. */
const window = '1h';

const known = { identity: { providers: [{ ...jwtProvider, claims: { tier: 'tier' } }], anonymous: true } };
const tiers = { free: {}, pro: {} };

async function startLimited(t: TestContext, gateway: Json): Promise<GuardedGateway> {
  return startGuarded(t, { gateway: { ...known, tiers, ...gateway }, files: jwtFiles });
}

function rates(...list: readonly Json[]): Json {
  return { limits: { rates: list } };
}

/** What came of several requests, one after the other: statuses. */
async function statusesOf(
  gateway: GuardedGateway,
  way: WayName,
  asked: readonly WayAsked[],
): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const each of asked) statuses.push((await ways[way](gateway.url, each)).status);
  return statuses;
}

function extensionsOf({ text }: Answer): Json {
  const { errors } = JSON.parse(text) as { readonly errors: readonly { readonly extensions: Json }[] };
  return errors[0]?.extensions ?? {};
}

const times = (count: number, asked: WayAsked = {}): readonly WayAsked[] => Array.from({ length: count }, () => asked);
const algorithms: readonly Json[] = [
  { max: 2, window },
  { max: 2, window, algorithm: 'sliding-window' },
  { max: 2, window, algorithm: 'token-bucket', burst: 2 },
  { max: 2, quota: 'day' },
  { max: 2, quota: 'month' },
];

for (const way of wayNames) {
  describe(way, () => {
    for (const algorithm of algorithms) {
      test(`the third of two requests is refused: ${JSON.stringify(algorithm)}`, async (t) => {
        const gateway = await startLimited(t, rates({ name: 'all', per: 'global', ...algorithm }));
        gateway.takeCalls();
        assert.deepEqual(await statusesOf(gateway, way, times(2)), [200, 200]);
        const answer = await ways[way](gateway.url);
        assert.deepEqual([answer.status, answer.code], [429, 'RATE_LIMITED'], answer.text);
        assert.match(
          answer.message ?? '',
          /^Too many requests\. Limit "all" allows 2 requests .+\. Try again in \d+ s\.$/,
        );
        assert.equal(gateway.takeCalls().people.length, 2);
      });
    }

    test('answers tell how the client stands, refused ones when to come again', async (t) => {
      const gateway = await startLimited(t, rates({ name: 'all', per: 'global', max: 1, window }));
      const first = await ways[way](gateway.url);
      assert.equal(first.headers['ratelimit-policy'], '"all";q=1;w=3600');
      assert.match(String(first.headers['ratelimit']), /^"all";r=0;t=\d+$/);
      assert.deepEqual([first.headers['x-ratelimit-limit'], first.headers['x-ratelimit-remaining']], ['1', '0']);
      assert.equal(first.headers['retry-after'], undefined);
      const second = await ways[way](gateway.url);
      const retryAfter = Number(second.headers['retry-after']);
      assert.ok(retryAfter >= 1 && retryAfter <= 3600, String(retryAfter));
      assert.equal(second.headers['x-ratelimit-reset'], second.headers['retry-after']);
      if (way !== 'GET /api') {
        const { rateLimit } = extensionsOf(second);
        assert.deepEqual(rateLimit, { limit: 'all', max: 1, remaining: 0, reset: retryAfter, retryAfter });
      }
    });

    test('the fields are hidden where the configuration says so, but for retry-after', async (t) => {
      const limits = { headers: [], rates: [{ per: 'global', max: 1, window }] };
      const gateway = await startLimited(t, { limits });
      await ways[way](gateway.url);
      const { headers } = await ways[way](gateway.url);
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.includes('ratelimit')),
        [],
      );
      assert.match(String(headers['retry-after']), /^\d+$/);
    });

    test('a caller is limited by who it is, not by what it says of itself', async (t) => {
      const gateway = await startLimited(t, rates({ per: 'caller', max: 1, window }));
      const [alice, bob] = [await asCaller({ sub: 'alice' }), await asCaller({ sub: 'bob' })];
      const lies = {
        'x-forwarded-for': '192.0.2.1',
        'x-real-ip': '192.0.2.2',
        'x-user-id': 'carol',
        forwarded: 'for=192.0.2.3',
      };
      assert.deepEqual(await statusesOf(gateway, way, [{ headers: alice }, { headers: bob }]), [200, 200]);
      assert.deepEqual(
        await statusesOf(gateway, way, [{ headers: { ...lies, ...alice } }, { headers: bob }]),
        [429, 429],
      );
      assert.deepEqual(await statusesOf(gateway, way, [{}, { headers: lies }]), [200, 429]);
    });

    test('an address is what trusted proxies say it is', async (t) => {
      const gateway = await startLimited(t, {
        ...rates({ per: 'address', max: 1, window }),
        trustedProxies: ['127.0.0.1'],
      });
      const from = (address: string): WayAsked => ({ headers: { 'x-forwarded-for': address } });
      assert.deepEqual(await statusesOf(gateway, way, [from('192.0.2.1'), from('192.0.2.2')]), [200, 200]);
      assert.deepEqual(await statusesOf(gateway, way, [from('192.0.2.1'), from('2001:db8::1')]), [429, 200]);
      assert.deepEqual(await statusesOf(gateway, way, [from('2001:db8::ffff'), from('2001:db8:0:1::1')]), [429, 200]);
    });

    test('a client that guesses credentials is limited by its address, before they are looked at', async (t) => {
      const gateway = await startLimited(t, rates({ per: 'address', max: 2, window }));
      const wrong = { headers: { authorization: 'Bearer nonsense' } };
      assert.deepEqual(await statusesOf(gateway, way, times(4, wrong)), [401, 401, 429, 429]);
    });

    test('a tier has its own limits, for each of its callers', async (t) => {
      const gateway = await startLimited(t, {
        tiers: { free: { limits: [{ max: 1, window }] }, pro: { limits: [{ max: 2, window }] } },
      });
      const free = { headers: await asCaller({ sub: 'f', tier: 'free' }) };
      const other = { headers: await asCaller({ sub: 'g', tier: 'free' }) };
      const pro = { headers: await asCaller({ sub: 'p', tier: 'pro' }) };
      assert.deepEqual(
        await statusesOf(gateway, way, [free, free, other, pro, pro, pro]),
        [200, 429, 200, 200, 200, 429],
      );
      assert.deepEqual(await statusesOf(gateway, way, times(3)), [200, 200, 200]);
    });

    test('a limit of a tier is one for all its callers where it says so', async (t) => {
      const gateway = await startLimited(t, rates({ per: 'tier', max: 1, window }));
      const one = { headers: await asCaller({ sub: 'f', tier: 'free' }) };
      const other = { headers: await asCaller({ sub: 'g', tier: 'free' }) };
      const pro = { headers: await asCaller({ sub: 'p', tier: 'pro' }) };
      assert.deepEqual(await statusesOf(gateway, way, [one, other, pro, {}]), [200, 429, 200, 200]);
    });

    test('a limit for anonymous callers, or for known ones, is about no others', async (t) => {
      const gateway = await startLimited(t, rates({ per: 'caller', callers: 'anonymous', max: 1, window }));
      const alice = { headers: await asCaller() };
      assert.deepEqual(await statusesOf(gateway, way, [alice, alice, {}, {}]), [200, 200, 200, 429]);
    });

    test('several limits hold at once, and who is refused has used none of them', async (t) => {
      const gateway = await startLimited(
        t,
        rates(
          { name: 'wide', per: 'caller', max: 3, window },
          { name: 'narrow', per: 'caller', callers: 'known', max: 1, window },
        ),
      );
      const alice = { headers: await asCaller() };
      await statusesOf(gateway, way, times(3, alice));
      const { headers } = await ways[way](gateway.url, alice);
      assert.match(String(headers['ratelimit']), /^"wide";r=2;t=\d+, "narrow";r=0;t=\d+$/);
    });

    test('what is only measured refuses nobody', async (t) => {
      const gateway = await startLimited(t, rates({ per: 'global', max: 1, window, mode: 'measure' }));
      assert.deepEqual(await statusesOf(gateway, way, times(3)), [200, 200, 200]);
    });

    test('the backend is protected, whichever way its calls come', async (t) => {
      const upstreams = { people: `limits: [{ max: 1, window: ${window} }]` };
      const limited = await startGuarded(t, { gateway: known, files: jwtFiles, upstreams });
      assert.equal((await ways[way](limited.url)).status, 200);
      const answer = await ways[way](limited.url);
      assert.equal(answer.code, 'RATE_LIMITED', answer.text);
      assert.equal(answer.status, way === 'GET /api' ? 429 : 200);
    });

    test('a leaky bucket lets requests wait for their turn, and refuses whoever would wait too long', async (t) => {
      const limit = { per: 'global', max: 1, window, algorithm: 'leaky-bucket', maxWait: '50ms' };
      const gateway = await startLimited(t, rates(limit));
      assert.deepEqual(await statusesOf(gateway, way, times(2)), [200, 429]);
    });

    test('so many requests at once and no more, and a place is free when its answer has ended', async (t) => {
      const held = Promise.withResolvers<void>();
      const gateway = await startGuarded(t, {
        gateway: { ...known, ...rates({ name: 'places', per: 'caller', concurrent: 1 }) },
        files: jwtFiles,
        answer: async (call) => held.promise.then(() => peopleAnswer(call)),
      });
      const first = ways[way](gateway.url);
      await until(() => gateway.takeCalls().people.length === 1);
      const second = await ways[way](gateway.url);
      assert.deepEqual([second.status, second.headers['retry-after']], [429, '1'], second.text);
      const other = ways[way](gateway.url, { headers: await asCaller() });
      held.resolve();
      assert.equal((await first).status, 200);
      assert.equal((await other).status, 200);
      assert.deepEqual(await statusesOf(gateway, way, times(2)), [200, 200]);
    });
  });
}

test('GraphQL and REST share one count', async (t) => {
  const gateway = await startLimited(t, rates({ per: 'global', max: 2, window }));
  assert.equal((await ways['POST /graphql'](gateway.url)).status, 200);
  assert.equal((await ways['GET /api'](gateway.url)).status, 200);
  for (const way of wayNames) assert.equal((await ways[way](gateway.url)).status, 429, way);
});

test('a limit of a route or of the endpoint is about nothing else', async (t) => {
  const gateway = await startGuarded(t, { door: { limits: [{ per: 'global', max: 1, window }] } });
  assert.deepEqual(await statusesOf(gateway, 'GET /api', times(2)), [200, 429]);
  assert.deepEqual(await statusesOf(gateway, 'POST /graphql', times(2)), [200, 429]);
  assert.equal((await send(`${gateway.url}/open/people/1`)).status, 200);
});

test('a refused request is refused before its body is read', async (t) => {
  const gateway = await startLimited(t, rates({ per: 'global', max: 1, window }));
  await ways['GET /api'](gateway.url);
  for (const path of ['/graphql', '/api/people']) {
    const headers = { 'content-type': 'application/json', 'content-length': '100000000' };
    const answer = await send(gateway.url + path, { method: 'POST', headers, body: '{', withholdsEnd: true });
    assert.equal(answer.status, 429, path);
  }
});

test('a noisy caller starves no other: neither of requests nor of places', async (t) => {
  const held = Promise.withResolvers<void>();
  const gateway = await startGuarded(t, {
    gateway: { ...known, ...rates({ per: 'caller', max: 20, window }, { per: 'caller', concurrent: 2 }) },
    files: jwtFiles,
    answer: async (call) => {
      // The noisy caller's requests take for ever.
      if (call.headers['x-user-id'] === 'noisy') await held.promise;
      return peopleAnswer(call);
    },
  });
  const [noisy, quiet] = [await asCaller({ sub: 'noisy' }), await asCaller({ sub: 'quiet' })];
  const way = (index: number): WayName => wayNames[index % wayNames.length] ?? 'GET /api';
  const noise = Array.from({ length: 100 }, async (_, index) => ways[way(index)](gateway.url, { headers: noisy }));
  for (let index = 0; index < 20; index += 1) {
    const { status, text } = await ways[way(index)](gateway.url, { headers: quiet });
    assert.equal(status, 200, text);
  }
  held.resolve();
  const statuses = (await Promise.all(noise)).map(({ status }) => status);
  assert.deepEqual(
    [statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length],
    [2, 98],
  );
});

test('who waits for its turn is not at the upstream yet, and whoever would wait too long is refused meanwhile', async (t) => {
  // A request a minute: the second waits for one, the third would for two.
  const limit = { per: 'global', max: 60, window, algorithm: 'leaky-bucket', maxWait: '1m' };
  const gateway = await startLimited(t, rates(limit));
  assert.equal((await ways['GET /api'](gateway.url)).status, 200);
  gateway.takeCalls();
  const leaving = new AbortController();
  const asked = [1, 2].map(async () => fetch(`${gateway.url}/api/people/1`, { signal: leaving.signal }));
  assert.equal((await Promise.race(asked)).status, 429);
  assert.equal(gateway.takeCalls().people.length, 0);
  leaving.abort();
  const left = await Promise.allSettled(asked);
  assert.equal(left.filter(({ status }) => status === 'rejected').length, 1);
});
