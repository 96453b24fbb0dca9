import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ConfigurationError } from '../../../src/config/configuration-error.ts';
import { defaultGatewayConfig } from '../../../src/config/defaults.ts';
import { loadGatewayFolder } from '../../../src/config/load.ts';
import type { TelemetryConfig } from '../../../src/config/telemetry-types.ts';
import { gatewayRefusals, makeFolder, twoUpstreams } from './folder.ts';

const on = 'telemetry: { traces: true, metrics: { otlp: true } }';

async function read(context: TestContext, env: NodeJS.ProcessEnv, text = on): Promise<TelemetryConfig> {
  const dir = await makeFolder(context, { ...twoUpstreams, 'gateway.yaml': text });
  return (await loadGatewayFolder(dir, env)).gateway.telemetry;
}

function urls({ traces, metrics }: TelemetryConfig): readonly (string | undefined)[] {
  return [traces?.otlp.url, metrics?.otlp?.url];
}

test('an endpoint for all signals has the path of each put to it, one for a signal is a whole URL', async (context) => {
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.test/in/' };
  assert.deepEqual(urls(await read(context, base)), [
    'https://otel.test/in/v1/traces',
    'https://otel.test/in/v1/metrics',
  ]);
  const own = { ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://spans.test' };
  assert.deepEqual(urls(await read(context, own)), ['http://spans.test', 'https://otel.test/in/v1/metrics']);
  const both = { ...own, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://metrics.test/x' };
  assert.deepEqual(urls(await read(context, both)), ['http://spans.test', 'http://metrics.test/x']);
});

test('what the file says counts before the environment', async (context) => {
  const env = {
    OTEL_SERVICE_NAME: 'other',
    OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=other,a=other,b=2',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'not a URL',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'none',
    OTEL_EXPORTER_OTLP_HEADERS: 'broken',
  };
  const text = `telemetry:
  service: { name: shop, namespace: ours, attributes: { a: "1" } }
  traces: { otlp: { url: "http://file.test/v1/traces", headers: {} } }`;
  const { service, traces } = await read(context, env, text);
  assert.deepEqual(service, { name: 'shop', namespace: 'ours', instance: undefined, attributes: { a: '1', b: '2' } });
  assert.deepEqual(
    [traces?.otlp.url, traces?.otlp.protocol, traces?.otlp.headers],
    ['http://file.test/v1/traces', 'http/protobuf', {}],
  );
});

test('a variable that is empty counts as none', async (context) => {
  const env = {
    OTEL_SERVICE_NAME: '',
    OTEL_EXPORTER_OTLP_ENDPOINT: ' ',
    OTEL_EXPORTER_OTLP_PROTOCOL: '',
    OTEL_EXPORTER_OTLP_HEADERS: '',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: '',
  };
  assert.deepEqual(await read(context, env), await read(context, {}));
});

test('headers are percent-decoded, and those of a signal stand in place of those of all', async (context) => {
  const env = {
    OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abc==, x-scope = shop,',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-only=metrics',
  };
  const { traces, metrics } = await read(context, env);
  assert.deepEqual(traces?.otlp.headers, { authorization: 'Bearer abc==', 'x-scope': 'shop' });
  assert.deepEqual(metrics?.otlp?.headers, { 'x-only': 'metrics' });
});

test('headers of the environment go to an URL of the file that names none', async (context) => {
  const text = 'telemetry: { traces: { otlp: { url: "http://file.test/v1/traces" } } }';
  const { traces } = await read(context, { OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }, text);
  assert.deepEqual(traces?.otlp.headers, { a: 'b' });
});

test('grpc has a port of its own and no path', async (context) => {
  const text = 'telemetry: { traces: true }';
  const otlp = async (env: NodeJS.ProcessEnv, file = text) => (await read(context, env, file)).traces?.otlp;
  const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  const byDefault = await otlp(grpc);
  assert.deepEqual([byDefault?.url, byDefault?.protocol], ['http://localhost:4317', 'grpc']);
  assert.equal(
    (await otlp({ ...grpc, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel.test:4317' }))?.url,
    'http://otel.test:4317',
  );
  const ofFile = 'telemetry: { traces: { otlp: { protocol: grpc } } }';
  assert.equal((await otlp({}, ofFile))?.url, 'http://localhost:4317');
  const withUrl = 'telemetry: { traces: { otlp: { protocol: grpc, url: "https://otel.test:4317/" } } }';
  assert.equal((await otlp({}, withUrl))?.url, 'https://otel.test:4317/');
});

test('a protocol of the environment is that of its receiver, not of one that the file names', async (context) => {
  const text = 'telemetry: { traces: { otlp: { url: "http://file.test/v1/traces" } } }';
  const { traces } = await read(context, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, text);
  assert.equal(traces?.otlp.protocol, 'http/protobuf');
  const own = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' };
  assert.equal((await read(context, own, 'telemetry: { traces: true }')).traces?.otlp.protocol, 'http/json');
});

test('the resource has the names and attributes of the environment, also where nothing is exported', async (context) => {
  const env = {
    OTEL_RESOURCE_ATTRIBUTES:
      'service.name=attribute,service.namespace=shop,service.instance.id=a1,team=R%26D,note=a%2Cb%3Dc',
  };
  const { service } = await read(context, env, '');
  const rest = { namespace: 'shop', instance: 'a1', attributes: { team: 'R&D', note: 'a,b=c' } };
  assert.deepEqual(service, { name: 'attribute', ...rest });
  assert.deepEqual((await read(context, { ...env, OTEL_SERVICE_NAME: 'named' }, '')).service, {
    name: 'named',
    ...rest,
  });
  assert.equal(defaultGatewayConfig({ OTEL_SERVICE_NAME: 'named' }).telemetry.service.name, 'named');
});

test('each variable that cannot be used is told by its name, without what may be secret', async (context) => {
  const refused = (env: NodeJS.ProcessEnv, text = on): Promise<readonly string[]> =>
    gatewayRefusals(context, text, env);
  const url = 'expected an http:// or https:// URL of a receiver of OTLP';
  assert.deepEqual(await refused({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'otel:4318' }), [
    `environment variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ${url}, got "otel:4318"`,
  ]);
  assert.deepEqual(await refused({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://u:MARKER@a.test' }), [
    `environment variable OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: ${url} without user and password, got "http://***@a.test"`,
  ]);
  assert.deepEqual(await refused({ OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc' }), [
    'environment variable OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: expected one of http/protobuf, http/json for metrics, got "grpc"',
  ]);
  for (const headers of ['MARKER', 'a=b,MARKER', '=MARKER', 'a=MARKER%', 'a=b,%E0%A4%A=MARKER']) {
    assert.deepEqual(await refused({ OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers }), [
      'environment variable OTEL_EXPORTER_OTLP_TRACES_HEADERS: expected name=value,name=value, percent-encoded',
    ]);
  }
  for (const headers of ['a%20b=MARKER', 'a=MARKER%0A']) {
    assert.deepEqual(await refused({ OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers }), [
      'environment variable OTEL_EXPORTER_OTLP_TRACES_HEADERS: expected names and values of headers',
    ]);
  }
  assert.deepEqual(await refused({ OTEL_RESOURCE_ATTRIBUTES: 'MARKER' }), [
    'environment variable OTEL_RESOURCE_ATTRIBUTES: expected name=value,name=value, percent-encoded',
  ]);
  const withPath = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a.test/MARKER', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  assert.deepEqual(await refused(withPath, 'telemetry: { traces: true }'), [
    'environment variable OTEL_EXPORTER_OTLP_ENDPOINT: grpc has no path: expected a URL such as http://localhost:4317',
  ]);
});

test('a variable that is wrong for both signals is told once', async (context) => {
  const lines = await gatewayRefusals(context, on, { OTEL_EXPORTER_OTLP_HEADERS: 'MARKER' });
  assert.deepEqual(lines, [
    'environment variable OTEL_EXPORTER_OTLP_HEADERS: expected name=value,name=value, percent-encoded',
  ]);
});

test('what is off asks nothing of the environment', async (context) => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'none',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'none',
    OTEL_EXPORTER_OTLP_HEADERS: 'none',
    OTEL_RESOURCE_ATTRIBUTES: 'none',
  };
  const { traces, metrics, service } = await read(context, env, 'telemetry: { traces: false }');
  assert.deepEqual([traces, metrics, service.name], [undefined, undefined, 'weft']);
  assert.doesNotThrow(() => defaultGatewayConfig(env), ConfigurationError);
});
