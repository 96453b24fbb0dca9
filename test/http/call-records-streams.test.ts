import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { parse } from 'graphql';
import { createFederationFacade } from '../../src/upstream/facade/federation.ts';
import { cutOff, refusingUrl, startFakeUpstream, type FakeHandler } from '../support/fake-upstream.ts';
import { connect } from '../support/graphql-upstream.ts';
import { ask } from '../support/passthrough-gateway.ts';
import { startCachedRoutes } from '../support/cached-routes.ts';
import { listenToCalls, onlyCall, recorded, startRecordedPassthrough } from '../support/recorded.ts';
import type { RequestRecord } from '../../src/telemetry/record.ts';
import { until } from '../support/until.ts';
import { openUpstream } from '../support/upstream-config.ts';

async function start(t: TestContext, handler: FakeHandler) {
  const fake = await startFakeUpstream(handler);
  t.after(fake.close);
  return { fake, ...(await startRecordedPassthrough(t, openUpstream(fake.url), { isSampled: true })) };
}

const ended = (records: readonly RequestRecord[]) => until(() => (records[0]?.calls[0]?.endedAt ?? 0) > 0);

describe('the record of a passthrough', () => {
  test('has the path of its route, and ends when the body has ended', async (t) => {
    const { fake, url, records } = await start(t, ({ response }) => void response.writeHead(201).write('12345'));
    const answered = ask(`${url}/api/users/marker?email=marker`, { method: 'POST', body: 'four' });
    await until(() => (records[0]?.calls[0]?.responseBytes ?? 0) === 5);
    const [record] = records;
    assert.ok(record);
    const call = onlyCall(record);
    assert.deepEqual([call.status, call.endedAt], [201, 0]);
    fake.requests[0]?.response.end('678');
    await answered;
    await ended(records);
    const { upstream, kind, method, template, operationName, target, error, attempts, batch, source } = call;
    assert.deepEqual(
      { upstream, kind, method, template, operationName },
      { upstream: 'users', kind: 'passthrough', method: 'POST', template: '/api/users', operationName: undefined },
    );
    assert.deepEqual(
      { target, error, attempts, batch, source },
      { target: fake.url, error: undefined, attempts: 1, batch: 1, source: 'upstream' },
    );
    assert.deepEqual([call.requestBytes, call.responseBytes], [4, 8]);
    assert.ok(fake.requests[0]?.headers['traceparent']?.includes(`-${call.spanId}-`), 'the upstream sees its span');
    const times = [call.startedAt, call.sentAt, call.headersAt, call.endedAt];
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok(!JSON.stringify(record.calls).includes('marker'));
  });

  test('of an answer without a body is whole', async (t) => {
    const { url, records } = await start(t, () => ({ status: 200, headers: { 'content-length': 7 } }));
    await ask(`${url}/api/users/1`, { method: 'HEAD' });
    await ended(records);
    const { status, error } = onlyCall(records[0] as RequestRecord);
    assert.deepEqual([status, error], [200, undefined]);
  });

  test('has CLIENT_CLOSED_REQUEST where the client left, before and within the answer', async (t) => {
    for (const begins of [false, true]) {
      const { fake, url, records } = await start(t, ({ response }) => {
        if (begins) response.writeHead(200).write('part');
      });
      const left = request(`${url}/api/users/1`, { agent: false }).on('error', () => {});
      left.end();
      await until(() => fake.requests.length === 1 && (!begins || records[0]?.calls[0]?.responseBytes === 4));
      left.destroy();
      await ended(records);
      const { status, error } = onlyCall(records[0] as RequestRecord);
      assert.deepEqual([status, error], [begins ? 200 : 0, 'CLIENT_CLOSED_REQUEST']);
    }
  });

  test('has the code of what cut it off', async (t) => {
    const { url, records } = await start(t, (call) => cutOff(call));
    await assert.rejects(ask(`${url}/api/users/1`));
    await ended(records);
    assert.equal(onlyCall(records[0] as RequestRecord).error, 'UPSTREAM_BAD_RESPONSE');
    const refusing = await startRecordedPassthrough(t, openUpstream(await refusingUrl()));
    assert.equal((await ask(`${refusing.url}/api/users/1`)).status, 502);
    const refused = onlyCall(refusing.records[0] as RequestRecord);
    assert.deepEqual([refused.status, refused.error, refused.sentAt], [0, 'UPSTREAM_UNREACHABLE', 0]);
  });
});

describe('the record of a subscription', () => {
  const document = parse('subscription Ticks { n }');
  const stream = { 'content-type': 'text/event-stream' };
  const tick = 'event: next\ndata: {"data":{"n":1}}\n\n';

  async function subscribe(t: TestContext, handler: FakeHandler, signal = new AbortController().signal) {
    const server = await startFakeUpstream(handler);
    const facade = createFederationFacade(connect(server.url, { name: 'reviews', kind: 'federation' }));
    t.after(async () => {
      await facade.close();
      await server.close();
    });
    const { record, scope } = recorded({ signal });
    const results = await facade.subscribe?.({ document, variables: {}, scope });
    assert.ok(results && Symbol.asyncIterator in results);
    return { record, results };
  }

  test('ends with its stream, and counts what passed', async (t) => {
    const { record, results } = await subscribe(t, ({ response }) => {
      response.writeHead(200, stream).end(`${tick}event: complete\ndata:\n\n`);
    });
    for await (const _result of results);
    await ended([record]);
    const { kind, operationName, status, error, responseBytes, template } = onlyCall(record);
    assert.deepEqual([kind, operationName, status, error, template], ['graphql', 'Ticks', 200, undefined, '']);
    assert.equal(responseBytes, tick.length + 'event: complete\ndata:\n\n'.length);
  });

  test('has no error where its last event was read and the upstream ends nothing', async (t) => {
    const { record, results } = await subscribe(t, ({ response }) => {
      response.writeHead(200, stream).write(`${tick}event: complete\ndata:\n\n`);
    });
    for await (const _result of results);
    await ended([record]);
    assert.equal(onlyCall(record).error, undefined);
  });

  test('has CLIENT_CLOSED_REQUEST where the client left', async (t) => {
    const leaving = new AbortController();
    const handler: FakeHandler = ({ response }) => void response.writeHead(200, stream).write(tick);
    const { record, results } = await subscribe(t, handler, leaving.signal);
    const events = results[Symbol.asyncIterator]();
    await events.next();
    assert.equal(onlyCall(record).endedAt, 0);
    leaving.abort();
    await ended([record]);
    assert.equal(onlyCall(record).error, 'CLIENT_CLOSED_REQUEST');
  });
});

describe('the record of a request to a route that keeps answers', () => {
  const minute = { 'cache-control': 'max-age=60', etag: '"1"' };

  test('says what came of the cache, and has a call only where one was made', async (t) => {
    const records: RequestRecord[] = [];
    const { url, pass } = await startCachedRoutes(
      t,
      ({ headers }) =>
        headers['if-none-match'] === '"1"' ? { status: 304, headers: minute } : { headers: minute, body: 'x' },
      { records },
    );
    await ask(`${url}/api/users/1`);
    await ask(`${url}/api/users/1`);
    pass(120);
    await ask(`${url}/api/users/1`);
    await ask(`${url}/api/users/1`, { method: 'POST', body: '' });
    assert.deepEqual(
      records.map(({ cache, calls }) => [cache, calls.map(({ status }) => status)]),
      [
        ['miss', [200]],
        ['hit', []],
        ['revalidated', [304]],
        ['bypass', [200]],
      ],
    );
  });

  test('stays `stale` though what is fetched in the background is new, and that is no call of it', async (t) => {
    const told = listenToCalls(t);
    const records: RequestRecord[] = [];
    const { url, pass, fake } = await startCachedRoutes(t, () => ({ headers: minute, body: 'x' }), {
      config: { staleWhileRevalidateMs: 600_000 },
      records,
    });
    await ask(`${url}/api/users/1`);
    pass(120);
    await ask(`${url}/api/users/1`);
    await until(() => told.ended.length === 2);
    const [first, second] = records;
    assert.deepEqual([second?.cache, second?.calls], ['stale', []]);
    assert.equal(told.ended[1]?.requestId, '');
    assert.equal(first?.calls.length, 1);
    assert.ok(fake.requests[1]?.headers['traceparent']?.includes(second?.trace?.traceId ?? '?'));
  });
});
