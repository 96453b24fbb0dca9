import { test } from 'node:test';
import { assertRefused } from './folder.ts';

test('batches and automatic persisted queries are told what is expected', async (context) => {
  await assertRefused(context, [
    [
      'graphql: { batching: { max: 0 }, persisted: { automatic: yes } }',
      '1:29 graphql.batching.max: expected an integer from 1 to 1000, got 0',
      '1:58 graphql.persisted.automatic: expected true, false or a mapping with the keys maxSize, maxAge, got "yes"',
    ],
    [
      'graphql: { batching: true, persisted: { automatic: { maxSize: 5, maxAge: 0s, x: 1 } } }',
      '1:22 graphql.batching: expected a mapping with the keys max, got true',
      '1:63 graphql.persisted.automatic.maxSize: expected a size such as 512KiB, 4MiB or 1MB, got 5',
      '1:74 graphql.persisted.automatic.maxAge: expected a duration from 1ms to 24d, got "0s"',
      '1:78 graphql.persisted.automatic.x: unknown key, known: maxSize, maxAge',
    ],
  ]);
});

test('trusted documents need manifests that there are', async (context) => {
  await assertRefused(context, [
    [
      'graphql: { persisted: { trusted: {} } }',
      '1:25 graphql.persisted.trusted.manifests: missing, expected a list of manifests',
    ],
    [
      'graphql: { persisted: { trusted: { manifests: [] , mode: log_unknown} } }',
      '1:47 graphql.persisted.trusted.manifests: expected one manifest at least, got an empty list',
      '1:58 graphql.persisted.trusted.mode: expected one of off, log, enforce, got "log_unknown"',
    ],
    [
      'graphql: { persisted: { trusted: { manifests: [none.json, 5, { url: ftp://a }, { url: https://SECRET@a.test }, {}] } } }',
      '1:48 graphql.persisted.trusted.manifests[0]: there is no file "none.json"',
      '1:59 graphql.persisted.trusted.manifests[1]: expected the path of a manifest, or a mapping with its url, got 5',
      '1:69 graphql.persisted.trusted.manifests[2].url: expected an http:// or https:// URL of a manifest, got "ftp://a"',
      '1:87 graphql.persisted.trusted.manifests[3].url: expected an http:// or https:// URL of a manifest without user and password, got "https://***@a.test"',
      '1:112 graphql.persisted.trusted.manifests[4].url: missing, expected an http:// or https:// URL of a manifest',
    ],
    [
      'graphql: { persisted: { trusted: { manifests: ["https://a.test/m.json"] } } }',
      '1:48 graphql.persisted.trusted.manifests[0]: expected the path of a manifest; a URL is written { url: https://... }, got "https://a.test/m.json"',
    ],
    [
      'graphql: { persisted: { trusted: { manifests: [{ url: https://a.test, headers: { a: SECRET, A: 5, host: x }, poll: 0s, timeout: x, maxSize: 1 }] } } }',
      '1:93 graphql.persisted.trusted.manifests[0].headers.A: the same header stands here a second time (letter case does not count)',
      '1:96 graphql.persisted.trusted.manifests[0].headers.A: expected a text, got a number; put quotes around it',
      '1:99 graphql.persisted.trusted.manifests[0].headers.host: the header cannot be set: it follows from the URL',
      '1:116 graphql.persisted.trusted.manifests[0].poll: expected a duration from 1ms to 24d, got "0s"',
      '1:129 graphql.persisted.trusted.manifests[0].timeout: expected a duration such as 800ms, 2s or 1.5m, got "x"',
      '1:141 graphql.persisted.trusted.manifests[0].maxSize: expected a size such as 512KiB, 4MiB or 1MB, got 1',
    ],
  ]);
});

test('whoever may send any document is chosen by what is known at once', async (context) => {
  await assertRefused(context, [
    [
      'graphql: { persisted: { trusted: { manifests: [{ url: https://a.test }], bypass: {} } } }',
      '1:82 graphql.persisted.trusted.bypass: expected one at least of the keys authenticated, scopes, roles, tiers, consumers, policies, or no "bypass" for nobody, got an empty mapping',
    ],
    [
      'graphql: { persisted: { trusted: { manifests: [{ url: https://a.test }], bypass: { policies: [p], tiers: [x] } } } }\nauthorization: { policies: { url: http://a.test } }',
      '1:94 graphql.persisted.trusted.bypass.policies: policies are for doors: they do not choose here',
      '1:107 graphql.persisted.trusted.bypass.tiers[0]: there is no tier "x", nor any other',
    ],
  ]);
});

test('Redis is one server, Sentinel or a cluster, and nothing of it is shown', async (context) => {
  await assertRefused(context, [
    ['redis: {}', '1:8 redis: expected one of the keys url, sentinel, cluster, got an empty mapping'],
    [
      'redis: { url: redis://a, cluster: [redis://b] }',
      '1:8 redis: only one of url, sentinel, cluster may stand here, not url and cluster',
    ],
    ['redis: { sentinel: {} }', '1:10 redis.sentinel.nodes: missing, expected a list of redis:// or rediss:// URLs'],
    [
      'redis: { sentinel: { nodes: [], password: 5, sentinelPassword: 6 } }',
      '1:29 redis.sentinel.nodes: expected one node at least, got an empty list',
      '1:43 redis.sentinel.password: expected a password, got a number; put quotes around it',
      '1:64 redis.sentinel.sentinelPassword: expected a password, got a number; put quotes around it',
    ],
    [
      'redis: { sentinel: { nodes: [redis://:SECRET@a, http://a, redis://a/1, redis://a?x] } }',
      '1:30 redis.sentinel.nodes[0]: expected a redis:// or rediss:// URL of host and port alone, got "***"',
      '1:49 redis.sentinel.nodes[1]: expected a redis:// or rediss:// URL of host and port alone, got "***"',
      '1:59 redis.sentinel.nodes[2]: expected a redis:// or rediss:// URL of host and port alone, got "***"',
      '1:72 redis.sentinel.nodes[3]: expected a redis:// or rediss:// URL of host and port alone, got "***"',
    ],
    [
      'redis: { sentinel: { nodes: [redis://a, rediss://b], password: "", db: -1, tls: 1, passwrd: SECRET } }',
      '1:29 redis.sentinel.nodes: expected redis:// for all nodes, or rediss:// for all, got a list',
      '1:64 redis.sentinel.password: expected a password, got "***"',
      '1:72 redis.sentinel.db: expected an integer of 0 or more, got -1',
      '1:81 redis.sentinel.tls: expected true or false, got 1',
      '1:84 redis.sentinel.passwrd: unknown key, did you mean "password"?',
    ],
    [
      'redis: { cluster: [redis://:SECRET@a, redis://a/1, SECRET] }',
      '1:39 redis.cluster[1]: expected a redis:// or rediss:// URL without database and options, got "***"',
      '1:52 redis.cluster[2]: expected a redis:// or rediss:// URL without database and options, got "***"',
    ],
    [
      'redis: { cluster: SECRET, sentinel: SECRET }',
      '1:19 redis.cluster: expected a list of redis:// or rediss:// URLs, got "***"',
      '1:37 redis.sentinel: expected a mapping with the keys name, nodes, username, password, sentinelPassword, db, tls, got "***"',
    ],
  ]);
});
