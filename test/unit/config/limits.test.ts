import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RateLimitConfig } from '../../../src/config/limit-types.ts';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { gatewayRefusals, makeFolder, readGateway, refusals, twoUpstreams, upstreamRefusals } from './folder.ts';
import { limitDefaults } from './limit-defaults.ts';

const tiers = 'tiers: { free: {}, pro: {} }';

async function readRates(
  context: TestContext,
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<readonly RateLimitConfig[]> {
  return (await readGateway(context, text, files)).gateway.limits.rates;
}

/** A limit that says no more than how much, and its name. */
function plain(name: string, max: number, windowMs: number): RateLimitConfig {
  return {
    name,
    algorithm: { kind: 'fixed-window', max, windowMs },
    per: 'caller',
    counts: 'requests',
    mode: 'enforce',
    onOutage: 'local',
    place: { at: 'everywhere' },
    tiers: [],
    callers: 'all',
    operations: [],
  };
}

test('a limit of max and window alone counts each caller in fixed windows, and is enforced', async (context) => {
  assert.deepEqual(await readRates(context, 'limits: { rates: [{ max: 5, window: 1s }] }'), [
    plain('caller-5-per-1s', 5, 1000),
  ]);
});

test('every key of a limit is read', async (context) => {
  const text = `
limits:
  rates:
    - name: A_b-1
      per: caller
      max: 5
      window: 24d
      algorithm: token-bucket
      burst: 20
      mode: measure
      onOutage: deny
      tiers: [free, pro]
      callers: known
      operations: [Search, _b]
      counts: cost
${tiers}`;
  assert.deepEqual(await readRates(context, text), [
    {
      name: 'A_b-1',
      algorithm: { kind: 'token-bucket', max: 5, windowMs: 24 * 86_400_000, burst: 20 },
      per: 'caller',
      counts: 'cost',
      mode: 'measure',
      onOutage: 'deny',
      place: { at: 'everywhere' },
      tiers: ['free', 'pro'],
      callers: 'known',
      operations: ['Search', '_b'],
    },
  ]);
});

test('each algorithm has its own keys and defaults', async (context) => {
  const cases = [
    ['max: 5, window: 1s, algorithm: fixed-window', { kind: 'fixed-window', max: 5, windowMs: 1000 }],
    ['max: 5, window: 90s, algorithm: sliding-window', { kind: 'sliding-window', max: 5, windowMs: 90_000 }],
    ['max: 5, window: 1s, algorithm: token-bucket', { kind: 'token-bucket', max: 5, windowMs: 1000, burst: 5 }],
    [
      'max: 5, window: 1s, algorithm: token-bucket, burst: 1',
      { kind: 'token-bucket', max: 5, windowMs: 1000, burst: 1 },
    ],
    ['max: 5, window: 1s, algorithm: leaky-bucket', { kind: 'leaky-bucket', max: 5, windowMs: 1000, maxWaitMs: 1000 }],
    [
      'max: 5, window: 1s, algorithm: leaky-bucket, maxWait: 1m',
      { kind: 'leaky-bucket', max: 5, windowMs: 1000, maxWaitMs: 60_000 },
    ],
    ['max: 5, quota: day', { kind: 'quota', max: 5, period: 'day' }],
    ['max: 5, quota: month', { kind: 'quota', max: 5, period: 'month' }],
    ['concurrent: 5', { kind: 'concurrency', max: 5 }],
  ] as const;
  const list = cases.map(([keys]) => `  - { ${keys} }`).join('\n');
  const rates = await readRates(context, `limits:\n rates:\n${list}`);
  assert.deepEqual(
    rates.map(({ algorithm }) => algorithm),
    cases.map(([, algorithm]) => algorithm),
  );
});

const limitsElsewhere = `
tiers:
  free: { limits: [{ max: 5, window: 1s }, { per: tier, concurrent: 3 }] }
  "Gold & Co": { limits: [{ max: 7, quota: month, counts: cost }] }
graphql: { limits: [{ max: 5, window: 1s }, { per: address, max: 5, window: 1s }] }
routes:
  - { path: /api/users, upstream: users, limits: [{ max: 1, window: 1500ms }] }
`;
const limitedReviews = `${twoUpstreams['upstreams/reviews.yaml']}limits:
  - { max: 100, window: 1s }
  - { per: caller, max: 10, window: 1s, tiers: [free], callers: known }
  - { concurrent: 20, mode: enforce, onOutage: deny }
`;

test('limits of tiers, GraphQL, routes and upstreams know their place, and are named after it', async (context) => {
  const text = `limits: { rates: [{ per: global, max: 9, window: 1m }] }\n${limitsElsewhere}`;
  const rates = await readRates(context, text, { 'upstreams/reviews.yaml': limitedReviews });
  assert.deepEqual(
    rates.map(({ name, place, per, tiers: of }) => [name, place, per, of]),
    [
      ['global-9-per-1m', { at: 'everywhere' }, 'global', []],
      ['free-5-per-1s', { at: 'everywhere' }, 'caller', ['free']],
      ['free-tier-3-at-once', { at: 'everywhere' }, 'tier', ['free']],
      ['Gold-Co-7-points-per-month', { at: 'everywhere' }, 'caller', ['Gold & Co']],
      ['graphql-5-per-1s', { at: 'graphql' }, 'caller', []],
      ['graphql-address-5-per-1s', { at: 'graphql' }, 'address', []],
      ['route-api-users-1-per-1500ms', { at: 'route', path: '/api/users' }, 'caller', []],
      ['upstream-reviews-100-per-1s', { at: 'upstream', upstream: 'reviews' }, 'global', []],
      ['upstream-reviews-caller-10-per-1s', { at: 'upstream', upstream: 'reviews' }, 'caller', ['free']],
      ['upstream-reviews-20-at-once', { at: 'upstream', upstream: 'reviews' }, 'global', []],
    ],
  );
});

test('no default name is that of another limit, given or by default', async (context) => {
  const text = `
limits:
  rates:
    - { max: 5, window: 1s }
    - { max: 5, window: 1s, operations: [A] }
    - { max: 5, window: 1000ms, operations: [B] }
    - { max: 9, window: 9s, name: caller-5-per-1s-2 }
    - { max: 9, window: 9s, name: upstream-reviews-100-per-1s }
tiers: { 鳥: { limits: [{ max: 1, window: 1s }] }, 魚: { limits: [{ max: 1, window: 1s }] } }
`;
  const files = {
    'upstreams/reviews.yaml': `${twoUpstreams['upstreams/reviews.yaml']}limits: [{ max: 100, window: 1s }]`,
  };
  const rates = await readRates(context, text, files);
  assert.deepEqual(
    rates.map(({ name }) => name),
    [
      'caller-5-per-1s',
      'caller-5-per-1s-3',
      'caller-5-per-1s-4',
      'caller-5-per-1s-2',
      'upstream-reviews-100-per-1s',
      '1-per-1s',
      '1-per-1s-2',
      'upstream-reviews-100-per-1s-2',
    ],
  );
});

test('mode and onOutage of limits hold wherever nothing else is said, in the files of upstreams too', async (context) => {
  const { gateway } = await readGateway(context, `limits: { mode: measure, onOutage: allow }\n${limitsElsewhere}`, {
    'upstreams/reviews.yaml': limitedReviews,
  });
  const { rates, fields, documents, cost } = gateway.limits;
  assert.deepEqual(
    rates.map(({ mode, onOutage }) => `${mode} ${onOutage}`),
    [...Array.from({ length: 8 }, () => 'measure allow'), 'enforce deny'],
  );
  assert.deepEqual(fields, { mode: 'measure', algorithm: 'fixed-window', onOutage: 'allow' });
  assert.equal(documents.mode, 'measure');
  assert.equal(cost.mode, 'measure');
});

test('a limit that is off is none, by its own mode or by that of all', async (context) => {
  const names = async (text: string): Promise<string[]> => (await readRates(context, text)).map(({ name }) => name);
  const two = '{ name: a, max: 1, window: 1s, mode: off }, { name: b, max: 1, window: 1s }';
  assert.deepEqual(await names(`limits: { rates: [${two}] }`), ['b']);
  assert.deepEqual(
    await names(`limits: { mode: off, rates: [${two}, { name: c, max: 1, window: 1s, mode: enforce }] }`),
    ['c'],
  );
});

test('what all limits share is read', async (context) => {
  const text = `
limits:
  store: memory
  timeout: 1s
  instances: 4
  maxKeys: 10
  headers: [x-ratelimit]
  fields: { mode: off, algorithm: token-bucket, onOutage: deny }
redis: { url: redis://127.0.0.1 }
`;
  const { gateway } = await readGateway(context, text);
  assert.deepEqual(gateway.limits, {
    ...limitDefaults,
    timeoutMs: 1000,
    instances: 4,
    maxKeys: 10,
    headers: { rateLimit: false, xRateLimit: true },
    fields: { mode: 'off', algorithm: 'token-bucket', onOutage: 'deny' },
  });
});

test('use is counted in Redis where there is one, if nothing else is said', async (context) => {
  const { gateway } = await readGateway(context, 'redis: { url: redis://127.0.0.1 }\nlimits: { headers: [] }');
  assert.deepEqual(gateway.limits, {
    ...limitDefaults,
    store: 'redis',
    headers: { rateLimit: false, xRateLimit: false },
  });
});

test('bounds and budgets are numbers, sizes or none, and a tier has its own', async (context) => {
  const text = `
limits:
  documents: { mode: measure, maxBytes: 4KiB, maxTokens: 1, maxDepth: none, maxAliases: 2, maxRootFields: 3,
    maxDirectives: 4, maxFragments: 5, maxListItems: 6 }
  cost: { mode: off, max: 1000, upstreamMax: 500, upstreams: { reviews: 50, users: none }, defaultListSize: 0, show: true }
tiers:
  free: { documents: { maxDepth: 8, maxBytes: 100 }, cost: { max: 5 } }
  pro: { documents: { maxDepth: none, maxTokens: none, maxBytes: none }, cost: { max: none } }
  plain: { documents: {}, cost: {} }
  bare: {}
`;
  const { gateway } = await readGateway(context, text);
  assert.deepEqual(gateway.limits.documents, {
    mode: 'measure',
    bounds: {
      maxBytes: 4096,
      maxTokens: 1,
      maxDepth: undefined,
      maxAliases: 2,
      maxRootFields: 3,
      maxDirectives: 4,
      maxFragments: 5,
      maxListItems: 6,
    },
    tiers: {
      free: { maxDepth: 8, maxBytes: 100 },
      // There, and without a bound: what stands above must not come through.
      pro: { maxDepth: undefined, maxTokens: undefined, maxBytes: undefined },
      plain: {},
    },
  });
  assert.deepEqual(gateway.limits.cost, {
    mode: 'off',
    max: 1000,
    upstreams: { default: 500, byName: { reviews: 50, users: Infinity } },
    tiers: { free: 5, pro: Infinity },
    defaultListSize: 0,
    show: true,
  });
  assert.deepEqual(
    gateway.identity.tiers.map((tier) => Object.keys(tier)),
    Array.from({ length: 4 }, () => ['name', 'scopes', 'roles', 'audience']),
  );
});

test('a kill switch is read, also one that has ended', async (context) => {
  const text = `
limits:
  disabled:
    - { operations: mutation, until: 2026-12-01T00:00:00Z, message: 'Maintenance until noon' }
    - { operations: [query, subscription], names: [Checkout, _a], fields: [Mutation.pay, Query._x] }
    - { routes: [/api/users], until: 1999-12-31T23:30:00.5+01:30 }
routes: [{ path: /api/users, upstream: users }]
`;
  const nothing = { kinds: [], names: [], fields: [], routes: [], until: undefined, message: undefined };
  const { gateway } = await readGateway(context, text);
  assert.deepEqual(gateway.limits.disabled, [
    { ...nothing, kinds: ['mutation'], until: Date.UTC(2026, 11, 1), message: 'Maintenance until noon' },
    {
      ...nothing,
      kinds: ['query', 'subscription'],
      names: ['Checkout', '_a'],
      fields: ['Mutation.pay', 'Query._x'],
    },
    { ...nothing, routes: ['/api/users'], until: Date.UTC(1999, 11, 31, 22, 0, 0, 500) },
  ]);
});

test('limits of an upstream are refused with their place in its file', async (context) => {
  const text = `${twoUpstreams['upstreams/reviews.yaml']}limits:
  - { per: address, max: 1, window: 1s }
  - { max: 1, window: 1s, callers: known }
  - { max: 1, window: 1s, per: caller, counts: cost }
  - { per: caller, max: 0, window: 1s }
`;
  const keys = 'name, max, window, algorithm, burst, maxWait, quota, concurrent, mode, onOutage, per, tiers, callers';
  assert.deepEqual(await upstreamRefusals(context, text), [
    'upstreams/reviews.yaml:4:12 limits[0].per: expected one of global, caller, tier, got "address"',
    'upstreams/reviews.yaml:5:36 limits[1].callers: does not go with "per: global", which asks for no caller',
    `upstreams/reviews.yaml:6:40 limits[2].counts: unknown key, known: ${keys}`,
    'upstreams/reviews.yaml:7:25 limits[3].max: expected an integer from 1 to 1000000000000, got 0',
  ]);
});

test('limits of upstreams name tiers of gateway.yaml, and no name that another file has', async (context) => {
  const limited = (name: string): string =>
    `limits: [{ name: ${name}, per: caller, tiers: [fre], max: 1, window: 1s }]`;
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'gateway.yaml': `tiers: { free: { limits: [{ name: a, max: 1, window: 1s }] } }`,
    'upstreams/reviews.yaml': `${twoUpstreams['upstreams/reviews.yaml']}${limited('a')}`,
    'upstreams/users.yaml': `${twoUpstreams['upstreams/users.yaml']}${limited('a')}`,
  });
  const twin = 'limits[0].name: tiers.free.limits[0] of gateway.yaml has this name too';
  const tier = 'limits[0].tiers[0]: there is no tier "fre", did you mean "free"?';
  assert.deepEqual(await refusals(dir), [
    `upstreams/reviews.yaml:3:42 ${tier}`,
    `upstreams/reviews.yaml:3:18 ${twin}`,
    `upstreams/users.yaml:3:42 ${tier}`,
    `upstreams/users.yaml:3:18 ${twin}`,
  ]);
});

test('limits of upstreams are looked at although gateway.yaml is wrong', async (context) => {
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'gateway.yaml': 'port: x',
    'upstreams/reviews.yaml': `${twoUpstreams['upstreams/reviews.yaml']}limits: [{ max: 0, window: 1s }]`,
  });
  assert.deepEqual(
    (await refusals(dir)).map((line) => line.split(':')[0]),
    ['gateway.yaml', 'upstreams/reviews.yaml'],
  );
  assert.equal((await gatewayRefusals(context, 'limits: { rates: [{ max: 0, window: 1s }] }')).length, 1);
});

const plans = `
identity: { providers: [{ kind: api-key, file: ./keys.json }] }
limits: { rates: [{ name: guests, callers: anonymous, max: 60, window: 1m }] }
tiers:
  free:
    limits: [{ max: 5, window: 1s }, { max: 1000, window: 1h }, { max: 10000, quota: month }]
    documents: { maxDepth: 8 }
    cost: { max: 500 }
  pro:
    limits: [{ max: 50, window: 1s, algorithm: token-bucket, burst: 100 }, { max: 1000000, quota: month }]
    cost: { max: 5000 }
  enterprise:
    limits: [{ per: tier, max: 2000, window: 1s }, { concurrent: 200 }]
    cost: { max: none }
`;

test('the plans free, pro and enterprise load', async (context) => {
  const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': plans });
  const { gateway } = await loadGatewayFolder(dir, {});
  assert.deepEqual(
    gateway.limits.rates.map(({ name, tiers: of }) => [name, ...of]),
    [
      ['guests'],
      ['free-5-per-1s', 'free'],
      ['free-1000-per-1h', 'free'],
      ['free-10000-per-month', 'free'],
      ['pro-50-per-1s', 'pro'],
      ['pro-1000000-per-month', 'pro'],
      ['enterprise-tier-2000-per-1s', 'enterprise'],
      ['enterprise-200-at-once', 'enterprise'],
    ],
  );
});
