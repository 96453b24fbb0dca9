import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import {
  buildClientSchema,
  buildSchema,
  extendSchema,
  getIntrospectionQuery,
  graphql,
  parse,
  printSchema,
} from 'graphql';
import type { GraphQLSchema, IntrospectionQuery } from 'graphql';
import { start as startReviews } from '../../upstreams/reviews.server.ts';
import { refusingUrl, startFakeUpstream, type FakeAnswer } from '../support/fake-upstream.ts';
import { listenToNotices } from '../support/notices.ts';
import { environmentOf, startDemoServers, startGateway } from '../support/start-gateway.ts';
import type { DemoServers, GatewayChanges, Json, TestGateway } from '../support/start-gateway.ts';

let demo: DemoServers;
before(async () => {
  demo = await startDemoServers();
});
after(async () => demo.close());

async function startFor(
  t: TestContext,
  urls: Readonly<Record<string, string>>,
  changes: GatewayChanges,
): Promise<TestGateway> {
  const gateway = await startGateway({ ...changes, env: { ...demo.env, ...environmentOf(urls) } });
  t.after(gateway.close);
  return gateway;
}

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-state-'));
  t.after(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function readyStates({ url }: TestGateway): Promise<Json> {
  const response = await fetch(`${url}/health/ready`);
  assert.equal(response.status, 200);
  return ((await response.json()) as { readonly upstreams: Json }).upstreams;
}

const allSchemasLive = { users: 'declared', orders: 'declared', products: 'live', reviews: 'live', inventory: 'live' };
const ofReviews = '{ product(id: 1) { name averageRating } review(id: 1) { rating } }';

describe('an upstream that is down at the start, of which a schema is kept', () => {
  test('is in the schema, and its state is told', async (t) => {
    const stateDir = await emptyFolder(t);
    const first = await startFor(t, {}, { gateway: { stateDir } });
    assert.deepEqual(await readyStates(first), allSchemasLive);
    await first.gateway.close();

    const notices = listenToNotices(t);
    const second = await startFor(t, { reviews: `${await refusingUrl()}/graphql` }, { gateway: { stateDir } });
    assert.deepEqual(await readyStates(second), { ...allSchemasLive, reviews: 'last-good' });
    const { level, upstream } = await notices.seen(/the copy of \d{4}-\d\d-\d\dT.* is used/);
    assert.deepEqual([level, upstream], ['warn', 'reviews']);

    const { data, errors } = await second.query(ofReviews);
    assert.deepEqual(data, { product: { name: 'Fine Tea Kettle', averageRating: null }, review: null });
    assert.deepEqual(
      errors.map(({ path, extensions }) => [path, extensions['code'], extensions['upstream']].join(' ')).toSorted(),
      ['product,averageRating UPSTREAM_UNREACHABLE reviews', 'review UPSTREAM_UNREACHABLE reviews'],
    );
  });

  test('is not in the schema where the kept copy is damaged', async (t) => {
    const stateDir = await emptyFolder(t);
    await (await startFor(t, {}, { gateway: { stateDir } })).gateway.close();
    const copy = join(stateDir, 'schemas', 'reviews.graphql');
    await writeFile(copy, (await readFile(copy, 'utf8')).slice(0, -20));

    const notices = listenToNotices(t);
    const gateway = await startFor(t, { reviews: await refusingUrl() }, { gateway: { stateDir } });
    await notices.seen(/the kept schema of upstream "reviews" is damaged/);
    assert.deepEqual(await readyStates(gateway), { ...allSchemasLive, reviews: 'missing' });
  });
});

describe('an upstream that is down at the start, of which no schema is kept', () => {
  test('costs its own fields alone, and asking for one says whose fault it is', async (t) => {
    const notices = listenToNotices(t);
    const gateway = await startFor(t, { reviews: await refusingUrl() }, {});
    await notices.seen(/upstream "reviews" gives no schema .* its fields are out/);
    assert.deepEqual(await readyStates(gateway), { ...allSchemasLive, reviews: 'missing' });
    assert.deepEqual(gateway.gateway.outFields(), []);

    const others = '{ product(id: 1) { name inStock shippingEstimate } user(id: 1) { name orders(limit: 1) { id } } }';
    const answered = await gateway.query(others);
    assert.deepEqual(answered.errors, []);
    assert.deepEqual(answered.data?.['user'], { name: 'Ada Abel', orders: [{ id: '4807' }] });

    for (const query of [
      ofReviews,
      '{ latestReviews { id } }',
      'mutation ($i: AddReviewInput!) { addReview(input: $i) { id } }',
    ]) {
      const { data, errors } = await gateway.query(query);
      assert.equal(data, null);
      assert.equal(errors[0]?.extensions['code'], 'UPSTREAM_SCHEMA_UNAVAILABLE');
      assert.equal(errors[0]?.extensions['upstream'], 'reviews');
      assert.match(errors[0]?.message ?? '', /The schema of upstream "reviews" is not available at the moment/);
    }
  });

  test('takes fields of others along that require its fields, and says which', async (t) => {
    const gateway = await startFor(t, { products: await refusingUrl() }, {});
    assert.deepEqual(gateway.gateway.outFields(), ['Product.shippingEstimate']);
    const { data, errors } = await gateway.query(
      '{ user(id: 1) { name } latestReviews(first: 1) { rating product { inStock } } }',
    );
    assert.deepEqual(errors, []);
    assert.match(JSON.stringify(data), /"inStock":(true|false)/);
    const { errors: refused } = await gateway.query('{ latestReviews(first: 1) { product { shippingEstimate } } }');
    assert.equal(refused[0]?.extensions['code'], 'UPSTREAM_SCHEMA_UNAVAILABLE');
  });

  test('is served as soon as it comes back, without a restart', async (t) => {
    const notices = listenToNotices(t);
    const url = `${await refusingUrl()}/graphql`;
    const gateway = await startFor(t, { reviews: url }, { upstreams: { reviews: { pollMs: 20 } } });
    assert.equal((await gateway.query(ofReviews)).errors[0]?.extensions['code'], 'UPSTREAM_SCHEMA_UNAVAILABLE');

    const reviews = await startReviews({ port: Number(new URL(url).port) });
    t.after(reviews.close);
    await notices.seen(/serving with the new schema of upstream "reviews"/);
    assert.deepEqual(await readyStates(gateway), allSchemasLive);
    const { data, errors } = await gateway.query(ofReviews);
    assert.deepEqual(errors, []);
    assert.deepEqual(Object.keys(data ?? {}), ['product', 'review']);
  });
});

interface ChangingProducts {
  readonly url: string;
  /** Replaces the schema that introspection tells. */
  readonly tell: (change: (schema: GraphQLSchema) => GraphQLSchema) => void;
  /** Resolves when `search` was asked for; it is answered when the given function is called. */
  readonly heldSearch: Promise<() => void>;
  readonly close: () => Promise<void>;
}

/** The products server, of which the schema changes; `Product.colour` and `search` are its own to answer. */
async function startChangingProducts(): Promise<ChangingProducts> {
  const real = demo.servers.products.url;
  const ask = async (body: string): Promise<Json> => {
    const response = await fetch(real, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return (await response.json()) as Json;
  };
  const { data } = await ask(JSON.stringify({ query: getIntrospectionQuery() }));
  let schema = buildClientSchema(data as IntrospectionQuery);
  const held = Promise.withResolvers<() => void>();
  const server = await startFakeUpstream(async ({ body }): Promise<FakeAnswer> => {
    const { query } = JSON.parse(body) as { readonly query: string };
    if (query.includes('__schema')) return { json: await graphql({ schema, source: query }) };
    if (query.includes('colour'))
      return { json: { data: { product: { __typename: 'Product', id: '1', colour: 'red' } } } };
    if (query.includes('search')) await new Promise<void>((resolve) => held.resolve(resolve));
    return { json: await ask(body) };
  });
  return {
    url: server.url,
    tell: (change) => {
      schema = change(schema);
    },
    heldSearch: held.promise,
    close: server.close,
  };
}

describe('an upstream whose schema changes', () => {
  test('is served with the new one, while what runs on the old one ends in peace', async (t) => {
    const notices = listenToNotices(t);
    const products = await startChangingProducts();
    t.after(products.close);
    const gateway = await startFor(t, { products: products.url }, { upstreams: { products: { pollMs: 20 } } });
    const colour = '{ product(id: 1) { id colour } }';
    assert.equal((await gateway.query(colour)).errors[0]?.extensions['code'], 'GRAPHQL_VALIDATION_FAILED');

    const slow = gateway.query('{ search(text: "tent") { __typename ... on Product { name averageRating } } }');
    const release = await products.heldSearch;
    products.tell((schema) => extendSchema(schema, parse('extend type Product { colour: String }')));
    await notices.seen(/serving with the new schema of upstream "products"/);

    assert.deepEqual((await gateway.query(colour)).data, { product: { id: '1', colour: 'red' } });
    release();
    const { data, errors } = await slow;
    assert.deepEqual(errors, []);
    assert.equal((data as { readonly search: readonly Json[] }).search.length, 10);
  });

  test('keeps the old one where the new one does not compose', async (t) => {
    const notices = listenToNotices(t);
    const products = await startChangingProducts();
    t.after(products.close);
    const gateway = await startFor(t, { products: products.url }, { upstreams: { products: { pollMs: 20 } } });
    // schema/products.graphql marks `products(ids:)` as a look-up: a schema without it contradicts.
    products.tell((schema) =>
      buildSchema(printSchema(schema).replace('products(ids: [ID!]!)', 'productsById(ids: [ID!]!)')),
    );
    const { level, message } = await notices.seen(/the new schema of upstream "products" cannot be used/);
    assert.equal(level, 'error');
    assert.match(message, /schema\/products\.graphql:\d+:\d+/);
    assert.deepEqual((await gateway.query('{ product(id: 1) { name } }')).data, {
      product: { name: 'Fine Tea Kettle' },
    });
    assert.equal((await readyStates(gateway))['products'], 'live');
  });
});
