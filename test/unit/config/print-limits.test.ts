import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';
import { makeFolder, refusals, twoUpstreams } from './folder.ts';

const reviews = twoUpstreams['upstreams/reviews.yaml'];

async function print(
  context: TestContext,
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'manifest.json': '{}',
    marker: 'MARKER',
    ...files,
    'gateway.yaml': text,
  });
  return printConfig(await loadGatewayFolder(dir, { TOKEN: 'MARKER' }));
}

const everything = `
redis: { cluster: [redis://127.0.0.1:1, redis://127.0.0.1:2] }
limits:
  mode: measure
  onOutage: deny
  headers: [ratelimit]
  rates:
    - { name: everyone, per: global, max: 10000, window: 1s }
    - { max: 5, window: 1s, algorithm: token-bucket, burst: 20, mode: enforce, onOutage: allow }
    - { max: 10, window: 1s, algorithm: leaky-bucket, maxWait: 500ms, tiers: [free], callers: known }
    - { max: 100, quota: month, mode: off }
    - { concurrent: 10, operations: [Search] }
    - { max: 7, window: 1h, counts: cost }
  documents: { maxBytes: 100, maxDepth: none }
  cost: { max: 1000, upstreams: { reviews: none } }
  disabled:
    - { operations: mutation, until: "2026-12-01T02:00:00+02:00", message: Soon }
    - { routes: [/a] }
tiers:
  free:
    roles: [guest]
    limits: [{ max: 5, window: 1s, counts: cost }, { per: tier, max: 5, quota: day, mode: off }]
    documents: { maxDepth: 8, maxBytes: none }
    cost: { max: 500 }
graphql:
  limits: [{ per: address, max: 3, window: 90s }]
  batching: { max: 10 }
  persisted:
    automatic: { maxAge: 1h }
    trusted: { mode: log, manifests: [./manifest.json, { url: "https://a.test/m" }], bypass: { roles: [staff] } }
routes:
  - { path: /a, upstream: users, limits: [{ max: 10, window: 1s }] }
  - { path: /b, upstream: users }
`;
const limitedReviews = {
  'upstreams/reviews.yaml': `${reviews}limits: [{ concurrent: 20 }, { max: 1, window: 1s, mode: off }]`,
};

interface Shown {
  readonly gateway: Readonly<Record<string, Readonly<Record<string, unknown>>>> & {
    readonly routes: readonly Readonly<Record<string, unknown>>[];
  };
  readonly upstreams: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

test('limits are printed at their places with their names, keys and units, those that are off too', async (context) => {
  const shown = parse(await print(context, everything, limitedReviews)) as Shown;
  const mode = 'measure';
  const onOutage = 'deny';
  const algorithm = 'fixed-window';
  const both = { mode, onOutage };
  assert.deepEqual(shown.gateway['limits']?.['rates'], [
    { name: 'everyone', per: 'global', max: 10_000, window: '1s', algorithm, ...both },
    {
      name: 'caller-5-per-1s',
      per: 'caller',
      max: 5,
      window: '1s',
      algorithm: 'token-bucket',
      burst: 20,
      mode: 'enforce',
      onOutage: 'allow',
    },
    {
      name: 'caller-10-per-1s',
      per: 'caller',
      max: 10,
      window: '1s',
      algorithm: 'leaky-bucket',
      maxWait: '500ms',
      ...both,
      tiers: ['free'],
      callers: 'known',
    },
    { name: 'caller-100-per-month', per: 'caller', max: 100, quota: 'month', mode: 'off', onOutage },
    { name: 'caller-10-at-once', per: 'caller', concurrent: 10, ...both, operations: ['Search'] },
    { name: 'caller-7-points-per-1h', per: 'caller', max: 7, window: '1h', algorithm, ...both, counts: 'cost' },
  ]);
  assert.deepEqual(shown.gateway['tiers']?.['free'], {
    scopes: [],
    roles: ['guest'],
    limits: [
      { name: 'free-5-points-per-1s', per: 'caller', max: 5, window: '1s', algorithm, ...both, counts: 'cost' },
      { name: 'free-tier-5-per-day', per: 'tier', max: 5, quota: 'day', mode: 'off', onOutage },
    ],
    documents: { maxDepth: 8, maxBytes: 'none' },
    cost: { max: 500 },
  });
  assert.deepEqual(shown.gateway['graphql']?.['limits'], [
    { name: 'graphql-address-3-per-90s', per: 'address', max: 3, window: '90s', algorithm, ...both },
  ]);
  assert.deepEqual(
    shown.gateway.routes.map(({ limits }) => limits),
    [[{ name: 'route-a-10-per-1s', per: 'caller', max: 10, window: '1s', algorithm, ...both }], []],
  );
  assert.deepEqual(shown.upstreams['reviews']?.['limits'], [
    { name: 'upstream-reviews-20-at-once', per: 'global', concurrent: 20, ...both },
    { name: 'upstream-reviews-1-per-1s', per: 'global', max: 1, window: '1s', algorithm, mode: 'off', onOutage },
  ]);
});

test('what limits share, documents, cost, switches and persisted operations are printed, defaults too', async (context) => {
  const { gateway } = parse(await print(context, everything)) as Shown;
  const { rates: _, ...limits } = gateway['limits'] ?? {};
  const mode = 'measure';
  assert.deepEqual(limits, {
    mode,
    store: 'redis',
    timeout: '10ms',
    onOutage: 'deny',
    instances: 1,
    maxKeys: 100_000,
    headers: ['ratelimit'],
    fields: { mode, algorithm: 'fixed-window', onOutage: 'deny' },
    documents: {
      mode,
      maxBytes: '100B',
      maxTokens: 10_000,
      maxDepth: 'none',
      maxAliases: 200,
      maxRootFields: 100,
      maxDirectives: 200,
      maxFragments: 500,
      maxListItems: 1000,
    },
    cost: { mode, max: 1000, upstreamMax: 'none', upstreams: { reviews: 'none' }, defaultListSize: 10, show: false },
    disabled: [{ operations: ['mutation'], until: '2026-12-01T00:00:00.000Z', message: 'Soon' }, { routes: ['/a'] }],
  });
  const { batching, persisted } = gateway['graphql'] ?? {};
  assert.deepEqual(batching, { max: 10 });
  assert.deepEqual(persisted, {
    automatic: { maxSize: '16MiB', maxAge: '1h' },
    trusted: {
      mode: 'log',
      manifests: [
        './manifest.json',
        { url: 'https://a.test/m', headers: {}, poll: '30s', timeout: '5s', maxSize: '16MiB' },
      ],
      bypass: { roles: ['staff'] },
    },
  });
});

test('printed limits are a configuration again', async (context) => {
  const first = await print(context, everything, limitedReviews);
  const { gateway, upstreams } = parse(first) as Shown;
  const again = { 'upstreams/reviews.yaml': JSON.stringify(upstreams['reviews']) };
  assert.equal(await print(context, JSON.stringify(gateway), again), first);
});

/** Places of secrets, each good enough to be read. */
const secrets: readonly string[] = [
  'redis: { sentinel: { nodes: [redis://a], password: MARKER } }',
  'redis: { sentinel: { nodes: [redis://a], username: u, password: "${TOKEN}" } }',
  'redis: { sentinel: { nodes: [redis://a], sentinelPassword: MARKER } }',
  'redis: { sentinel: { nodes: [redis://a], sentinelPassword: "x-${file:./marker}" } }',
  'redis: { cluster: ["redis://u:MARKER@a", "redis://:${TOKEN}@b"] }',
  'redis: { cluster: ["redis://MARKER:${file:./marker}@b"] }',
  'redis: { url: "redis://a?password=MARKER" }',
  'graphql: { persisted: { trusted: { manifests: [{ url: https://a.test, headers: { X-Key: MARKER } }] } } }',
  'graphql: { persisted: { trusted: { manifests: [{ url: https://a.test, headers: { x: "MARKER ${file:./marker}" } }] } } }',
  'graphql: { persisted: { trusted: { manifests: [{ url: "https://a.test/m?signature=MARKER" }] } } }',
  'graphql: { persisted: { trusted: { manifests: [./manifest.json, { url: "https://a.test/${TOKEN}/m" }] } } }',
];

test('no password of Redis and no header or signature of a manifest is printed', async (context) => {
  for (const text of secrets) {
    const printed = await print(context, text);
    assert.doesNotMatch(printed, /MARKER/, text);
    assert.match(printed, /\*\*\*/, text);
  }
});

/** Mistakes at or near a secret. */
const mistakes: readonly string[] = [
  'redis: { sentinel: MARKER }',
  'redis: { cluster: MARKER }',
  'redis: { cluster: ["MARKER@a", "redis://:MARKER@a/1", "redis://:MARKER@a", "rediss://:MARKER@a"] }',
  'redis: { sentinel: { nodes: MARKER, password: [MARKER], sentinelPassword: { a: MARKER } } }',
  'redis: { sentinel: { nodes: ["redis://:MARKER@a"], pasword: MARKER } }',
  'redis: { sentinel: { nodes: [redis://a], password: "${NONE:-}", sentinelPassword: abc,MARKER } }',
  'graphql: { persisted: { trusted: { manifests: [{ url: https://a.test, headers: MARKER }] } } }',
  'graphql: { persisted: { trusted: { manifests: [{ url: https://a.test, headers: { a: "MARKER\\n" } }] } } }',
  'graphql: { persisted: { trusted: { manifests: [{ url: https://a.test, headers: { a: [MARKER] } }] } } }',
  'graphql: { persisted: { trusted: { manifests: [{ url: "https://u:MARKER@a.test" }] } } }',
  'graphql: { persisted: { trusted: { manifests: ["https://u:MARKER@a.test"] } } }',
];

test('no message about a mistake shows the secret that it is about', async (context) => {
  for (const text of mistakes) {
    const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': text });
    assert.doesNotMatch((await refusals(dir)).join('\n'), /MARKER/, text);
  }
});
