import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startLog } from '../../src/telemetry/log.ts';
import { send } from '../support/guarded-gateway.ts';
import { plainAccess, plainLog, type Line } from '../support/log-lines.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { newTrace, post } from '../support/telemetry-client.ts';
import { apiKey, startTelemetryGateway, type TelemetryGateway } from '../support/telemetry-gateway.ts';
import { until } from '../support/until.ts';

const started = new AsyncDisposableStack();
const lines: Line[] = [];
let gateway: TelemetryGateway;
let url: string;

before(async () => {
  // Of what went well only these operations are written.
  const access = { ...plainAccess, rate: 0, rules: [{ match: { clients: ['told'] }, rate: 1 }] };
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as Line) };
  const log = await startLog({ ...plainLog, access, slowerThanMs: 40 }, { destination });
  started.defer(log.stop);
  const otlp = started.use(await startOtlpReceiver());
  const traces = { sample: '100%', otlp: { url: otlp.url } };
  gateway = await startTelemetryGateway({ gateway: { telemetry: { traces } } });
  started.defer(gateway.close);
  ({ url } = gateway);
});

after(() => started.disposeAsync());

let requests = 0;

/** The access line of one request, without its times, and of the trace only whether it is there. */
async function lineOf(ask: (headers: Record<string, string>) => Promise<unknown>): Promise<Line> {
  const requestId = `log-${(requests += 1)}`;
  await ask({ 'x-request-id': requestId, 'x-client-name': 'told', 'x-client-version': '7' });
  let line: Line | undefined;
  await until(() => {
    line = lines.find((each) => each['requestId'] === requestId && each['msg'] === 'request');
    return line !== undefined;
  });
  const { time: _time, level, msg: _msg, ...rest } = line ?? {};
  assert.equal(level, 30);
  const untimed = Object.entries(rest).filter(([name]) => !name.endsWith('Ms') && !name.endsWith('Id'));
  return Object.fromEntries(untimed);
}

/** What each line of these tests says of its caller. */
const client = { clientName: 'told', clientVersion: '7' };

function callsOf(line: Line): readonly Line[] {
  return ((line['calls'] as Line[] | undefined) ?? []).map(({ ms, ...call }) => {
    assert.equal(typeof ms, 'number');
    return call;
  });
}

describe('the access log has one line for', () => {
  test('an operation over several upstreams, with its calls', async () => {
    const query = 'query Many { things(count: 2) { name count } }';
    const line = await lineOf((headers) => post(url, query, { headers }));
    assert.deepEqual(callsOf(line), [
      { upstream: 'shop', status: 200 },
      { upstream: 'stock', status: 200, batch: 2 },
    ]);
    const { calls: _calls, requestBytes, responseBytes, ...rest } = line;
    assert.ok(Number(requestBytes) > query.length);
    assert.ok(Number(responseBytes) > 0);
    assert.deepEqual(rest, {
      ...client,
      ...{ served: 'graphql', method: 'POST', route: '/graphql', status: 200, outcome: 'ok' },
      ...{ operationName: 'Many', operationType: 'query', engine: 'compiled', cache: 'miss' },
      operationHash: createHash('sha256').update(query).digest('hex'),
    });
  });

  test('a request of a route, with its call and its bytes both ways', async () => {
    const line = await lineOf((headers) =>
      send(`${url}/api/people/1?token=1`, { method: 'POST', headers, body: '{"a":1}' }),
    );
    assert.deepEqual(line, {
      ...client,
      ...{ served: 'rest', method: 'POST', route: '/api', upstream: 'people', status: 200, outcome: 'ok' },
      ...{ requestBytes: 7, responseBytes: 28 },
      calls: line['calls'],
    });
    assert.deepEqual(callsOf(line), [{ upstream: 'people', template: '/api', status: 200 }]);
  });

  test('what is kept, without a call', async () => {
    const ask = (headers: Record<string, string>) => send(`${url}/kept/1`, { headers });
    await lineOf(ask);
    const { cache, calls, responseBytes } = await lineOf(ask);
    assert.deepEqual([cache, calls, responseBytes], ['hit', undefined, 28]);
  });

  test('a caller who is known, with its consumer and tier', async () => {
    const line = await lineOf((headers) => send(`${url}/known/1`, { headers: { ...headers, 'x-api-key': apiKey } }));
    assert.deepEqual([line['consumer'], line['tier'], line['status']], ['acme', 'few', 200]);
  });

  test('what is not there, with the request id that its answer has', async () => {
    const line = await lineOf(async (headers) => {
      const answer = await send(`${url}/nothing`, { headers });
      assert.equal(answer.headers['x-request-id'], headers['x-request-id']);
    });
    const { served, route, status, outcome, errors } = line;
    assert.deepEqual(
      { served, route, status, outcome, errors },
      {
        ...{ served: 'none', route: undefined, status: 404, outcome: 'client_error' },
        errors: [{ code: 'NOT_FOUND' }],
      },
    );
  });

  test('a document that is none, and one that does not fit the schema', async () => {
    for (const [query, code] of [
      ['{', 'GRAPHQL_PARSE_FAILED'],
      ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ] as const) {
      const { errors, outcome, operationName, calls } = await lineOf((headers) => post(url, query, { headers }));
      assert.deepEqual([errors, outcome, operationName, calls], [[{ code }], 'client_error', undefined, undefined]);
    }
  });

  test('a client that left, with what it waited for', async () => {
    const { people, shop } = gateway.upstreams;
    for (const [upstream, path, calls] of [
      ['people', '/api/held/1', people.requests],
      ['shop', '/graphql?query={held}', shop.requests],
    ] as const) {
      const line = await lineOf(async (headers) => {
        const leaving = new AbortController();
        const from = calls.length;
        const asked = fetch(url + path, { headers, signal: leaving.signal });
        await until(() => calls.length > from);
        leaving.abort();
        await assert.rejects(asked);
      });
      gateway.upstreams.release();
      const { status, outcome, aborted } = line;
      assert.deepEqual([status, outcome, aborted], [0, 'aborted', true]);
      assert.equal((line['calls'] as Line[])[0]?.['upstream'], upstream);
    }
  });

  test('an HTTP batch, with each of its operations', async () => {
    const line = await lineOf((headers) =>
      post(url, ['query One { person(id: "1") { name } }', 'query Two { things(count: 1) { name } }'], { headers }),
    );
    const operations = (line['operations'] as Line[]).map(({ name, type, engine }) => [name, type, engine]);
    assert.deepEqual(operations, [
      ['One', 'query', 'compiled'],
      ['Two', 'query', 'compiled'],
    ]);
    assert.equal(line['batchSize'], 2);
  });

  test('a subscription, when it has ended', async () => {
    const line = await lineOf((headers) =>
      post(url, 'subscription Ticks { ticks }', { headers: { ...headers, accept: 'text/event-stream' } }),
    );
    assert.deepEqual([line['operationType'], line['engine'], line['outcome']], ['subscription', 'stitched', 'ok']);
    assert.ok(Number(line['responseBytes']) > 0);
  });
});

describe('what the sampling would leave out', () => {
  const failing = {
    'an upstream that is down': (headers: Record<string, string>) => send(`${url}/gone/1`, { headers }),
    'an upstream that answers with an error': (headers: Record<string, string>) => post(url, '{ refuse }', { headers }),
    'a resolver that throws': (headers: Record<string, string>) => post(url, '{ broken }', { headers }),
    'an upstream that fails by its status': (headers: Record<string, string>) =>
      send(`${url}/api/failing/1`, { headers }),
  } as const;

  for (const [what, ask] of Object.entries(failing)) {
    test(`is written for ${what}`, async () => {
      const line = await lineOf((headers) => ask({ ...headers, 'x-client-name': 'not told' }));
      assert.match(String(line['outcome']), /^(?:upstream|gateway)_error$/);
      assert.equal(line['sampleRate'], undefined);
    });
  }

  test('is left out where it went well, or the client was wrong, or it is a probe', async () => {
    const ids = ['well', 'wrong'];
    await send(`${url}/api/people/1`, { headers: { 'x-request-id': 'well' } });
    await send(`${url}/nothing`, { headers: { 'x-request-id': 'wrong' } });
    await send(`${url}/health/ready`, { headers: { 'x-client-name': 'told' } });
    await lineOf((headers) => send(`${url}/api/people/1`, { headers }));
    // Probes have no request id.
    assert.deepEqual(
      lines.filter(({ requestId, served }) => ids.includes(String(requestId)) || served === 'probe'),
      [],
    );
  });
});

test('a line has the ids by which its trace is found', async () => {
  const { traceId, headers: traced } = newTrace();
  await lineOf((headers) => send(`${url}/api/people/1`, { headers: { ...headers, ...traced } }));
  const line = lines.find((each) => each['traceId'] === traceId) ?? assert.fail('there is no line of the trace');
  assert.match(String(line['spanId']), /^[0-9a-f]{16}$/);
});

test('an operation that took long is written with its plan and its calls', async () => {
  await post(url, 'query Slow { lag }');
  let line: Line = {};
  await until(() => {
    line = lines.find(({ msg, operationName }) => msg === 'slow operation' && operationName === 'Slow') ?? {};
    return 'plan' in line;
  });
  assert.match(String(line['plan']), /Fetch\(service: "lag"\)/);
  assert.deepEqual(callsOf(line), [{ upstream: 'lag', template: '/slow', status: 0, error: 'UPSTREAM_TIMEOUT' }]);
});
