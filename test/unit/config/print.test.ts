import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';
import { makeFolder, twoUpstreams } from './folder.ts';

test('the printed configuration has every key with its unit, defaults too', async (context) => {
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'gateway.yaml': 'graphql: { firstOperation: ./schema/users.graphql }\nresponseHeaders: { Set-Cookie: append }',
    'upstreams/users.yaml':
      'kind: rest\ntargets: http://users.test\ntimeout: 1500ms\nerrors: { code: error.code }\nopenapi: ./o.openapi.yaml',
    'upstreams/o.openapi.yaml': '',
  });
  assert.deepEqual(parse(printConfig(await loadGatewayFolder(dir, {}))), {
    gateway: {
      host: '127.0.0.1',
      port: 4000,
      graphql: {
        path: '/graphql',
        graphiql: true,
        introspection: true,
        suggestions: true,
        maxBodySize: '1MiB',
        firstOperation: './schema/users.graphql',
        queryPlan: false,
        timeline: false,
        limits: [],
        persisted: { automatic: false },
      },
      engine: 'compiled',
      routes: [],
      cache: {
        maxSize: '64MiB',
        maxEntrySize: '1MiB',
        store: 'memory',
        timeout: '10ms',
        show: false,
        graphql: false,
        entities: {},
      },
      responseHeaders: { 'set-cookie': 'append' },
      shutdown: { drain: '20s' },
      stateDir: '.weft',
      telemetry: {
        service: { name: 'weft', attributes: {} },
        propagation: { accept: ['w3c'], send: ['w3c'], baggage: [] },
        clientName: ['apollographql-client-name', 'graphql-client-name', 'x-client-name'],
        clientVersion: ['apollographql-client-version', 'graphql-client-version', 'x-client-version'],
        serverTiming: false,
        traces: false,
        metrics: false,
      },
      log: {
        level: 'info',
        format: 'auto',
        access: false,
        slowerThan: 'off',
        redact: { headers: [], queryParameters: [] },
      },
      trustedProxies: [],
      csrf: true,
      securityHeaders: {},
      identity: { providers: [] },
      consumers: {},
      tiers: {},
      authorization: { mode: 'mask' },
      audiences: {},
      limits: {
        mode: 'enforce',
        store: 'memory',
        timeout: '10ms',
        onOutage: 'local',
        instances: 1,
        maxKeys: 100_000,
        headers: ['ratelimit', 'x-ratelimit'],
        rates: [],
        fields: { mode: 'enforce', algorithm: 'fixed-window', onOutage: 'local' },
        documents: {
          mode: 'enforce',
          maxBytes: '128KiB',
          maxTokens: 10_000,
          maxDepth: 32,
          maxAliases: 200,
          maxRootFields: 100,
          maxDirectives: 200,
          maxFragments: 500,
          maxListItems: 1000,
        },
        cost: {
          mode: 'enforce',
          max: 'none',
          upstreamMax: 'none',
          upstreams: {},
          defaultListSize: 10,
          show: false,
        },
        disabled: [],
      },
    },
    upstreams: {
      reviews: {
        kind: 'federation',
        targets: ['http://reviews.test/graphql'],
        headers: {},
        timeout: { connect: '1s', headers: '5s', body: '5s', total: '5s' },
        connections: 64,
        maxResponseSize: '16MiB',
        errors: {},
        poll: '10s',
        limits: [],
      },
      users: {
        kind: 'rest',
        targets: ['http://users.test'],
        openapi: './o.openapi.yaml',
        headers: {},
        timeout: { connect: '1s', headers: '1500ms', body: '1500ms', total: '1500ms' },
        connections: 64,
        maxResponseSize: '16MiB',
        concurrency: 10,
        errors: { code: 'error.code' },
        limits: [],
        cache: false,
      },
    },
  });
});

test('a printed section is a configuration again', async (context) => {
  const dir = await makeFolder(context, twoUpstreams);
  const first = printConfig(await loadGatewayFolder(dir, {}));
  const { gateway, upstreams } = parse(first) as { gateway: unknown; upstreams: Record<string, unknown> };
  const again = await makeFolder(context, {
    ...twoUpstreams,
    'gateway.yaml': JSON.stringify(gateway),
    'upstreams/users.yaml': JSON.stringify(upstreams['users']),
    'upstreams/reviews.yaml': JSON.stringify(upstreams['reviews']),
  });
  assert.equal(printConfig(await loadGatewayFolder(again, {})), first);
});

test('no secret is printed, whether it came from the file, the environment or another file', async (context) => {
  const upstream = `kind: graphql
targets:
  - "http://MARKER:MARKER@a.test/v1"
  - "\${URL}"
  - "https://b.test/hooks/\${TOKEN}/x"
  - "https://c.test/\${file:./secret}"
headers:
  literal: MARKER
  environment: "Bearer \${TOKEN}"
  File: "MARKER \${file:./secret}"
  partly: "MARKER \${file:./secret}"
  whole: \${TOKEN}
  authorization: { from: client }
  x-user: { from: client, header: x-other }
  x-org: { from: claims.org.id }
poll: off
`;
  const dir = await makeFolder(context, {
    ...twoUpstreams,
    'gateway.yaml': 'stateDir: "./state-${file:./secret}"\nshutdown:\n  drain: ${file:./drain}',
    secret: 'MARKER\n',
    drain: '7s',
    'upstreams/secret': 'MARKER',
    'upstreams/reviews.yaml': upstream,
  });
  const folder = await loadGatewayFolder(dir, { TOKEN: 'MARKER', URL: 'https://MARKER@d.test/api' });
  assert.equal(folder.upstreams[0]?.targets[2], 'https://b.test/hooks/MARKER/x');
  const printed = printConfig(folder);
  assert.doesNotMatch(printed, /MARKER/);
  const { gateway, upstreams } = parse(printed) as {
    gateway: Record<string, unknown>;
    upstreams: Record<string, Record<string, unknown>>;
  };
  assert.equal(gateway['stateDir'], './state-***');
  assert.deepEqual(gateway['shutdown'], { drain: '***' });
  assert.deepEqual(upstreams['reviews']?.['targets'], [
    'http://***@a.test/v1',
    'https://***@d.test/api',
    'https://b.test/hooks/***/x',
    'https://c.test/***',
  ]);
  assert.deepEqual(upstreams['reviews']?.['headers'], {
    literal: '***',
    environment: '***',
    file: '***',
    partly: '***',
    whole: '***',
    authorization: { from: 'client' },
    'x-user': { from: 'client', header: 'x-other' },
    'x-org': { from: 'claims.org.id' },
  });
});

test('a single target with a secret in it is printed without', async (context) => {
  const text = 'kind: graphql\ntargets: https://a.test/${TOKEN}';
  const dir = await makeFolder(context, { ...twoUpstreams, 'upstreams/reviews.yaml': text });
  const printed = printConfig(await loadGatewayFolder(dir, { TOKEN: 'MARKER' }));
  assert.doesNotMatch(printed, /MARKER/);
  assert.match(printed, /https:\/\/a\.test\/\*\*\*/);
});
