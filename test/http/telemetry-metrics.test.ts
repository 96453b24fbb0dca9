import assert from 'node:assert/strict';
import { request as startRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { readPackageVersion } from '../../src/lib/package-version.ts';
import { send, type Asked } from '../support/guarded-gateway.ts';
import { post } from '../support/telemetry-client.ts';
import { apiKey, startTelemetryGateway, type TelemetryGateway } from '../support/telemetry-gateway.ts';
import { readMetrics, type ReadMetrics } from '../support/telemetry-metrics.ts';
import { until } from '../support/until.ts';

const started = new AsyncDisposableStack();
let gateway: TelemetryGateway;
let url: string;

before(async () => {
  const metrics = { listen: { port: 0 }, maxOperations: 3 };
  gateway = await startTelemetryGateway({ gateway: { telemetry: { metrics } } });
  started.defer(gateway.close);
  ({ url } = gateway);
});

after(() => started.disposeAsync());

function read(): Promise<ReadMetrics> {
  return readMetrics(`${gateway.gateway.metricsUrl}/metrics`);
}

type Labels = Readonly<Record<string, string>>;

interface Change {
  readonly name: string;
  readonly labels?: Labels;
  readonly by: number;
}

/** What a request changes, once its end has been counted. */
async function changes(run: () => Promise<unknown>, expected: readonly Change[]): Promise<void> {
  const first = await read();
  await run();
  let last = await read();
  await until(async () => {
    last = await read();
    return last.value('http_server_active_requests') === 0;
  });
  const seen = expected.map(({ name, labels = {} }) => ({
    ...{ name, labels },
    by: last.value(name, labels) - first.value(name, labels),
  }));
  assert.deepEqual(
    seen,
    expected.map(({ name, labels = {}, by }) => ({ name, labels, by })),
  );
}

const requests = 'http_server_request_duration_seconds_count';
const operations = 'weft_graphql_operation_duration_seconds_count';

function request(lane: string, status: string, outcome: string): Change {
  return { name: requests, labels: { lane, http_response_status_code: status, outcome }, by: 1 };
}

function error(code: string, fault: string, upstream?: string): Change {
  return { name: 'weft_errors_total', labels: { code, fault, ...(upstream && { upstream }) }, by: 1 };
}

interface Way {
  readonly asks: string;
  readonly run: () => Promise<unknown>;
  readonly changes: readonly Change[];
}

const rest = (path: string, asked?: Asked) => (): Promise<unknown> => send(url + path, asked);
const graphql = (query: string | readonly string[], headers?: Labels) => (): Promise<unknown> =>
  post(url, query, headers && { headers });

const ways: readonly Way[] = [
  {
    asks: 'an operation that is answered',
    run: graphql('query Named { person(id: "1") { name } }'),
    changes: [
      request('graphql', '200', 'ok'),
      { name: operations, labels: { graphql_operation_name: 'Named', outcome: 'ok' }, by: 1 },
      { name: 'weft_graphql_operations_total', labels: { engine: 'compiled' }, by: 1 },
      { name: 'weft_graphql_plan_lookups_total', labels: { outcome: 'miss' }, by: 1 },
      { name: 'weft_graphql_plan_duration_seconds_count', by: 1 },
      { name: 'http_client_request_duration_seconds_count', labels: { upstream: 'people' }, by: 1 },
      { name: 'weft_request_upstream_duration_seconds_count', labels: { lane: 'graphql' }, by: 1 },
    ],
  },
  {
    asks: 'the same again',
    run: graphql('query Named { person(id: "1") { name } }'),
    changes: [
      { name: 'weft_graphql_plan_lookups_total', labels: { outcome: 'hit' }, by: 1 },
      { name: 'weft_graphql_plan_lookups_total', labels: { outcome: 'miss' }, by: 0 },
      { name: 'weft_graphql_parse_duration_seconds_count', by: 0 },
    ],
  },
  {
    asks: 'for entities of a batch',
    run: graphql('query Many { things(count: 4) { count } }'),
    changes: [
      { name: 'weft_upstream_batch_size_sum', labels: { upstream: 'stock' }, by: 4 },
      { name: 'weft_upstream_batch_size_count', labels: { upstream: 'stock' }, by: 1 },
    ],
  },
  {
    asks: 'what an upstream cannot answer',
    run: graphql('{ failing(id: "1") { name } }'),
    changes: [
      request('graphql', '200', 'upstream_error'),
      error('UPSTREAM_FAILED', 'upstream', 'people'),
      {
        name: 'http_client_request_duration_seconds_count',
        labels: { upstream: 'people', http_response_status_code: '500', error_type: '500' },
        by: 1,
      },
    ],
  },
  {
    asks: 'what a resolver of the gateway fails at',
    run: graphql('{ broken }'),
    changes: [request('graphql', '200', 'gateway_error'), error('INTERNAL_ERROR', 'gateway', 'people')],
  },
  {
    asks: 'for a field that is not there',
    run: graphql('{ nothing }'),
    changes: [
      request('graphql', '200', 'client_error'),
      error('GRAPHQL_VALIDATION_FAILED', 'client'),
      { name: 'weft_graphql_operations_total', by: 0 },
    ],
  },
  {
    asks: 'a document beyond a limit',
    run: graphql('{ a { a { a { a { a { a { a } } } } } } }'),
    changes: [
      error('DOCUMENT_LIMIT_EXCEEDED', 'client'),
      { name: 'weft_limit_hits_total', labels: { limit: 'maxDepth', outcome: 'refused' }, by: 1 },
    ],
  },
  {
    asks: 'several operations at once',
    run: graphql(['query Named { person(id: "1") { name } }', '{ nothing }', '{ kept { name } }']),
    changes: [
      request('graphql', '200', 'client_error'),
      { name: operations, labels: { outcome: 'client_error' }, by: 2 },
      { name: 'weft_graphql_operation_errors_total', labels: { graphql_operation_name: '_batch' }, by: 1 },
      { name: 'weft_cache_lookups_total', labels: { cache: 'answer', outcome: 'miss' }, by: 1 },
      { name: 'weft_graphql_batch_size_sum', by: 3 },
    ],
  },
  {
    asks: 'what is kept',
    run: graphql('{ kept { name } }'),
    changes: [
      { name: 'weft_cache_lookups_total', labels: { cache: 'answer', outcome: 'hit' }, by: 1 },
      { name: 'weft_graphql_operations_total', labels: { engine: 'none' }, by: 1 },
    ],
  },
  {
    asks: 'for events',
    run: graphql('subscription { ticks }', { accept: 'text/event-stream' }),
    changes: [request('subscription', '200', 'ok')],
  },
  {
    asks: 'a route',
    run: rest('/api/people/1'),
    changes: [
      {
        name: requests,
        labels: { lane: 'rest', http_route: '/api', http_request_method: 'GET', outcome: 'ok' },
        by: 1,
      },
      { name: 'weft_upstream_calls_total', labels: { upstream: 'people', kind: 'passthrough' }, by: 1 },
      { name: 'http_server_response_body_size_bytes_sum', labels: { lane: 'rest', http_route: '/api' }, by: 28 },
    ],
  },
  {
    asks: 'a route whose upstream is down',
    run: rest('/gone/1'),
    changes: [
      request('rest', '502', 'upstream_error'),
      error('UPSTREAM_UNREACHABLE', 'upstream', 'gone'),
      {
        name: 'http_client_request_duration_seconds_count',
        labels: { upstream: 'gone', error_type: 'UPSTREAM_UNREACHABLE' },
        by: 1,
      },
    ],
  },
  {
    asks: 'a route whose upstream says that it failed',
    run: rest('/api/failing/1'),
    changes: [request('rest', '500', 'upstream_error'), { name: 'weft_errors_total', by: 0 }],
  },
  {
    asks: 'a route for nothing but what is kept',
    run: rest('/kept/never', { headers: { 'cache-control': 'only-if-cached' } }),
    changes: [request('rest', '504', 'client_error')],
  },
  {
    asks: 'with a token that is not active',
    run: rest('/known/1', { headers: { authorization: 'Bearer bad' } }),
    changes: [
      request('rest', '401', 'client_error'),
      { name: 'weft_authentication_failures_total', labels: { code: 'CREDENTIALS_UNKNOWN' }, by: 1 },
      { name: 'weft_authentication_duration_seconds_count', by: 1 },
    ],
  },
  {
    asks: 'without credentials, where they are needed',
    run: rest('/known/1'),
    changes: [
      error('CREDENTIALS_MISSING', 'client'),
      { name: 'weft_authentication_failures_total', labels: { code: 'CREDENTIALS_MISSING' }, by: 1 },
    ],
  },
  {
    asks: 'more than its tier allows',
    run: async () => {
      for (const _time of [1, 2, 3]) await rest('/known/1', { headers: { 'x-api-key': apiKey } })();
    },
    changes: [
      request('rest', '429', 'limited'),
      { name: 'weft_limit_hits_total', labels: { limit: 'fewCalls', tier: 'few', outcome: 'refused' }, by: 1 },
    ],
  },
  {
    asks: 'for a field more often than may be',
    run: async () => {
      for (const _time of [1, 2]) await graphql('{ few { name } }')();
    },
    changes: [
      request('graphql', '200', 'limited'),
      { name: 'weft_limit_hits_total', labels: { limit: '@rateLimit Query.few 1/1h', outcome: 'refused' }, by: 1 },
    ],
  },
  {
    asks: 'for GraphiQL',
    run: rest('/graphql', { headers: { accept: 'text/html' } }),
    changes: [request('page', '200', 'ok')],
  },
  {
    asks: 'for what is not there',
    run: rest('/nothing'),
    changes: [request('none', '404', 'client_error')],
  },
  {
    asks: 'whether it is ready',
    run: rest('/health/ready'),
    changes: [
      { name: 'weft_probe_requests_total', labels: { probe: 'probe' }, by: 1 },
      { name: requests, by: 0 },
    ],
  },
  {
    asks: 'with a method that nobody knows',
    run: rest('/api/people/1', { method: 'PROPFIND' }),
    changes: [{ name: requests, labels: { http_request_method: '_OTHER' }, by: 1 }],
  },
];

describe('a request is counted by what came of it: one that asks', () => {
  for (const { asks, run, changes: expected } of ways) test(asks, () => changes(run, expected));

  test('and leaves, as aborted, with its call', async () => {
    const leave = async (): Promise<void> => {
      const calls = gateway.upstreams.people.requests.length;
      const asked = startRequest(`${url}/api/held/1`, { agent: false }).end();
      const left = new Promise((resolve) => asked.on('error', () => {}).once('close', resolve));
      await until(() => gateway.upstreams.people.requests.length > calls);
      const during = await read();
      assert.equal(during.value('http_server_active_requests', { http_request_method: 'GET' }), 1);
      assert.equal(during.value('http_client_active_requests', { upstream: 'people' }), 1);
      assert.equal(during.value('weft_upstream_pool_requests', { upstream: 'people', state: 'running' }), 1);
      asked.destroy();
      await left;
    };
    await changes(leave, [
      { name: requests, labels: { lane: 'rest', outcome: 'aborted' }, by: 1 },
      { name: 'http_client_active_requests', labels: { upstream: 'people' }, by: 0 },
    ]);
    gateway.upstreams.release();
  });
});

test('names of operations beyond the bound fold into one, and are counted', async () => {
  const many = async (): Promise<void> => {
    for (let index = 0; index < 6; index++) await post(url, `query Name${index} { person(id: "1") { name } }`);
  };
  const before_ = await read();
  await changes(many, [{ name: operations, by: 6 }]);
  const after_ = await read();
  const names = new Set(after_.of(operations).map(({ labels }) => labels['graphql_operation_name']));
  assert.ok(names.has('_other'));
  assert.equal([...names].filter((name) => /^Name\d/.test(name ?? '')).length, 3 - known(before_).length);
  assert.ok(after_.value('weft_telemetry_folded_total') > before_.value('weft_telemetry_folded_total'));
});

/** Names of operations that were told apart so far. */
function known(metrics: ReadMetrics): readonly string[] {
  const names = new Set(metrics.of(operations).map(({ labels }) => labels['graphql_operation_name'] ?? ''));
  return [...names].filter((name) => !['_other', 'anonymous'].includes(name));
}

test('the gateway tells what it is, what is open, and how its upstreams stand', async () => {
  await post(url, '{ things(count: 1) { name } }');
  const metrics = await read();
  const [build] = metrics.of('weft_build_info');
  assert.deepEqual(build?.labels, { version: await readPackageVersion(), node: process.version });
  const [configuration] = metrics.of('weft_configuration_info');
  assert.match(configuration?.labels['checksum'] ?? '', /^[0-9a-f]{64}$/);
  for (const [upstream, state] of Object.entries({ people: 'declared', shop: 'live', stock: 'live' }))
    assert.equal(metrics.value('weft_upstream_schema', { upstream, state }), 1);
  assert.ok(metrics.value('weft_upstream_pool_connections', { upstream: 'shop', state: 'connected' }) >= 1);
  assert.ok(metrics.value('weft_graphql_plan_entries') > 0);
  assert.equal(metrics.value('weft_generation'), 1);
  const connections = async (): Promise<number> => (await read()).value('weft_listener_connections');
  await until(async () => (await connections()) === 0);
  const socket = connect(gateway.gateway.port, '127.0.0.1');
  await until(async () => (await connections()) === 1);
  socket.destroy();
  await until(async () => (await connections()) === 0);
});

test('metrics with a listener of their own are on no other', async () => {
  assert.equal((await send(`${url}/metrics`)).status, 404);
  assert.equal((await send(`${gateway.gateway.metricsUrl}/graphql`)).status, 404);
});
