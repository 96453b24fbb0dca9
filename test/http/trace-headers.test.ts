import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { createPropagation, isTraceField, type Propagation } from '../../src/lib/propagation.ts';
import { createFederationFacade } from '../../src/upstream/facade/federation.ts';
import { compileHeaderRules } from '../../src/upstream/request-headers.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { connect } from '../support/graphql-upstream.ts';
import { startCachedRoutes } from '../support/cached-routes.ts';
import { ask, route } from '../support/passthrough-gateway.ts';
import { recorded, startRecordedPassthrough } from '../support/recorded.ts';
import { createPassthrough } from '../../src/rest/passthrough.ts';
import { openUpstream } from '../support/upstream-config.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

/** A trace in every format, each with a text that must not reach an upstream. */
const everything: Readonly<Record<string, string>> = {
  traceparent: `00-${traceId}-${parentId}-01`,
  tracestate: 'vendor=marker',
  baggage: 'tenant=marker,user=marker',
  b3: `marker-${parentId}`,
  'x-b3-traceid': 'marker',
  'x-b3-spanid': 'marker',
  'x-b3-parentspanid': 'marker',
  'x-b3-sampled': 'marker',
  'x-b3-flags': 'marker',
  'uber-trace-id': 'marker:1:0:1',
  'uberctx-user': 'marker',
  'jaeger-debug-id': 'marker',
  'jaeger-baggage': 'user=marker',
};

interface Way {
  /** What the upstream saw of a client with these headers. */
  readonly seen: (headers: Readonly<Record<string, string>>, propagation?: Propagation) => Promise<IncomingHttpHeaders>;
}

async function lastSeen(fake: FakeUpstream, ask_: () => Promise<unknown>): Promise<IncomingHttpHeaders> {
  await ask_();
  const { headers } = fake.requests.at(-1) ?? assert.fail('the upstream was not called');
  return headers;
}

async function startCalls(t: TestContext, hasRecord: boolean): Promise<Way> {
  const fake = await startFakeUpstream(() => ({ json: { data: { a: 1 } } }));
  const facade = createFederationFacade(connect(fake.url, { name: 'shop', kind: 'federation' }));
  t.after(async () => {
    await facade.close();
    await fake.close();
  });
  return {
    seen: (headers, propagation) =>
      lastSeen(fake, () => {
        const { signal } = new AbortController();
        const plain = { headers, signal, responseHeaderRules: {}, propagation };
        const scope = hasRecord
          ? recorded({ headers, ...(propagation && { propagation }) }).scope
          : createRequestScope(plain);
        return facade.prepare('{ a }')('', scope);
      }),
  };
}

async function startPassing(t: TestContext, hasRecord: boolean): Promise<Way> {
  const fake = await startFakeUpstream(() => ({ body: 'x' }));
  t.after(fake.close);
  return {
    seen: (headers, propagation) =>
      lastSeen(fake, async () => {
        const upstream = openUpstream(fake.url);
        const { url } = hasRecord
          ? await startRecordedPassthrough(t, upstream, propagation && { propagation })
          : await startPlain(t, upstream, propagation);
        return ask(`${url}/api/users`, { headers });
      }),
  };
}

async function startPlain(t: TestContext, upstream: ReturnType<typeof openUpstream>, propagation?: Propagation) {
  const passthrough = createPassthrough([route()], new Map([[upstream.name, upstream]]));
  const server = createServer((req, res) => {
    const { signal } = new AbortController();
    const given = { headers: req.headers, signal, responseHeaderRules: {}, propagation };
    const match = passthrough.match(req.method ?? '', req.url ?? '') ?? assert.fail('no route');
    void passthrough.forward(req, res, match, createRequestScope(given));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await upstream.destroy();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Of a trace, by name. */
function traceOf(headers: IncomingHttpHeaders): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isTraceField(name)));
}

for (const [name, start] of [
  ['a call on behalf of a client', startCalls],
  ['a request passed on', startPassing],
] as const) {
  for (const hasRecord of [false, true]) {
    describe(`${name}, ${hasRecord ? 'of which something is told' : 'of which nothing is told'}`, () => {
      test('carries no header of a trace that it does not write itself, and no baggage', async (t) => {
        const { seen } = await start(t, hasRecord);
        const { tracestate: _vendors, ...without } = everything;
        const headers = await seen(without);
        assert.deepEqual(Object.keys(traceOf(headers)), ['traceparent']);
        assert.ok(!JSON.stringify(headers).includes('marker'), JSON.stringify(headers));
      });

      test('carries the allowed entries of baggage, and tracestate with its trace', async (t) => {
        const { seen } = await start(t, hasRecord);
        const passing = createPropagation({ baggage: ['tenant'] });
        const given = {
          traceparent: everything['traceparent'] ?? '',
          tracestate: 'a=1',
          baggage: 'tenant=t,user=marker',
        };
        const { traceparent, ...rest } = traceOf(await seen(given, passing));
        assert.deepEqual(rest, { tracestate: 'a=1', baggage: 'tenant=t' });
        assert.match(String(traceparent), new RegExp(`^00-${traceId}-(?!${parentId})[0-9a-f]{16}-01$`));
      });

      test('carries the trace in the formats that are sent alone, whichever it came in', async (t) => {
        const { seen } = await start(t, hasRecord);
        const b3 = createPropagation({ accept: ['w3c', 'b3-multi'], send: ['b3', 'jaeger'] });
        const ofB3 = { 'x-b3-traceid': traceId, 'x-b3-spanid': parentId, 'x-b3-sampled': '1' };
        for (const given of [ofB3, { traceparent: everything['traceparent'] ?? '' }]) {
          const fields = traceOf(await seen(given, b3));
          assert.deepEqual(Object.keys(fields).toSorted(), ['b3', 'uber-trace-id']);
          assert.match(String(fields['b3']), new RegExp(`^${traceId}-[0-9a-f]{16}-1$`));
          assert.match(String(fields['uber-trace-id']), new RegExp(`^${traceId}:[0-9a-f]{16}:0:1$`));
        }
      });
    });
  }
}

describe('the span that an upstream sees as its parent', () => {
  async function startShop(t: TestContext) {
    const fake = await startFakeUpstream(() => ({ json: { data: { a: 1 } } }));
    const facade = createFederationFacade(connect(fake.url, { name: 'shop', kind: 'federation' }));
    t.after(async () => {
      await facade.close();
      await fake.close();
    });
    const parents = (): (string | undefined)[] =>
      fake.requests.map(({ headers }) => String(headers['traceparent']).split('-')[2]);
    const flags = (): (string | undefined)[] =>
      fake.requests.map(({ headers }) => String(headers['traceparent']).split('-')[3]);
    return { facade, parents, flags };
  }

  test("is the call's own where traces are made", async (t) => {
    const { facade, parents } = await startShop(t);
    const { record, scope } = recorded({ isSampled: true });
    await facade.prepare('{ a }')('', scope);
    await facade.prepare('{ b: a }')('', scope);
    assert.deepEqual(
      parents(),
      record.calls.map(({ spanId }) => spanId),
    );
    assert.equal(new Set([...parents(), record.trace?.spanId]).size, 3);
  });

  test("is the request's for all its calls where something else is told of it", async (t) => {
    const { facade, parents } = await startShop(t);
    const { record, scope } = recorded();
    await facade.prepare('{ a }')('', scope);
    await facade.prepare('{ b: a }')('', scope);
    assert.deepEqual(parents(), [record.trace?.spanId, record.trace?.spanId]);
    assert.deepEqual(
      record.calls.map(({ spanId }) => spanId),
      ['', ''],
    );
  });

  test("is the request's for all its calls where nothing is told", async (t) => {
    const { facade, parents } = await startShop(t);
    const scope = createRequestScope({ headers: {}, signal: new AbortController().signal, responseHeaderRules: {} });
    await facade.prepare('{ a }')('', scope);
    await facade.prepare('{ b: a }')('', scope);
    assert.deepEqual(parents(), [scope.trace.place.spanId, scope.trace.place.spanId]);
  });

  test('is sampled as the sampler says, and without one as the caller said', async (t) => {
    const { facade, flags } = await startShop(t);
    const sampled = { traceparent: `00-${traceId}-${parentId}-01` };
    for (const given of [
      { headers: sampled, isSampled: false },
      { headers: {}, isSampled: true },
      { headers: sampled },
      { headers: {} },
    ]) {
      await facade.prepare('{ a }')('', recorded(given).scope);
    }
    assert.deepEqual(flags(), ['00', '03', '01', '02']);
  });

  test('is of the place in the trace that the record is told when the request begins', () => {
    const { record } = recorded({ headers: { traceparent: `00-${traceId}-${parentId}-01`, tracestate: 'a=1' } });
    assert.deepEqual(
      [record.trace?.traceId, record.trace?.parentId, record.trace?.parentSampled, record.trace?.state],
      [traceId, parentId, true, 'a=1'],
    );
  });
});

test('a rule for a header of a trace is refused, whatever its format', () => {
  for (const name of Object.keys(everything)) {
    for (const rule of [
      { from: 'client', header: name },
      { from: 'value', value: 'a' },
    ] as const) {
      assert.throws(() => compileHeaderRules({ [name]: rule }), { code: 'CONFIGURATION_INVALID' }, name);
    }
  }
});

test('requests that differ by their traces alone are answered by one kept answer of a route', async (t) => {
  const { url, fake } = await startCachedRoutes(t, () => ({ headers: { 'cache-control': 'max-age=60' }, body: 'x' }));
  await ask(`${url}/api/users/1`);
  await ask(`${url}/api/users/1`, { headers: everything });
  assert.equal(fake.requests.length, 1);
});

test('an answer that varies by a trace is kept for nobody', async (t) => {
  for (const name of Object.keys(everything)) {
    const headers = { 'cache-control': 'max-age=60', vary: name };
    const { url, fake } = await startCachedRoutes(t, () => ({ headers, body: 'x' }));
    await ask(`${url}/api/users/1`);
    await ask(`${url}/api/users/1`);
    assert.equal(fake.requests.length, 2, name);
  }
});
