import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, test } from 'node:test';
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema } from 'graphql';
import type { GraphQLSchema, IntrospectionQuery } from 'graphql';
import { createMonolith } from '../support/monolith.ts';
import {
  countCalls,
  demoNames,
  environmentOf,
  objectAt,
  startDemoGateway,
  startGateway,
} from '../support/start-gateway.ts';
import type { DemoGateway, Json } from '../support/start-gateway.ts';

const dashboard = readFileSync(new URL('../../schema/operations/dashboard.graphql', import.meta.url), 'utf8');
const newOrder = 'mutation ($input: CreateOrderInput!) { createOrder(input: $input) { id total customer { name } } }';

let demo: DemoGateway;
before(async () => {
  demo = await startDemoGateway();
});
after(async () => demo.close());
beforeEach(() => {
  demo.takeCalls();
});

const noCalls = { users: 0, orders: 0, products: 0, reviews: 0, inventory: 0 };

describe('the first query of README', () => {
  test('answers with what all five upstreams know', async () => {
    const { status, data, errors } = await demo.query(dashboard);
    assert.deepEqual([status, errors], [200, []]);
    assert.deepEqual(data, plain((await createMonolith().execute(dashboard)).data));
    assert.equal(JSON.stringify(data).includes('"name":"Ada Abel"'), true);
  });

  test('makes seven upstream calls, however many products it joins', async () => {
    const answer = await demo.query(dashboard);
    const calls = demo.takeCalls();
    assert.deepEqual(countCalls(calls), {
      users: 1, // user and unreadCount are of one record
      orders: 1,
      products: 3, // the recommendations' ids; their fields; those of the ordered products, which come a wave later
      reviews: 1,
      inventory: 1, // shippingEstimate waits for price and weight, and inStock goes with it
    });
    assert.deepEqual(
      [...calls.users, ...calls.orders].map(({ method, path }) => `${method} ${path}`),
      ['GET /users/1', 'GET /users/1/orders?limit=2'],
    );

    await demo.query(dashboard.replaceAll('first: 2', 'first: 40'));
    assert.deepEqual(countCalls(demo.takeCalls()), countCalls(calls));
    assert.equal(answer.status, 200);
  });

  test('makes the same calls by GET', async () => {
    const response = await fetch(`${demo.url}/graphql?${String(new URLSearchParams({ query: dashboard }))}`);
    assert.equal(response.status, 200);
    assert.deepEqual(countCalls(demo.takeCalls()), { users: 1, orders: 1, products: 3, reviews: 1, inventory: 1 });
  });
});

describe('joins', () => {
  test('the customers of fifty orders make one call to users, each named once', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => index + 1);
    const { data, errors } = await demo.query(
      `{ ${ids.map((id) => `o${id}: order(id: ${id}) { customer { name } }`).join(' ')} }`,
    );
    const calls = demo.takeCalls();
    assert.deepEqual(errors, []);
    assert.equal(Object.values(data ?? {}).filter((order) => (order as Json)['customer'] !== null).length, 50);
    assert.deepEqual(countCalls(calls), { ...noCalls, users: 1, orders: 50 });
    const asked = new URL(calls.users[0]?.path ?? '', demo.url).searchParams.get('ids')?.split(',') ?? [];
    assert.equal(new Set(asked).size, asked.length);
  });

  test('the customers of the orders of twenty users make one call to users', async () => {
    const { errors } = await demo.query('{ users { items { orders(limit: 3) { customer { email } } } } }');
    assert.deepEqual(errors, []);
    assert.deepEqual(countCalls(demo.takeCalls()), { ...noCalls, users: 2, orders: 20 });
  });

  test('the products of all order lines make one call to products', async () => {
    const { errors } = await demo.query(
      '{ user(id: 1) { orders(limit: 50) { lines { product { name category { name } } } } } }',
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(countCalls(demo.takeCalls()), { ...noCalls, users: 1, orders: 1, products: 1 });
  });

  test('a link whose own fields are not asked for makes no call', async () => {
    const { data } = await demo.query('{ order(id: 1) { customer { id } lines { product { id } } } }');
    assert.match(JSON.stringify(data), /"customer":\{"id":"\d+"\}/);
    assert.deepEqual(countCalls(demo.takeCalls()), { ...noCalls, orders: 1 });
  });

  test('an unknown id is null, and no error', async () => {
    const { data, errors } = await demo.query(
      '{ user(id: 9999) { name } order(id: "nope") { id } product(id: 9999) { name } products(ids: [1, 9999]) { id } ' +
        'review(id: 0) { id } dashboard(userId: 9999) { user { name } unreadCount } }',
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(data, {
      user: null,
      order: null,
      product: null,
      products: [{ id: '1' }, null],
      review: null,
      dashboard: { user: null, unreadCount: null },
    });
  });

  test('interfaces and unions of an upstream answer with fields of other upstreams below them', async () => {
    const { data, errors } = await demo.query(`{
      product(id: 3) { media { __typename url ... on Image { width } ... on Video { durationSeconds } } }
      search(text: "tent") { __typename ... on Product { name inStock averageRating } ... on Category { name } }
    }`);
    assert.deepEqual(errors, []);
    const { product, search } = data as { product: { media: Json[] }; search: Json[] };
    assert.deepEqual(product.media[0], {
      __typename: 'Image',
      url: 'https://cdn.shop.example/products/3/front.jpg',
      width: 1200,
    });
    const tent = search.find(({ __typename }) => __typename === 'Product');
    assert.deepEqual(Object.keys(tent ?? {}), ['__typename', 'name', 'inStock', 'averageRating']);
    assert.equal(typeof tent?.['averageRating'], 'number');
  });
});

describe('mutations', () => {
  test('a REST upstream gets the fields of the input under its own names', async () => {
    const { data, errors } = await demo.query(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { id name status address { postalCode } orders { id } } }',
      {
        input: { name: 'Zoe Quill', email: 'zoe@shop.example', address: { street: '1 A', city: 'B', postalCode: '9' } },
      },
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(data, {
      createUser: { id: '201', name: 'Zoe Quill', status: 'invited', address: { postalCode: '9' }, orders: null },
    });
    const [call] = demo.takeCalls().users;
    assert.deepEqual(JSON.parse(call?.body ?? ''), {
      full_name: 'Zoe Quill',
      email: 'zoe@shop.example',
      address: { street: '1 A', city: 'B', postal_code: '9' },
    });
  });

  test('what an input leaves out is not sent', async () => {
    const { data } = await demo.query(
      'mutation { updateUser(id: 7, input: { status: suspended }) { id status name } }',
    );
    assert.deepEqual(objectAt({ data }, 'updateUser')['status'], 'suspended');
    assert.equal(demo.takeCalls().users[0]?.body, '{"status":"suspended"}');
  });

  test('an order is placed, and its customer comes from users', async () => {
    const { data, errors } = await demo.query(newOrder, {
      input: { customerId: '1', lines: [{ productId: '2', quantity: 3 }] },
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(objectAt({ data }, 'createOrder')['customer'], { name: 'Ada Abel' });
  });

  test('a refused order says which fields are wrong, as its configuration allows', async () => {
    const { status, data, errors } = await demo.query(newOrder, {
      input: { customerId: '9999', lines: [{ productId: '2', quantity: 0 }] },
    });
    assert.deepEqual([status, data], [200, { createOrder: null }]);
    const [error] = errors;
    assert.equal(error?.message, 'The order is not valid.');
    assert.deepEqual(error?.path, ['createOrder']);
    const { requestId, ...extensions } = error?.extensions ?? {};
    assert.equal(typeof requestId, 'string');
    assert.deepEqual(extensions, {
      code: 'UNPROCESSABLE',
      upstream: 'orders',
      upstreamStatus: 422,
      details: { customer_id: 'is not a customer', 'lines.0.quantity': 'must be above 0' },
    });
  });

  test('upstreams whose configuration names no error fields keep their words to themselves', async (t) => {
    const urls = Object.fromEntries(demoNames.map((name) => [name, demo.servers[name].url]));
    const gateway = await startGateway({ env: environmentOf(urls), everyUpstream: { errors: {} } });
    t.after(gateway.close);
    const { text, errors } = await gateway.query(
      `mutation ($order: CreateOrderInput!) {
        addReview(input: { productId: 5, authorId: 1, body: "Good.", rating: 9 }) { id }
        createOrder(input: $order) { id }
      }`,
      { order: { customerId: '9999', lines: [] } },
    );
    assert.deepEqual(
      errors.map(({ path, extensions }) => [path?.[0], extensions['upstream'], extensions['details']]),
      [
        ['addReview', 'reviews', undefined],
        ['createOrder', 'orders', undefined],
      ],
    );
    assert.doesNotMatch(text, /must be|not a customer|not valid/);
  });

  test('a plain GraphQL upstream sets a price, and what others compute from it is new too', async () => {
    const { data, errors } = await demo.query(
      'mutation { setPrice(input: { id: 1, price: 9900 }) { price shippingEstimate inStock reviews(first: 1) { id } } }',
    );
    assert.deepEqual(errors, []);
    const { price, shippingEstimate } = objectAt({ data }, 'setPrice');
    assert.deepEqual({ price, shippingEstimate }, { price: 9900, shippingEstimate: 0 });
  });

  test('a federation upstream adds a review, joined with its author and product', async () => {
    const { data, errors } = await demo.query(
      'mutation ($input: AddReviewInput!) { addReview(input: $input) { rating author { name } product { name } } }',
      { input: { productId: '5', authorId: '1', body: 'As described.', rating: 4 } },
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(objectAt({ data }, 'addReview')['author'], { name: 'Ada Abel' });
    assert.deepEqual(countCalls(demo.takeCalls()), { ...noCalls, users: 1, products: 1, reviews: 1 });
  });

  test('mutations run one after the other, in the order of the document', async () => {
    const { data, errors } = await demo.query(`mutation {
      a: setPrice(input: { id: 8, price: 100 }) { price }
      b: updateUser(id: 8, input: { name: "Eight" }) { name }
      c: setPrice(input: { id: 8, price: 300 }) { price }
    }`);
    assert.deepEqual(errors, []);
    assert.deepEqual(data, { a: { price: 100 }, b: { name: 'Eight' }, c: { price: 300 } });
    assert.deepEqual((await demo.query('{ product(id: 8) { price } }')).data, { product: { price: 300 } });
  });
});

describe('the public schema', () => {
  test('is the one written out by hand: nothing of federation, joins or upstreams shows', async () => {
    const { data } = await demo.query(getIntrospectionQuery({ descriptions: false }));
    const served = buildClientSchema(data as unknown as IntrospectionQuery);
    const written = readFileSync(new URL('../support/monolith.graphql', import.meta.url), 'utf8');
    assert.equal(sorted(served), sorted(buildSchema(written)));
    const directives = served.getDirectives().map(({ name }) => name);
    assert.deepEqual(
      directives.filter((name) => /join|link|key|inaccessible/.test(name)),
      [],
    );
  });

  for (const field of ['_entities(representations: []) { __typename }', '_service { sdl }']) {
    test(`${field.split(/\W/)[0]} cannot be asked for`, async () => {
      const { data, errors } = await demo.query(`{ ${field} }`);
      assert.deepEqual([data, errors[0]?.extensions['code']], [null, 'GRAPHQL_VALIDATION_FAILED']);
    });
  }
});

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function sorted(schema: GraphQLSchema): string {
  // A hand-written schema has no descriptions and no @specifiedBy.
  return printSchema(lexicographicSortSchema(schema));
}
