import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { join } from 'node:path';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import type { UpstreamConfig } from '../../../src/config/types.ts';
import { makeFolder, twoUpstreams, upstreamRefusals } from './folder.ts';

async function loadUpstream(context: TestContext, text: string, env: NodeJS.ProcessEnv = {}): Promise<UpstreamConfig> {
  const dir = await makeFolder(context, { ...twoUpstreams, 'upstreams/reviews.yaml': text });
  const { upstreams } = await loadGatewayFolder(dir, env);
  const reviews = upstreams.find(({ name }) => name === 'reviews');
  assert.ok(reviews);
  return reviews;
}

test('an upstream of kind and target alone has every default', async (context) => {
  const dir = await makeFolder(context, twoUpstreams);
  const { upstreams } = await loadGatewayFolder(dir, {});
  assert.deepEqual(
    upstreams.map(({ name }) => name),
    ['reviews', 'users'],
  );
  assert.deepEqual(upstreams[0], {
    name: 'reviews',
    kind: 'federation',
    file: join(dir, 'upstreams/reviews.yaml'),
    targets: ['http://reviews.test/graphql'],
    openapi: undefined,
    schema: undefined,
    headers: {},
    timeouts: { connectMs: 1000, headersMs: 5000, bodyMs: 5000, totalMs: 5000 },
    connections: 64,
    maxResponseBytes: 16_777_216,
    concurrency: 10,
    errors: {},
    pollMs: 10_000,
  });
});

test('every key of an upstream is read; its paths start from its own folder', async (context) => {
  const text = `
kind: rest
targets: ["http://a.test/api/", "https://b.test:8443"]
openapi: ./users.openapi.yaml
headers:
  X-Api-Key: abc
  x-version: 1.10
  authorization: { from: client }
  x-user: { from: client, header: X-Forwarded-User }
  x-org: { from: claims.org.id }
timeout: { connect: 100ms, headers: 1s, body: 2s, total: 3s }
connections: 2
maxResponseSize: 1MB
concurrency: 3
errors: { message: error.message, code: error.code, details: error.fields }
`;
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'upstreams/users.yaml': text,
    'upstreams/users.openapi.yaml': 'openapi: 3.1.0',
  });
  const { upstreams } = await loadGatewayFolder(dir, {});
  assert.deepEqual(upstreams[1], {
    name: 'users',
    kind: 'rest',
    file: join(dir, 'upstreams/users.yaml'),
    targets: ['http://a.test/api', 'https://b.test:8443'],
    openapi: join(dir, 'upstreams/users.openapi.yaml'),
    schema: undefined,
    headers: {
      'x-api-key': { from: 'value', value: 'abc' },
      'x-version': { from: 'value', value: '1.10' },
      authorization: { from: 'client', header: 'authorization' },
      'x-user': { from: 'client', header: 'x-forwarded-user' },
      'x-org': { from: 'claims', claim: 'org.id' },
    },
    timeouts: { connectMs: 100, headersMs: 1000, bodyMs: 2000, totalMs: 3000 },
    connections: 2,
    maxResponseBytes: 1_000_000,
    concurrency: 3,
    errors: { message: 'error.message', code: 'error.code', details: 'error.fields' },
    pollMs: 10_000,
  });
});

test('one duration as timeout bounds the whole call, and a connection no longer than that', async (context) => {
  const { timeouts } = await loadUpstream(context, 'kind: graphql\ntargets: http://a.test\ntimeout: 800ms');
  assert.deepEqual(timeouts, { connectMs: 800, headersMs: 800, bodyMs: 800, totalMs: 800 });
});

test('poll: off looks at the schema once', async (context) => {
  const { pollMs } = await loadUpstream(context, 'kind: graphql\ntargets: http://a.test\npoll: off');
  assert.equal(pollMs, 0);
});

test('each wrong key is told with its place, and no value of a header is shown', async (context) => {
  const text = `kind: federation
openapi: x.yaml
concurrency: 3
targets: ["http://x?y", "ftp://u:SECRET@x", "\${U:-http://SECRET@y}"]
headers:
  host: a
  Proxy-Authorization: SECRET
  content-length: 5
  "a b": c
  x-a: { from: clint }
  x-b: { from: claims.a, header: a }
  x-c: [SECRET]
  x-d: { header: d }
  x-e: "SECRET\\nb"
  x-f: { from: client, header: te }
  traceparent: a
timeout: 500
errors: { mesage: a, code: a..b }
poll: 10
connections: 0
maxResponseSize: 0B
`;
  assert.deepEqual(await upstreamRefusals(context, text, { U: 'http://SECRET:SE/CRET@x' }), [
    'upstreams/reviews.yaml:2:1 openapi: not for kind: federation (OpenAPI describes REST APIs)',
    'upstreams/reviews.yaml:2:10 openapi: there is no file "x.yaml"',
    'upstreams/reviews.yaml:3:1 concurrency: not for kind: federation (other kinds look up many entities in one call)',
    'upstreams/reviews.yaml:4:11 targets[0]: expected embedded, or an http:// or https:// URL without query and fragment, got "http://x?y"',
    'upstreams/reviews.yaml:4:25 targets[1]: expected embedded, or an http:// or https:// URL without query and fragment, got "ftp://***@x"',
    'upstreams/reviews.yaml:4:45 targets[2]: expected embedded, or an http:// or https:// URL without query and fragment, got "http://***@x" (from ${U:-http://***@y})',
    'upstreams/reviews.yaml:6:3 headers.host: the header cannot be set: it follows from the target',
    'upstreams/reviews.yaml:7:3 headers.Proxy-Authorization: the header cannot be set: it describes one connection and never passes the gateway',
    'upstreams/reviews.yaml:8:3 headers.content-length: the header cannot be set: it follows from the body',
    'upstreams/reviews.yaml:9:3 headers.a b: expected a header name such as x-api-key',
    'upstreams/reviews.yaml:10:16 headers.x-a.from: expected client, claims.<path> such as claims.sub, or caller.<id|consumer|tier|subject|scopes|roles>, got "clint"',
    'upstreams/reviews.yaml:11:34 headers.x-b.header: goes with "from: client" only',
    'upstreams/reviews.yaml:12:8 headers.x-c: expected a text, or a mapping such as { from: client } or { from: claims.sub }, got a list',
    'upstreams/reviews.yaml:13:3 headers.x-d.from: missing, expected client, claims.<path> such as claims.sub, or caller.<id|consumer|tier|subject|scopes|roles>',
    'upstreams/reviews.yaml:14:8 headers.x-e: expected a header value of Latin-1 letters without line breaks and control characters, got "***"',
    'upstreams/reviews.yaml:15:32 headers.x-f.header: the header cannot be set: it describes one connection and never passes the gateway',
    'upstreams/reviews.yaml:16:3 headers.traceparent: the header cannot be set: the gateway writes it (telemetry.propagation)',
    'upstreams/reviews.yaml:17:10 timeout: expected a duration such as 800ms, or a mapping with the keys connect, headers, body, total, got 500',
    'upstreams/reviews.yaml:18:11 errors.mesage: unknown key, did you mean "message"?',
    'upstreams/reviews.yaml:18:28 errors.code: expected a dotted path such as error.message, got "a..b"',
    'upstreams/reviews.yaml:19:7 poll: expected a duration such as 10s, or off, got 10',
    'upstreams/reviews.yaml:20:14 connections: expected an integer of 1 or more, got 0',
    'upstreams/reviews.yaml:21:18 maxResponseSize: expected a size of at least 1B, got "0B"',
  ]);
});

test('every hop-by-hop header is refused, in any letter case', async (context) => {
  const names = ['connection', 'Keep-Alive', 'TE', 'trailer', 'Transfer-Encoding', 'upgrade', 'proxy-x', 'Expect'];
  const headers = names.map((name) => `  ${name}: x`).join('\n');
  const lines = await upstreamRefusals(context, `kind: graphql\ntargets: http://a.test\nheaders:\n${headers}`);
  assert.deepEqual(
    lines.map((line) => /headers\.([\w-]+): the header cannot be set: /.exec(line)?.[1]),
    names,
  );
});

test('names of headers that differ in letter case only are one header', async (context) => {
  const text = 'kind: graphql\ntargets: http://a.test\nheaders: { x-a: "1", X-A: "2" }';
  assert.deepEqual(await upstreamRefusals(context, text), [
    'upstreams/reviews.yaml:3:22 headers.X-A: the same header stands here a second time (letter case does not count)',
  ]);
});

test('kind and targets must be there, and a misspelt kind finds the right one', async (context) => {
  assert.deepEqual(await upstreamRefusals(context, 'kind: fedration\n'), [
    'upstreams/reviews.yaml:1:1 targets: missing, expected embedded, or an http:// or https:// URL without query and fragment, or a list of them',
    'upstreams/reviews.yaml:1:7 kind: expected one of rest, graphql, federation, got "fedration"; did you mean "federation"?',
  ]);
  assert.deepEqual(await upstreamRefusals(context, 'kind: graphql\ntargets: []'), [
    'upstreams/reviews.yaml:2:10 targets: expected at least one target, got an empty list',
  ]);
});

test('embedded stands alone, and needs its stand-in server', async (context) => {
  assert.deepEqual(await upstreamRefusals(context, 'kind: graphql\ntargets: [embedded, "http://a.test"]'), [
    'upstreams/reviews.yaml:2:10 targets: embedded stands for a server of its own and cannot be mixed with other targets',
    'upstreams/reviews.yaml:2:10 targets: embedded needs upstreams/reviews.server.ts, which is missing',
  ]);
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'upstreams/reviews.yaml': 'kind: graphql\ntargets: embedded',
    'upstreams/reviews.server.ts': '',
  });
  assert.deepEqual((await loadGatewayFolder(dir, {})).upstreams[0]?.targets, ['embedded']);
});

test('deadlines are durations above 0, and no part is longer than the total', async (context) => {
  const base = 'kind: graphql\ntargets: http://a.test\n';
  const at = 'upstreams/reviews.yaml:3';
  assert.deepEqual(await upstreamRefusals(context, `${base}timeout: { connect: 5, total: 0s, body: 30d }`), [
    `${at}:21 timeout.connect: expected a duration such as 800ms, 2s or 1.5m, got 5`,
    `${at}:31 timeout.total: expected a duration from 1ms to 24d, got "0s"`,
    `${at}:41 timeout.body: expected a duration from 1ms to 24d, got "30d"`,
    `${at}:41 timeout.body: 30d is longer than total (0s)`,
  ]);
  assert.deepEqual(await upstreamRefusals(context, `${base}timeout: { headers: 6s, total: 9 }`), [
    `${at}:32 timeout.total: expected a duration such as 800ms, 2s or 1.5m, got 9`,
  ]);
  assert.deepEqual(await upstreamRefusals(context, `${base}timeout: { headers: 6s }`), [
    `${at}:21 timeout.headers: 6s is longer than total (5s by default)`,
  ]);
});

test('keys that mean nothing to a REST upstream are refused with the reason', async (context) => {
  const text = 'kind: rest\ntargets: http://a.test\nschema: ./no.graphql\npoll: 1s';
  assert.deepEqual(await upstreamRefusals(context, text), [
    'upstreams/reviews.yaml:1:7 kind: a REST upstream needs schema/reviews.graphql, which is missing',
    'upstreams/reviews.yaml:1:7 kind: a REST upstream needs resolvers/reviews.ts, which is missing',
    'upstreams/reviews.yaml:3:1 schema: not for kind: rest (a REST upstream is described by schema/<name>.graphql)',
    'upstreams/reviews.yaml:3:9 schema: there is no file "./no.graphql"',
    'upstreams/reviews.yaml:4:1 poll: not for kind: rest (a REST upstream has no schema that could change)',
  ]);
});
