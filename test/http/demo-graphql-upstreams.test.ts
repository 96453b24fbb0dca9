import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeServices } from '@theguild/federation-composition';
import { createParser } from 'eventsource-parser';
import { parse } from 'graphql';
import { demoReviews } from '../../upstreams/demo/data.ts';
import { start as startInventory } from '../../upstreams/inventory.server.ts';
import { start as startProducts } from '../../upstreams/products.server.ts';
import { start as startReviews } from '../../upstreams/reviews.server.ts';
import { graphqlClient, keysOf, sends, serve } from '../support/demo-client.ts';
import type { GraphqlResult, Json } from '../support/demo-client.ts';

describe('products', () => {
  const server = serve(startProducts);
  const ask = graphqlClient(server);

  test('knows nothing of federation, and tells its schema', async () => {
    const { data } = await ask('{ __schema { queryType { fields { name } } } }');
    assert.deepEqual(keysOf(((data['__schema'] as Json)['queryType'] as Json)['fields'], 'name'), [
      'product',
      'products',
      'topProducts',
      'search',
    ]);
    assert.match((await ask('{ _service { sdl } }')).errors?.[0]?.message ?? '', /Cannot query field "_service"/);
  });

  test('a list keeps the order of its ids, with null for an unknown one', async () => {
    const { data } = await ask('{ products(ids: ["3", "1001", "1", "x"]) { id } product(id: "0") { id } }');
    assert.deepEqual(data, { products: [{ id: '3' }, null, { id: '1' }, null], product: null });
  });

  test('the best-selling products come first, five unless told', async () => {
    const { data } = await ask('{ five: topProducts { id } two: topProducts(first: 2) { name price weight } }');
    assert.equal((data['five'] as Json[]).length, 5);
    assert.deepEqual(data['two'], [
      { name: 'Everyday Tent', price: 20_979, weight: 3572 },
      { name: 'Small Bird Feeder', price: 2379, weight: 702 },
    ]);
  });

  test('unions and interfaces tell their types', async () => {
    const { data } = await ask(`{
      search(text: "KITCHEN") { __typename ... on Category { name products(first: 1) { id } } ... on Product { name } }
      product(id: "933") { category { name } media { __typename alt ... on Image { width } ... on Video { durationSeconds } } }
    }`);
    const found = data['search'] as Json[];
    assert.deepEqual(new Set(keysOf(found, '__typename')), new Set(['Category', 'Product']));
    assert.equal(found.length, 11);
    assert.deepEqual(data['product'], {
      category: { name: 'Kitchen' },
      media: [
        { __typename: 'Image', alt: 'Plain Kitchen Scale', width: 1200 },
        { __typename: 'Video', alt: null, durationSeconds: 51 },
      ],
    });
  });

  test('a price is changed, and one that makes no sense is refused with a code', async () => {
    const change = 'mutation($id: ID!, $price: Int!) { setPrice(input: { id: $id, price: $price }) { id price } }';
    assert.deepEqual((await ask(change, { id: '1', price: 1 })).data, { setPrice: { id: '1', price: 1 } });
    assert.deepEqual((await ask('{ product(id: "1") { price } }')).data, { product: { price: 1 } });
    for (const [id, price, message] of [
      ['1', 0, '"price" must be above 0.'],
      ['x', 5, 'There is no product x.'],
    ]) {
      const { data, errors } = await ask(change, { id, price });
      assert.deepEqual(data, { setPrice: null });
      assert.equal(errors?.[0]?.message, message);
      assert.deepEqual(errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' });
    }
  });

  test('requests are recorded with their parameters', async () => {
    server().requests.length = 0;
    await ask('query($id: ID!) { product(id: $id) { id } }', { id: '1' });
    const [{ method, path, body } = { method: '', path: '', body: '' }] = server().requests;
    assert.deepEqual([method, path], ['POST', '/graphql']);
    assert.deepEqual(JSON.parse(body), {
      query: 'query($id: ID!) { product(id: $id) { id } }',
      variables: { id: '1' },
    });
  });
});

describe('reviews', () => {
  const server = serve(startReviews);
  const ask = graphqlClient(server);

  test('entities are found by representation, in order, with null for an unknown review', async () => {
    const ratings = demoReviews().flatMap(({ productId, rating }) => (productId === '1' ? [rating] : []));
    const averageRating = Number((ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length).toFixed(2));
    const representations = [
      { __typename: 'Product', id: '1' },
      { __typename: 'Review', id: '20000' },
      { __typename: 'Review', id: '99999' },
      { __typename: 'User', id: '201' },
    ];
    const { data, errors } = await ask(
      `query($representations: [_Any!]!) { _entities(representations: $representations) { __typename
        ... on Product { id averageRating reviews(first: 2) { product { id } } }
        ... on Review { rating body createdAt author { id } product { id } }
        ... on User { id none: reviews { id } } } }`,
      { representations },
    );
    assert.equal(errors, undefined);
    assert.deepEqual(data['_entities'], [
      {
        __typename: 'Product',
        id: '1',
        averageRating,
        reviews: [{ product: { id: '1' } }, { product: { id: '1' } }],
      },
      {
        __typename: 'Review',
        rating: 5,
        body: 'I have bought a second one. It is easy to clean.',
        createdAt: '2026-05-02T02:14:00.000Z',
        author: { id: '150' },
        product: { id: '84' },
      },
      null,
      { __typename: 'User', id: '201', none: [] },
    ]);
  });

  test('one bad representation costs no other', async () => {
    const { data, errors } = await ask(
      '{ _entities(representations: [{ __typename: "Nothing" }, { __typename: "User", id: "1" }]) { __typename } }',
    );
    assert.deepEqual(data, { _entities: [null, { __typename: 'User' }] });
    const message = 'A representation must have the "__typename" of an entity, but got: Nothing';
    assert.deepEqual(
      errors?.map((error) => error.message),
      [message],
    );
  });

  test('reviews come newest first', async () => {
    const { data } = await ask('{ latestReviews(first: 3) { id } review(id: "7") { id } }');
    assert.deepEqual(data, {
      latestReviews: [{ id: '20000' }, { id: '19999' }, { id: '19998' }],
      review: { id: '7' },
    });
  });

  const add = 'mutation($input: AddReviewInput!) { addReview(input: $input) { id body author { id } } }';

  test('a review is added in front of the others', async () => {
    const input = { productId: '9', authorId: '3', body: 'Good.', rating: 4 };
    const { data } = await ask(add, { input });
    const { id, ...review } = data['addReview'] as Json;
    assert.deepEqual(review, { body: 'Good.', author: { id: '3' } });
    assert.deepEqual((await ask('{ latestReviews(first: 1) { id } }')).data, { latestReviews: [{ id }] });
  });

  test('a review that does not fit is refused with a code', async () => {
    const fits = { productId: '9', authorId: '3', body: 'Good.', rating: 4 };
    const cases: readonly (readonly [Json, string])[] = [
      [{ rating: 6 }, '"rating" must be from 1 to 5.'],
      [{ rating: 0 }, '"rating" must be from 1 to 5.'],
      [{ body: ' ' }, '"body" must not be empty.'],
      [{ productId: '1001' }, 'There is no product 1001.'],
      [{ authorId: 'me' }, 'There is no user me.'],
    ];
    for (const [change, message] of cases) {
      const { data, errors } = await ask(add, { input: { ...fits, ...change } });
      assert.deepEqual(data, { addReview: null });
      assert.equal(errors?.[0]?.message, message);
      assert.deepEqual(errors?.[0]?.extensions, { code: 'BAD_USER_INPUT' });
    }
  });

  test('a subscriber gets the added reviews of the product, as server-sent events', async () => {
    const leave = new AbortController();
    const response = await fetch(server().url, {
      ...sends('POST', { query: 'subscription { reviewAdded(productId: "12") { body product { id } } }' }),
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      signal: leave.signal,
    });
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    for (const [productId, body] of [
      ['13', 'Not asked for.'],
      ['12', 'First.'],
      ['12', 'Second.'],
    ]) {
      await ask(add, { input: { productId, authorId: '3', body, rating: 4 } });
    }
    const got: unknown[] = [];
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === 'next') got.push(JSON.parse(data));
      },
    });
    assert.ok(response.body);
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      parser.feed(part);
      if (got.length === 2) break;
    }
    leave.abort();
    assert.deepEqual(got, [
      { data: { reviewAdded: { body: 'First.', product: { id: '12' } } } },
      { data: { reviewAdded: { body: 'Second.', product: { id: '12' } } } },
    ]);
  });
});

describe('inventory', () => {
  const ask = graphqlClient(serve(startInventory));

  const estimate = async (representation: Json): Promise<GraphqlResult> =>
    ask(
      `query($representations: [_Any!]!) {
        _entities(representations: $representations) { ... on Product { inStock shippingEstimate } } }`,
      { representations: [{ __typename: 'Product', id: '2', ...representation }] },
    );

  test('shipping is free from a price on, and costs by the started 100 grams below', async () => {
    const cases = [
      [5000, 90_000, 0],
      [4999, 100, 335],
      [4999, 101, 380],
      [100, 250, 425],
      [null, 250, null],
    ];
    for (const [price, weight, shippingEstimate] of cases) {
      const { data, errors } = await estimate({ price, weight });
      assert.equal(errors, undefined);
      assert.deepEqual(data, { _entities: [{ inStock: true, shippingEstimate }] });
    }
  });

  test('an estimate without price and weight is an error', async () => {
    for (const representation of [{}, { price: 1 }, { weight: 1 }]) {
      const { data, errors } = await estimate(representation);
      assert.deepEqual(data, { _entities: [{ inStock: true, shippingEstimate: null }] });
      assert.equal(errors?.[0]?.message, 'The representation of product 2 must have "price" and "weight".');
    }
  });

  test('an unknown product is null, and one in seven is sold out', async () => {
    const { data } = await ask(`{
      _entities(representations: [{ __typename: "Product", id: "1001" }, { __typename: "Product", id: "7" }]) {
        ... on Product { id inStock }
      }
      warehouses { city }
    }`);
    assert.deepEqual(data['_entities'], [null, { id: '7', inStock: false }]);
    assert.equal((data['warehouses'] as Json[]).length, 3);
  });
});

describe('the federation subgraphs', () => {
  test('compose with who owns price and weight', async () => {
    const servers = [await startReviews(), await startInventory()];
    const sdls = await Promise.all(servers.map((server) => graphqlClient(() => server)('{ _service { sdl } }')));
    await Promise.all(servers.map((server) => server.close()));
    const products = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
      type Product @key(fields: "id") { id: ID! price: Int weight: Int }
      type User @key(fields: "id") { id: ID! }`;
    const texts = [products, ...sdls.map(({ data }) => String((data['_service'] as Json)['sdl']))];
    const services = texts.map((text, index) => ({ name: `s${index}`, typeDefs: parse(text) }));
    assert.equal(composeServices(services).errors, undefined);
  });
});
