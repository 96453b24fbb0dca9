import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';
import { makeFolder, twoUpstreams } from './folder.ts';

interface Printed {
  readonly gateway: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function printedText(context: TestContext, text: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': text, secret: 'MARKER' });
  return printConfig(await loadGatewayFolder(dir, env));
}

const everything = `
tiers: { ops: {} }
routes: [{ path: /api/users, upstream: users }]
graphql: { queryPlan: { tiers: [ops] }, timeline: { roles: [dev] } }
telemetry:
  service: { name: shop, namespace: weft, instance: a1, attributes: { deployment.environment.name: production } }
  propagation: { accept: [w3c, jaeger], send: [], baggage: [tenant] }
  clientName: [X-Client]
  clientVersion: []
  serverTiming: { scopes: [timing] }
  traces:
    otlp: { url: "https://otel.test/in/traces", protocol: http/json, headers: { X-Key: MARKER }, timeout: 2s, interval: 500ms }
    sample: 33.3%
    rules: [{ operations: [Pay], sample: 100% }, { routes: [/api/users], tiers: [ops], sample: 0.1% }]
    parent: ignore
    keep: { errors: false, slowerThan: off }
    maxQueued: 5
  metrics:
    path: /internal/metrics
    access: { tiers: [ops] }
    otlp: { url: "http://otel.test/v1/metrics", interval: 90s }
    durationBuckets: [0.25ms, 2.5ms, 70ms, 1s, 1.5s]
log:
  format: json
  access: { sample: 50%, rules: [{ clients: [probe], sample: 0 }], headers: [User-Agent], addresses: network }
  slowerThan: off
  redact: { headers: [X-Secret], queryParameters: [token] }
`;

test('telemetry and log are printed with the keys and units of the file, without the values of headers', async (context) => {
  const text = await printedText(context, everything);
  assert.doesNotMatch(text, /MARKER/);
  const { graphql, telemetry, log } = (parse(text) as Printed).gateway;
  assert.deepEqual(
    [graphql?.['queryPlan'], graphql?.['timeline']],
    [
      { authenticated: true, tiers: ['ops'] },
      { authenticated: true, roles: ['dev'] },
    ],
  );
  assert.deepEqual(telemetry, {
    service: {
      name: 'shop',
      namespace: 'weft',
      instance: 'a1',
      attributes: { 'deployment.environment.name': 'production' },
    },
    propagation: { accept: ['w3c', 'jaeger'], send: [], baggage: ['tenant'] },
    clientName: ['x-client'],
    clientVersion: [],
    serverTiming: { authenticated: true, scopes: [['timing']] },
    traces: {
      otlp: {
        url: 'https://otel.test/in/traces',
        protocol: 'http/json',
        headers: { 'x-key': '***' },
        timeout: '2s',
        interval: '500ms',
      },
      sample: 0.333,
      rules: [
        { operations: ['Pay'], sample: 1 },
        { routes: ['/api/users'], tiers: ['ops'], sample: 0.001 },
      ],
      parent: 'ignore',
      keep: { errors: false, slowerThan: 'off' },
      maxQueued: 5,
    },
    metrics: {
      path: '/internal/metrics',
      access: { authenticated: true, tiers: ['ops'] },
      otlp: {
        url: 'http://otel.test/v1/metrics',
        protocol: 'http/protobuf',
        headers: {},
        timeout: '10s',
        interval: '90s',
      },
      maxSeries: 2000,
      maxOperations: 200,
      durationBuckets: ['0.25ms', '2.5ms', '70ms', '1s', '1.5s'],
      exemplars: true,
    },
  });
  assert.deepEqual(log, {
    level: 'info',
    format: 'json',
    access: {
      sample: 0.5,
      rules: [{ clients: ['probe'], sample: 0 }],
      headers: ['user-agent'],
      variables: false,
      paths: false,
      addresses: 'network',
    },
    slowerThan: 'off',
    redact: { headers: ['x-secret'], queryParameters: ['token'] },
  });
});

test('a printed configuration of telemetry is a configuration again', async (context) => {
  for (const text of [
    everything,
    'telemetry: { traces: true, metrics: { listen: { port: 0 } } }\nlog: { access: true }',
  ]) {
    const first = await printedText(context, text);
    const { gateway } = parse(first) as Printed;
    assert.equal(await printedText(context, JSON.stringify(gateway)), first);
  }
});

test('no secret of an exporter is printed, wherever it came from', async (context) => {
  const text = `
telemetry:
  traces:
    otlp:
      url: "https://otel.test/v1/traces?key=MARKER"
      headers: { authorization: "\${TOKEN}", x-key: "\${file:./secret}", x-part: "Key \${file:./secret}" }
  metrics:
    otlp: { url: "https://otel.test/\${TOKEN}/v1/metrics" }
`;
  const printed = await printedText(context, text, { TOKEN: 'MARKER', OTEL_EXPORTER_OTLP_HEADERS: 'x-env=MARKER' });
  assert.doesNotMatch(printed, /MARKER/);
  const { telemetry } = (parse(printed) as Printed).gateway;
  const { traces, metrics } = telemetry as Readonly<
    Record<string, { readonly otlp: Readonly<Record<string, unknown>> }>
  >;
  assert.equal(traces?.otlp['url'], 'https://otel.test/v1/traces?***');
  assert.deepEqual(traces?.otlp['headers'], { authorization: '***', 'x-key': '***', 'x-part': '***' });
  assert.equal(metrics?.otlp['url'], 'https://otel.test/***/v1/metrics');
  assert.deepEqual(metrics?.otlp['headers'], { 'x-env': '***' });
});
