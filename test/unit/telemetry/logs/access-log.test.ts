import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessLogConfig, LogConfig } from '../../../../src/config/telemetry-types.ts';
import { publishRequestEnd } from '../../../../src/telemetry/channels.ts';
import { accessText } from '../../../../src/telemetry/logs/access-text.ts';
import type { RequestRecord } from '../../../../src/telemetry/record.ts';
import {
  callRecord,
  endedRecord,
  linesOf,
  operationRun,
  plainAccess,
  redactNothing,
  textsOf,
  type Line,
} from '../../../support/log-lines.ts';

async function lineOf(
  record: RequestRecord,
  access: Partial<AccessLogConfig> = {},
  redact: LogConfig['redact'] = redactNothing,
): Promise<Line | undefined> {
  const lines = await linesOf({ access: { ...plainAccess, ...access }, redact }, () => publishRequestEnd(record));
  assert.ok(lines.length <= 1);
  return lines[0];
}

test('a request is one line that says who asked what, what came of it, and where its time went', async () => {
  const record = endedRecord({
    trace: { traceId: 't1', spanId: 's1', parentId: undefined, parentSampled: undefined, state: '' },
    callerId: 'key:1',
    consumer: 'shop',
    tier: 'gold',
    clientName: 'web',
    clientVersion: '1.2',
    entranceMs: 1.23456,
    authenticationMs: 0.5,
    parseMs: 0.25,
    validateMs: 0.75,
    requestBytes: 20,
    responseBytes: 300,
    runs: [operationRun({ cache: 'miss', planMs: 2, estimatedCost: 12, actualCost: 9 })],
  });
  record.calls.push(callRecord({ startedAt: record.startedAt + 1 }));
  assert.deepEqual(await lineOf(record), {
    level: 30,
    requestId: 'r1',
    traceId: 't1',
    spanId: 's1',
    callerId: 'key:1',
    consumer: 'shop',
    tier: 'gold',
    clientName: 'web',
    clientVersion: '1.2',
    served: 'graphql',
    method: 'POST',
    route: '/graphql',
    status: 200,
    outcome: 'ok',
    operationName: 'Checkout',
    operationType: 'query',
    operationHash: 'abc123',
    engine: 'compiled',
    cache: 'miss',
    estimatedCost: 12,
    actualCost: 9,
    durationMs: 12.5,
    gatewayMs: 2.5,
    upstreamMs: 10,
    entranceMs: 1.235,
    authenticationMs: 0.5,
    parseMs: 0.25,
    validateMs: 0.75,
    planMs: 2,
    requestBytes: 20,
    responseBytes: 300,
    calls: [{ upstream: 'users', template: '/users/{id}', status: 200, ms: 10 }],
    msg: 'request',
  });
});

test('a request of a route is told by its route and upstream, and by its path only where that is wanted', async () => {
  const record = endedRecord({
    served: 'rest',
    method: 'GET',
    route: '/api/users',
    upstream: 'users',
    path: '/api/users/17',
    cache: 'stale',
  });
  const line = await lineOf(record);
  assert.deepEqual(
    [line?.['route'], line?.['upstream'], line?.['cache'], line?.['path']],
    ['/api/users', 'users', 'stale', undefined],
  );
  assert.equal((await lineOf(record, { paths: true }))?.['path'], '/api/users/17');
});

test('a call says what was unusual about it', async () => {
  const call = callRecord({
    source: 'shared',
    attempts: 3,
    batch: 7,
    status: 0,
    error: 'UPSTREAM_TIMEOUT',
    template: '',
  });
  assert.deepEqual((await lineOf(endedRecord({ calls: [call] })))?.['calls'], [
    { upstream: 'users', status: 0, ms: 10, source: 'shared', attempts: 3, batch: 7, error: 'UPSTREAM_TIMEOUT' },
  ]);
});

test('of many calls the first twenty are told, and how many more there were', async () => {
  const calls = Array.from({ length: 23 }, (_, index) => callRecord({ status: 200 + index }));
  const line = (await lineOf(endedRecord({ calls }))) ?? {};
  assert.deepEqual(
    (line['calls'] as readonly Line[]).map(({ status }) => status),
    Array.from({ length: 20 }, (_, index) => 200 + index),
  );
  assert.equal(line['moreCalls'], 3);
  const counted = await lineOf(endedRecord({ calls, untoldCalls: 1000 }));
  assert.equal(counted?.['moreCalls'], 1003);
});

test('a batch tells each of its operations', async () => {
  const other = operationRun();
  const runs = [operationRun({ cache: 'hit' }), { ...other, operation: { ...other.operation, name: 'Other' } }];
  const line = await lineOf(endedRecord({ batchSize: 2, runs }));
  assert.deepEqual(line?.['operations'], [
    { name: 'Checkout', type: 'query', hash: 'abc123', engine: 'compiled', cache: 'hit' },
    { name: 'Other', type: 'query', hash: 'abc123', engine: 'compiled' },
  ]);
  assert.deepEqual([line?.['batchSize'], line?.['operationName']], [2, undefined]);
});

test('a client that left is told', async () => {
  const line = await lineOf(endedRecord({ isAborted: true, status: 0 }));
  assert.deepEqual([line?.['aborted'], line?.['outcome'], line?.['status']], [true, 'aborted', 0]);
});

test('by default nothing that a client sent is in a line', async () => {
  const record = endedRecord({
    headers: { authorization: 'hunter2', 'x-tenant': 'hunter2' },
    address: '192.0.2.77',
    path: '/hunter2',
    runs: [operationRun({ variables: { name: 'hunter2' } })],
  });
  assert.doesNotMatch(JSON.stringify(await lineOf(record)), /hunter2|192\.0/);
});

test('wanted headers are written; credentials never, redacted ones by a word', async () => {
  const headers = {
    authorization: 'hunter2',
    cookie: 'hunter2',
    'proxy-authorization': 'hunter2',
    'x-tenant': 'acme',
    'x-secret': 'hunter2',
    'x-list': ['a', 'b'],
  };
  const wanted = ['Authorization', 'cookie', 'proxy-authorization', 'X-Tenant', 'x-secret', 'x-list', 'x-absent'];
  const line = await lineOf(
    endedRecord({ headers }),
    { headers: wanted },
    { headers: ['X-Secret'], queryParameters: [] },
  );
  assert.deepEqual(line?.['headers'], { 'x-tenant': 'acme', 'x-secret': '[redacted]', 'x-list': 'a, b' });
  assert.doesNotMatch(JSON.stringify(line), /hunter2/);
});

test('redacted query parameters are hidden in URLs that headers hold, however their names are written', async () => {
  const referer = 'https://shop.example/a?page=1&Token=hunter2&%74oken=hunter2#x';
  const line = await lineOf(
    endedRecord({ headers: { referer } }),
    { headers: ['referer'] },
    { headers: [], queryParameters: ['token'] },
  );
  assert.deepEqual(line?.['headers'], {
    referer: 'https://shop.example/a?page=1&Token=[redacted]&%74oken=[redacted]#x',
  });
});

test('a redacted query parameter of a URL within a URL is not written either', async () => {
  const redact = { headers: [], queryParameters: ['token', 'key'] };
  const told = async (referer: string): Promise<unknown> => {
    const line = await lineOf(endedRecord({ headers: { referer } }), { headers: ['referer'] }, redact);
    return (line?.['headers'] as Line | undefined)?.['referer'];
  };
  const once = 'https://a.example/?token=hunter2';
  const encoded = (text: string, times: number): string =>
    times === 0 ? text : encoded(encodeURIComponent(text), times - 1);
  assert.equal(
    await told(`https://b.example/?next=${once}&x=1`),
    'https://b.example/?next=https://a.example/?token=[redacted]&x=1',
  );
  for (const times of [1, 2, 3, 7])
    assert.equal(await told(`https://b.example/?next=${encoded(once, times)}`), '[redacted]');
  assert.equal(await told(`https://b.example/?next=%zz${encoded('?key=hunter2', 1)}`), '[redacted]');
  assert.equal(await told('https://b.example/#key=hunter2'), 'https://b.example/#key=[redacted]');
  assert.equal(await told('?token=hun?key=ter2&page=1'), '?token=[redacted]&page=1');
  assert.equal(await told('?a?token=hunter2'), '?a?token=[redacted]');
  const harmless = `https://b.example/?next=${encoded('https://a.example/?page=1&q=100%', 2)}&keys=1`;
  assert.equal(await told(harmless), harmless);
});

test('wanted variables are written, without those that reach what is sensitive and without long ones', async () => {
  const run = operationRun({ variables: { id: 7, email: 'hunter2', text: 'x'.repeat(2000) } });
  const operation = { ...run.operation, sensitiveVariables: new Set(['email']) };
  const line = await lineOf(endedRecord({ runs: [{ ...run, operation }] }), { variables: true });
  assert.deepEqual(line?.['variables'], { id: 7, email: '[sensitive]', text: '[2002 characters]' });
});

for (const [address, network] of [
  ['192.0.2.77', '192.0.2.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24'],
  ['2001:db8:1:2::77', '2001:db8:1::/48'],
  ['::1', '0:0:0::/48'],
  ['fe80::1%eth0', 'fe80:0:0::/48'],
] as const) {
  test(`of the address ${address} the network is ${network}`, async () => {
    const record = endedRecord({ address });
    assert.equal((await lineOf(record, { addresses: 'network' }))?.['clientAddress'], network);
    assert.equal((await lineOf(record, { addresses: 'full' }))?.['clientAddress'], address);
    assert.equal((await lineOf(record))?.['clientAddress'], undefined);
  });
}

test('as text, a request says how it was answered', () => {
  const cases: readonly (readonly [RequestRecord, string])[] = [
    [
      endedRecord({ runs: [operationRun({ cache: 'hit' })] }),
      '200 POST /graphql Checkout (cache hit) 12.5ms (gateway 12.5)',
    ],
    [
      endedRecord({ served: 'rest', method: 'GET', route: '/api', upstream: 'users', cache: 'miss' }),
      '200 GET /api to users (cache miss) 12.5ms (gateway 12.5)',
    ],
    [
      endedRecord({ status: 0, isAborted: true, route: undefined }),
      '--- POST (nothing served) 12.5ms (gateway 12.5) aborted',
    ],
  ];
  for (const [record, text] of cases) assert.equal(accessText(record), text);
});

test('times are told to the microsecond, rounded, without digits that say nothing', async () => {
  const told = new Map([
    [0, 0],
    [0.0004, 0],
    [0.0005, 0.001],
    [0.1, 0.1],
    [0.9996, 1],
    [7.05, 7.05],
    [7.1354, 7.135],
    [999.9999, 1000],
    [86_400_000.001, 86_400_000.001],
  ]);
  for (const [entranceMs, expected] of told) {
    assert.equal((await lineOf(endedRecord({ entranceMs })))?.['entranceMs'], expected);
  }
});

test('the time of a line is when its request ended', async () => {
  const record = endedRecord({});
  record.endedAt = performance.now() - 60_000;
  const before = Date.now();
  const [text = ''] = await textsOf({ access: plainAccess }, () => publishRequestEnd(record));
  const { time } = JSON.parse(text) as { readonly time: string };
  const agoMs = before - Date.parse(time);
  assert.ok(agoMs > 50_000 && agoMs < 61_000, `${agoMs} ms`);
});
