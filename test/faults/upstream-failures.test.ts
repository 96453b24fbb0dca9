import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startFaultyUpstream, type Fault, type FaultyUpstream } from '../support/faulty-upstream.ts';
import {
  demoNames,
  environmentOf,
  startDemoServers,
  startGateway,
  type DemoName,
  type DemoServers,
  type GraphqlAnswer,
  type Json,
  type TestGateway,
} from '../support/start-gateway.ts';

const dashboard = readFileSync(new URL('../../schema/operations/dashboard.graphql', import.meta.url), 'utf8');

/** What of the first query stands on each upstream; `*` is every item of a list. All else must stay. */
const dependent: Readonly<Record<DemoName, readonly string[]>> = {
  users: ['unreadCount', 'user'],
  orders: ['recentOrders'],
  products: ['recommendations', 'recentOrders.*.lines.*.product'],
  reviews: ['recommendations.*.averageRating', 'recommendations.*.reviews'],
  inventory: ['recommendations.*.inStock', 'recommendations.*.shippingEstimate'],
};

const faults: Readonly<Record<Exclude<Fault, 'none'> | 'refusing', string>> = {
  failing: 'UPSTREAM_FAILED',
  silent: 'UPSTREAM_TIMEOUT',
  'cut off': 'UPSTREAM_BAD_RESPONSE',
  'not JSON': 'UPSTREAM_BAD_RESPONSE',
  'another shape': 'UPSTREAM_BAD_RESPONSE',
  empty: 'UPSTREAM_BAD_RESPONSE',
  huge: 'UPSTREAM_RESPONSE_TOO_LARGE',
  refusing: 'UPSTREAM_UNREACHABLE',
};

let demo: DemoServers;
before(async () => {
  demo = await startDemoServers();
});
after(async () => demo.close());

/** A gateway of which one upstream can be made to fail; that one is given little time and few bytes. */
async function startWithFault(name: DemoName): Promise<readonly [TestGateway, FaultyUpstream]> {
  const faulty = await startFaultyUpstream(demo.servers[name].url);
  const timeouts = { connectMs: 500, headersMs: 500, bodyMs: 500, totalMs: 500 };
  const gateway = await startGateway({
    env: { ...demo.env, ...environmentOf({ [name]: faulty.url }) },
    upstreams: { [name]: { timeouts, maxResponseBytes: 300_000 } },
  });
  return [gateway, faulty];
}

for (const name of demoNames) {
  describe(`while ${name} fails`, () => {
    let gateway: TestGateway;
    let faulty: FaultyUpstream;
    let whole: Json;
    before(async () => {
      [gateway, faulty] = await startWithFault(name);
      const { data, errors } = await gateway.query(dashboard);
      assert.deepEqual(errors, []);
      whole = data ?? {};
    });
    after(async () => {
      await gateway.close();
      await faulty.close();
    });

    for (const [fault, code] of Object.entries(faults)) {
      test(`${fault}: all that does not depend on it is answered, and errors say whose fault it is (${code})`, async () => {
        if (fault === 'refusing') await faulty.close();
        else faulty.setFault(fault as Fault);
        const answer = await gateway.query(dashboard);
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.data, without(whole, dependent[name]));
        checkErrors(answer, name, code);
      });
    }
  });
}

function checkErrors({ errors, headers, text }: GraphqlAnswer, upstream: DemoName, code: string): void {
  for (const { extensions } of errors) {
    const { requestId, upstreamStatus, ...rest } = extensions;
    assert.deepEqual(rest, { code, upstream });
    if (code === 'UPSTREAM_FAILED') assert.equal(upstreamStatus, 500);
    assert.equal(requestId, headers.get('x-request-id'));
  }
  const nulls = dependent[upstream].map((path) => `dashboard.${path}`);
  const places = errors.map(({ path = [] }) => path.map((part) => (typeof part === 'number' ? '*' : part)).join('.'));
  // An error may stand below its null, at the field that may not be null itself.
  const named = places.map((place) => nulls.find((path) => place === path || place.startsWith(`${path}.`)) ?? place);
  assert.deepEqual([...new Set(named)].toSorted(), nulls.toSorted());
  assert.doesNotMatch(text, internals);
}

const internals = /secret-cause|127\.0\.0\.1|localhost|node_modules|\.ts\b|ECONN|undici| at /;

/** A copy of the dashboard with null at the given paths. */
function without(data: Json, paths: readonly string[]): Json {
  const copy = structuredClone(data) as Record<string, unknown>;
  for (const path of paths) clear(copy['dashboard'], path.split('.'));
  return copy;
}

function clear(value: unknown, [first = '', ...rest]: readonly string[]): void {
  if (first === '*') {
    for (const item of value as unknown[]) clear(item, rest);
  } else if (value !== null) {
    const object = value as Record<string, unknown>;
    if (rest.length === 0) object[first] = null;
    else clear(object[first], rest);
  }
}

describe('a client that leaves', () => {
  const questions: Readonly<Record<DemoName, string>> = {
    users: '{ user(id: 1) { name } }',
    orders: '{ order(id: 1) { id } }',
    products: '{ product(id: 1) { name } }',
    reviews: '{ review(id: 1) { body } }',
    inventory: '{ warehouses { city } }',
  };
  for (const name of demoNames) {
    test(`ends its call to ${name}`, async (t) => {
      const [gateway, faulty] = await startWithFault(name);
      t.after(async () => {
        await gateway.close();
        await faulty.close();
      });
      faulty.setFault('silent');
      const arrived = faulty.nextCall();
      const leaving = new AbortController();
      const asked = fetch(gateway.gateway.graphqlUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: questions[name] }),
        signal: leaving.signal,
      });
      const call = await arrived;
      leaving.abort();
      await assert.rejects(asked, { name: 'AbortError' });
      assert.equal(await call.closed, false);
    });
  }
});
