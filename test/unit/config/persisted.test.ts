import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readGateway } from './folder.ts';

test('automatic persisted queries are off, on with every default, or on as it is said', async (context) => {
  const automatic = async (text: string): Promise<unknown> =>
    (await readGateway(context, `graphql: { persisted: { automatic: ${text} } }`)).gateway.graphql.persisted?.automatic;
  const defaults = { maxBytes: 16_777_216, maxAgeMs: 86_400_000 };
  assert.equal(await automatic('false'), undefined);
  assert.deepEqual(await automatic('true'), defaults);
  assert.deepEqual(await automatic('{}'), defaults);
  assert.deepEqual(await automatic('{ maxSize: 1KiB, maxAge: 1h }'), { maxBytes: 1024, maxAgeMs: 3_600_000 });
});

test('manifests are files and URLs; only what they have is served, if nothing else is said', async (context) => {
  const text = `
graphql:
  persisted:
    trusted:
      manifests:
        - ./manifest.json
        - { url: "https://a.test/m.json?v=1" }
        - { url: http://b.test, headers: { X-Key: abc }, poll: 1m, timeout: 1s, maxSize: 1MiB }
`;
  const { dir, gateway } = await readGateway(context, text, { 'manifest.json': '{}' });
  assert.deepEqual(gateway.graphql.persisted, {
    automatic: undefined,
    trusted: {
      mode: 'enforce',
      manifests: [
        { from: 'file', file: join(dir, 'manifest.json') },
        {
          from: 'url',
          url: 'https://a.test/m.json?v=1',
          headers: {},
          pollMs: 30_000,
          timeoutMs: 5000,
          maxBytes: 16_777_216,
        },
        {
          from: 'url',
          url: 'http://b.test',
          headers: { 'x-key': 'abc' },
          pollMs: 60_000,
          timeoutMs: 1000,
          maxBytes: 1_048_576,
        },
      ],
      bypass: undefined,
    },
  });
});

test('trusted documents may be looked at only, and some callers may send others', async (context) => {
  const text = `
graphql:
  batching: { max: 10 }
  persisted: { trusted: { mode: log, manifests: [{ url: https://a.test }], bypass: { roles: [staff] } } }
`;
  const { gateway } = await readGateway(context, text);
  assert.equal(gateway.graphql.maxBatch, 10);
  assert.equal(gateway.graphql.persisted?.trusted?.mode, 'log');
  assert.deepEqual(gateway.graphql.persisted?.trusted?.bypass, {
    authenticated: true,
    scopes: [],
    roles: ['staff'],
    tiers: [],
    consumers: [],
    policies: [],
  });
});

test('Redis is one server, Sentinel or a cluster', async (context) => {
  const redis = async (text: string): Promise<unknown> =>
    (await readGateway(context, `redis: { ${text} }`)).gateway.redis;
  assert.deepEqual(await redis('url: "redis://u:p@a.test:6380/1?family=6"'), {
    kind: 'single',
    url: 'redis://u:p@a.test:6380/1?family=6',
  });
  assert.deepEqual(await redis('sentinel: { nodes: [redis://a.test:26379] }'), {
    kind: 'sentinel',
    name: 'mymaster',
    sentinels: ['redis://a.test:26379'],
    username: undefined,
    password: undefined,
    sentinelPassword: undefined,
    db: 0,
    tls: false,
  });
  const all =
    'name: m, nodes: [rediss://a, "rediss://[::1]:1"], username: u, password: p, sentinelPassword: s, db: 2, tls: true';
  assert.deepEqual(await redis(`sentinel: { ${all} }`), {
    kind: 'sentinel',
    name: 'm',
    sentinels: ['rediss://a', 'rediss://[::1]:1'],
    username: 'u',
    password: 'p',
    sentinelPassword: 's',
    db: 2,
    tls: true,
  });
  assert.deepEqual(await redis('cluster: ["redis://u:p@a:1/", redis://b:2]'), {
    kind: 'cluster',
    nodes: ['redis://u:p@a:1/', 'redis://b:2'],
  });
});
