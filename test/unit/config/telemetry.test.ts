import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readGateway } from './folder.ts';
import { bucketDefaults, logDefaults, telemetryDefaults } from './telemetry-defaults.ts';

const otlpDefaults = { protocol: 'http/protobuf', headers: {}, timeoutMs: 10_000 } as const;

const tracesUrl = 'http://localhost:4318/v1/traces';
const metricsUrl = 'http://localhost:4318/v1/metrics';

const metricsDefaults = {
  path: '/metrics',
  listen: undefined,
  access: undefined,
  otlp: undefined,
  maxSeries: 2000,
  maxOperations: 200,
  durationBuckets: bucketDefaults,
  exemplars: true,
};

test('traces, metrics and the access log are off, and "true" is every default of each', async (context) => {
  for (const off of ['telemetry: {}', 'telemetry: { traces: false, metrics: false }\nlog: { access: false }']) {
    const { gateway } = await readGateway(context, off);
    assert.deepEqual([gateway.telemetry, gateway.log], [telemetryDefaults, logDefaults], off);
  }
  const { gateway } = await readGateway(context, 'telemetry: { traces: true, metrics: true }\nlog: { access: true }');
  assert.deepEqual(gateway.telemetry, {
    ...telemetryDefaults,
    traces: {
      otlp: { ...otlpDefaults, url: tracesUrl, intervalMs: 5000 },
      rate: 0.1,
      rules: [],
      parent: 'follow',
      keepErrors: true,
      keepSlowerThanMs: 1000,
      maxQueued: 2048,
    },
    metrics: metricsDefaults,
  });
  assert.deepEqual(gateway.log, {
    ...logDefaults,
    slowerThanMs: 1000,
    access: { rate: 1, rules: [], headers: [], variables: false, paths: false, addresses: 'none' },
  });
});

test('a mapping that says nothing is "true"', async (context) => {
  const on = await readGateway(context, 'telemetry: { traces: true, metrics: { otlp: true } }\nlog: { access: true }');
  const empty = await readGateway(context, 'telemetry: { traces: {}, metrics: { otlp: {} } }\nlog: { access: {} }');
  assert.deepEqual([empty.gateway.telemetry, empty.gateway.log], [on.gateway.telemetry, on.gateway.log]);
  assert.deepEqual(on.gateway.telemetry.metrics?.otlp, { ...otlpDefaults, url: metricsUrl, intervalMs: 60_000 });
});

test('every key of traces is read, units become numbers and header names lower case', async (context) => {
  const text = `
routes: [{ path: /api/users, upstream: users }]
tiers: { gold: {} }
consumers: { acme: { tier: gold } }
telemetry:
  traces:
    otlp: { url: "https://otel.test/in/traces", protocol: http/json, headers: { X-Key: "1.10" }, timeout: 2s, interval: 500ms }
    sample: 2.5%
    rules:
      - { operations: [Checkout, Pay], sample: 100% }
      - { routes: [/api/users], clients: [web], consumers: [acme], tiers: [gold], methods: [GET], sample: 0 }
    parent: ignore
    keep: { errors: false, slowerThan: 250ms }
    maxQueued: 5
`;
  const { gateway } = await readGateway(context, text);
  assert.deepEqual(gateway.telemetry.traces, {
    otlp: {
      url: 'https://otel.test/in/traces',
      protocol: 'http/json',
      headers: { 'x-key': '1.10' },
      timeoutMs: 2000,
      intervalMs: 500,
    },
    rate: 0.025,
    rules: [
      { match: { operations: ['Checkout', 'Pay'] }, rate: 1 },
      {
        match: {
          routes: ['/api/users'],
          clients: ['web'],
          consumers: ['acme'],
          tiers: ['gold'],
          methods: ['GET'],
        },
        rate: 0,
      },
    ],
    parent: 'ignore',
    keepErrors: false,
    keepSlowerThanMs: 250,
    maxQueued: 5,
  });
});

test('every key of metrics is read, bounds of histograms in seconds', async (context) => {
  const text = `
telemetry:
  metrics:
    path: /internal/metrics
    listen: { host: 0.0.0.0, port: 0 }
    otlp: { url: "http://otel.test/v1/metrics" }
    maxSeries: 10
    maxOperations: 20
    durationBuckets: [0.25ms, 2.5ms, 1s, 1.5s]
    exemplars: false
`;
  const { gateway } = await readGateway(context, text);
  assert.deepEqual(gateway.telemetry.metrics, {
    path: '/internal/metrics',
    listen: { host: '0.0.0.0', port: 0 },
    access: undefined,
    otlp: { ...otlpDefaults, url: 'http://otel.test/v1/metrics', intervalMs: 60_000 },
    maxSeries: 10,
    maxOperations: 20,
    durationBuckets: [0.00025, 0.0025, 1, 1.5],
    exemplars: false,
  });
});

test('metrics have a listener of their own on port 9464 of this machine, or a rule who may read', async (context) => {
  const metricsOf = async (text: string) =>
    (await readGateway(context, `tiers: { ops: {} }\ntelemetry: { metrics: ${text} }`)).gateway.telemetry.metrics;
  assert.deepEqual(await metricsOf('{ listen: {} }'), {
    ...metricsDefaults,
    listen: { host: '127.0.0.1', port: 9464 },
  });
  assert.deepEqual((await metricsOf('{ access: { tiers: [ops] } }'))?.access, {
    authenticated: true,
    scopes: [],
    roles: [],
    tiers: ['ops'],
    consumers: [],
    policies: [],
  });
});

test('what the gateway is called, how traces pass through and who a client is are read', async (context) => {
  const text = `
telemetry:
  service: { name: shop, namespace: weft, instance: a1, attributes: { deployment.environment.name: production } }
  propagation: { accept: [w3c, b3, b3-multi, jaeger], send: [b3], baggage: [tenant] }
  clientName: [X-Client]
  clientVersion: []
  serverTiming: true
`;
  const { gateway } = await readGateway(context, text);
  assert.deepEqual(gateway.telemetry, {
    service: {
      name: 'shop',
      namespace: 'weft',
      instance: 'a1',
      attributes: { 'deployment.environment.name': 'production' },
    },
    propagation: { accept: ['w3c', 'b3', 'b3-multi', 'jaeger'], send: ['b3'], baggage: ['tenant'] },
    clientName: ['x-client'],
    clientVersion: [],
    serverTiming: true,
    traces: undefined,
    metrics: undefined,
  });
});

test('every key of the log is read, header names in lower case', async (context) => {
  const text = `
routes: [{ path: /api/users, upstream: users }]
log:
  level: warn
  format: text
  access:
    sample: 0.5
    rules: [{ routes: [/api/users], sample: 1% }]
    headers: [User-Agent, X-Forwarded-For]
    variables: true
    paths: true
    addresses: full
  slowerThan: 200ms
  redact: { headers: [X-Secret], queryParameters: [Token] }
`;
  const { gateway } = await readGateway(context, text);
  assert.deepEqual(gateway.log, {
    level: 'warn',
    format: 'text',
    access: {
      rate: 0.5,
      rules: [{ match: { routes: ['/api/users'] }, rate: 0.01 }],
      headers: ['user-agent', 'x-forwarded-for'],
      variables: true,
      paths: true,
      addresses: 'full',
    },
    slowerThanMs: 200,
    redact: { headers: ['x-secret'], queryParameters: ['Token'] },
  });
});

test('query parameters that credentials are read from are redacted without being named', async (context) => {
  const text = `
identity:
  providers:
    - { kind: api-key, file: ./keys.json, from: [{ header: x-key }, { query: key }] }
    - { kind: jwt, issuer: https://id.example, audience: a, keys: { secret: 'a secret of thirty-two bytes, ok!' }, from: [{ query: access_token }] }
log: { redact: { queryParameters: [token, key] } }
`;
  const { gateway } = await readGateway(context, text);
  assert.deepEqual(gateway.log.redact.queryParameters, ['token', 'key', 'access_token']);
});

test('a rate is a number from 0 to 1 or a percentage, also from the environment', async (context) => {
  const rates = ['0', '1', '0.333', '0%', '100%', '33.3%', '"7%"', '${RATE:-0.5}', '${RATE:-5%}'];
  const read = await Promise.all(
    rates.map(async (rate) => {
      const { gateway } = await readGateway(context, `telemetry:\n  traces:\n    sample: ${rate}`);
      return gateway.telemetry.traces?.rate;
    }),
  );
  assert.deepEqual(read, [0, 1, 0.333, 0, 1, 0.333, 0.07, 0.5, 0.05]);
});

test('nothing is too slow where slowness is off', async (context) => {
  const { gateway } = await readGateway(
    context,
    'telemetry: { traces: { keep: { slowerThan: off } } }\nlog: { slowerThan: off }',
  );
  assert.deepEqual([gateway.telemetry.traces?.keepSlowerThanMs, gateway.log.slowerThanMs], [Infinity, 0]);
});

test('plan, timeline and server-timing are for everybody, nobody or some', async (context) => {
  const rule = { authenticated: true, scopes: [], roles: ['dev'], tiers: [], consumers: [], policies: [] };
  for (const [text, toggle] of [
    ['true', true],
    ['false', false],
    ['{ roles: [dev] }', rule],
  ] as const) {
    const { gateway } = await readGateway(
      context,
      `graphql: { queryPlan: ${text}, timeline: ${text} }\ntelemetry: { serverTiming: ${text} }`,
    );
    const { queryPlan, timeline } = gateway.graphql;
    assert.deepEqual([queryPlan, timeline, gateway.telemetry.serverTiming], [toggle, toggle, toggle]);
  }
});

test('the path of metrics may lie below a route, and be anything on a listener of its own', async (context) => {
  const routes = 'routes: [{ path: /api, upstream: users }, { path: /metrics, upstream: reviews }]';
  for (const metrics of ['{ path: /api/metrics }', '{ listen: {} }', '{ listen: {}, path: /graphql }']) {
    const { gateway } = await readGateway(context, `${routes}\ntelemetry: { metrics: ${metrics} }`);
    assert.ok(gateway.telemetry.metrics, metrics);
  }
});

test('a header that names clients by default may appear nowhere where others name them', async (context) => {
  const redacted = 'log: { redact: { headers: [X-Client-Name, x-client-version] } }';
  const { gateway } = await readGateway(context, `${redacted}\ntelemetry: { clientName: [x-app], clientVersion: [] }`);
  assert.deepEqual(gateway.log.redact.headers, ['x-client-name', 'x-client-version']);
});
