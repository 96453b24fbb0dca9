import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test, type TestContext } from 'node:test';
import { startFaultyUpstream, type Fault, type FaultyUpstream } from '../support/faulty-upstream.ts';
import {
  demoNames,
  engines,
  environmentOf,
  startDemoServers,
  startGateway,
  type DemoName,
  type Engine,
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

const faults: Readonly<Record<Fault | 'refusing', string>> = {
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
async function startWithFault(
  name: DemoName,
  engine: Engine = 'compiled',
): Promise<readonly [TestGateway, FaultyUpstream]> {
  const faulty = await startFaultyUpstream(demo.servers[name].url);
  const timeouts = { connectMs: 500, headersMs: 500, bodyMs: 500, totalMs: 500 };
  const gateway = await startGateway({
    gateway: { engine },
    env: { ...demo.env, ...environmentOf({ [name]: faulty.url }) },
    upstreams: { [name]: { timeouts, maxResponseBytes: 300_000 } },
  });
  return [gateway, faulty];
}

for (const [name, engine] of demoNames.flatMap((each) => engines.map((of) => [each, of] as const))) {
  describe(`while ${name} fails (${engine} engine)`, () => {
    let gateway: TestGateway;
    let faulty: FaultyUpstream;
    let whole: Json;
    before(async () => {
      [gateway, faulty] = await startWithFault(name, engine);
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
        checkErrors(answer, { upstream: name, code, quiet: quiet[`${name} ${fault}`] ?? [] });
      });
    }
  });
}

/** `unreadCount` may be null, so a body without it says that it is. */
const quiet: Readonly<Record<string, readonly string[]>> = {
  'users empty': ['dashboard.unreadCount'],
};

interface Expected {
  readonly upstream: DemoName;
  readonly code: string;
  /** Paths at which null is no error. */
  readonly quiet: readonly string[];
}

function checkErrors({ errors, headers, text }: GraphqlAnswer, { upstream, code, quiet: allowed }: Expected): void {
  for (const { extensions } of errors) {
    const { requestId, upstreamStatus, ...rest } = extensions;
    assert.deepEqual(rest, { code, upstream });
    if (code === 'UPSTREAM_FAILED') assert.equal(upstreamStatus, 500);
    assert.equal(requestId, headers.get('x-request-id'));
  }
  const nulls = dependent[upstream].map((path) => `dashboard.${path}`).filter((path) => !allowed.includes(path));
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

for (const engine of engines) {
  describe(`what an upstream says of single entities (${engine} engine)`, () => {
    const codes = ({ errors }: GraphqlAnswer): unknown[] =>
      errors.map(({ path, extensions }) => [path?.join('.'), extensions['code'], extensions['upstream']]);

    async function startFaulty(t: TestContext, name: DemoName): Promise<readonly [TestGateway, FaultyUpstream]> {
      const started = await startWithFault(name, engine);
      t.after(async () => {
        for (const each of started) await each.close();
      });
      return started;
    }

    test('its error is told, though it is about a null where none may be', async (t) => {
      const [gateway, reviews] = await startFaulty(t, 'reviews');
      const message = 'Cannot return null for non-nullable field Product.id.';
      reviews.setFault(() => ({
        json: { data: { _entities: [null] }, errors: [{ message, path: ['_entities', 0] }] },
      }));
      const answer = await gateway.query('{ product(id: 1) { name averageRating } }');
      assert.deepEqual(answer.data, { product: { name: 'Fine Tea Kettle', averageRating: null } });
      assert.deepEqual(codes(answer), [['product.averageRating', 'UPSTREAM_ERROR', 'reviews']]);
    });

    test('an error without a path is told where there is no entity', async (t) => {
      const [gateway, reviews] = await startFaulty(t, 'reviews');
      reviews.setFault(() => ({ json: { data: { _entities: [null] }, errors: [{ message: 'boom' }] } }));
      const answer = await gateway.query('{ product(id: 1) { name averageRating } }');
      assert.deepEqual(answer.data, { product: { name: 'Fine Tea Kettle', averageRating: null } });
      assert.deepEqual(codes(answer), [['product.averageRating', 'UPSTREAM_ERROR', 'reviews']]);
    });

    test('of several in a list, an error stands at the one that it is about', async (t) => {
      const [gateway, reviews] = await startFaulty(t, 'reviews');
      const entity = (averageRating: number | null) => ({ __typename: 'Product', averageRating });
      const errors = [{ message: 'No.', path: ['_entities', 1, 'averageRating'], extensions: { code: 'NO_STARS' } }];
      reviews.setFault(() => ({ json: { data: { _entities: [entity(1), entity(null), entity(3)] }, errors } }));
      const answer = await gateway.query('{ products(ids: [1, 2, 3]) { averageRating } }');
      assert.deepEqual(answer.data, {
        products: [{ averageRating: 1 }, { averageRating: null }, { averageRating: 3 }],
      });
      assert.deepEqual(codes(answer), [['products.1.averageRating', 'NO_STARS', 'reviews']]);
    });

    test('an entity that it does not have is null, and an error only where null costs more than the entity', async (t) => {
      const [gateway, products] = await startFaulty(t, 'products');
      products.setFault(({ body }) =>
        body.includes('topProducts') ? { json: { data: { topProducts: [{ id: '1' }, { id: '9999' }] } } } : undefined,
      );
      const list = await gateway.query('{ dashboard(userId: 1) { unreadCount recommendations { name } } }');
      assert.deepEqual(list.data, { dashboard: { unreadCount: 7, recommendations: null } });
      assert.deepEqual(codes(list), [['dashboard.recommendations.1.name', 'UPSTREAM_BAD_RESPONSE', 'products']]);
      const item = await gateway.query('{ dashboard(userId: 1) { recommendations { price } } }');
      assert.deepEqual(item.data, { dashboard: { recommendations: [{ price: 3789 }, { price: null }] } });
      assert.deepEqual(codes(item), []);
    });
  });
}
