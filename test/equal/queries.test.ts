import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { createMonolith } from '../support/monolith.ts';
import { engines, startGateway, type Json, type TestGateway } from '../support/start-gateway.ts';

interface Case {
  readonly promise: string;
  readonly query: string;
  readonly variables?: Json;
}

const cases: readonly Case[] = [
  {
    promise: 'leaves of a REST entity',
    query: '{ user(id: 17) { id name email status createdAt address { street city postalCode } } }',
  },
  {
    promise: 'a page of a REST list, with the number of the next',
    query: '{ users(page: 3) { next items { id name } } }',
  },
  { promise: 'the last page', query: '{ users(page: 10) { next items { id } } }' },
  { promise: 'a page beyond the last', query: '{ users(page: 99) { next items { id } } }' },
  { promise: 'an enum argument', query: '{ users(status: suspended) { items { id status } } }' },
  {
    promise: 'an enum variable',
    query: 'query ($status: UserStatus) { users(status: $status) { items { id status } } }',
    variables: { status: 'invited' },
  },
  {
    promise: 'variables that are null',
    query: 'query ($s: UserStatus, $p: Int) { users(status: $s, page: $p) { next } }',
    variables: { s: null, p: null },
  },
  {
    promise: 'an argument left to its default',
    query: '{ user(id: 1) { orders { id } reviews { id } } topProducts { id } latestReviews { id } }',
  },
  {
    promise: 'a variable left to its default',
    query: 'query ($n: Int = 2, $id: ID = 3) { topProducts(first: $n) { id } user(id: $id) { name } }',
    variables: {},
  },
  {
    promise: 'a nullable argument given null',
    query: '{ user(id: 1) { orders(limit: null) { id } } topProducts(first: null) { id } }',
  },
  {
    promise: 'an id given as a number',
    query: '{ product(id: 12) { id } order(id: 12) { id } review(id: 12) { id } }',
  },
  {
    promise: 'links from REST to REST and to GraphQL',
    query:
      '{ order(id: 99) { status total createdAt customer { name } lines { quantity unitPrice product { name category { name } } } } }',
  },
  {
    promise: 'a link back to where it came from',
    query: '{ user(id: 9) { name orders(limit: 2) { id customer { name orders(limit: 1) { id } } } } }',
  },
  {
    promise: 'three lists deep across five upstreams',
    query: `{ users(page: 2) { items { name orders(limit: 2) { lines { product {
      name inStock shippingEstimate reviews(first: 2) { rating author { name } }
    } } } } } }`,
  },
  {
    promise: 'a field that requires fields of another upstream',
    query: '{ topProducts(first: 6) { shippingEstimate } }',
  },
  { promise: 'a required field that is asked for too', query: '{ product(id: 4) { price shippingEstimate weight } }' },
  {
    promise: 'aliases of fields and of arguments',
    query:
      '{ one: user(id: 1) { title: name few: orders(limit: 1) { id } more: orders(limit: 3) { id } } two: user(id: 2) { name: email } }',
  },
  {
    promise: 'an alias that is the name of another field',
    query: '{ product(id: 2) { name: price price: name id: weight weight: id } }',
  },
  {
    promise: 'an alias that is the name of a key, beside fields that are looked up by it',
    query: `{ user(id: 5) { id: name name: id orders(limit: 1) { id: total customer { id: email } } reviews(first: 1) { id: rating } }
      topProducts(first: 2) { id: name price: weight weight: price inStock shippingEstimate averageRating __typename: name } }`,
  },
  {
    promise: 'one entity by many ways',
    query:
      '{ product(id: 7) { name } products(ids: [7]) { price } a: product(id: 7) { inStock } b: product(id: 7) { averageRating name } }',
  },
  {
    promise: 'a list with repeated and unknown ids',
    query: '{ products(ids: [3, 1, 9999, 3, 2]) { id name averageRating } }',
  },
  { promise: 'an empty list of ids', query: '{ products(ids: []) { id name } }' },
  {
    promise: 'a list of lookups by variables',
    query: 'query ($ids: [ID!]!) { products(ids: $ids) { id inStock } }',
    variables: { ids: ['5', 6] },
  },
  {
    promise: 'unknown ids of every upstream',
    query: '{ user(id: 0) { name } order(id: 0) { id } product(id: 0) { id } review(id: 0) { id } }',
  },
  {
    promise: 'ids that are no numbers',
    query: '{ user(id: "a/b?c") { name } order(id: "a b") { id } product(id: "x") { id } review(id: "") { id } }',
  },
  {
    promise: 'a dashboard of nobody',
    query:
      '{ dashboard(userId: 9999) { userId unreadCount user { name } recentOrders { id } recommendations { name } } }',
  },
  {
    promise: 'interfaces, with fields of their own and of their types',
    query:
      '{ products(ids: [1, 3, 10]) { media { __typename url alt ... on Image { width height } ... on Video { durationSeconds } } } }',
  },
  {
    promise: 'unions',
    query:
      '{ search(text: "garden") { __typename ... on Category { id name products(first: 1) { name } } ... on Product { name price inStock } } }',
  },
  { promise: 'a union of which no type is asked for', query: '{ search(text: "tent") { __typename } }' },
  { promise: 'a search without result', query: '{ search(text: "zzzz") { ... on Product { name } } }' },
  {
    promise: 'a fragment on an interface inside one on its type',
    query: '{ product(id: 3) { media { ... on Image { ... on Media { alt } width } } } }',
  },
  {
    promise: 'named fragments, nested and used twice',
    query: `{ order(id: 5) { customer { ...who } lines { product { ...what } } } review(id: 5) { author { ...who } product { ...what } } }
      fragment who on User { name ...mail } fragment mail on User { email }
      fragment what on Product { name reviews(first: 1) { author { ...mail } } }`,
  },
  {
    promise: 'inline fragments without a type',
    query: '{ user(id: 3) { ... { name ... @include(if: true) { email } } } }',
  },
  {
    promise: 'skip and include by literals',
    query: '{ user(id: 3) { name @skip(if: true) email @include(if: true) orders(limit: 1) @skip(if: true) { id } } }',
  },
  {
    promise: 'skip and include by variables',
    query: `query ($yes: Boolean!, $no: Boolean = false) { user(id: 3) {
      name @skip(if: $yes) email @include(if: $yes) @skip(if: $no) ...more @include(if: $no) } warehouses @include(if: $no) { id } }
      fragment more on User { reviews { id } }`,
    variables: { yes: true },
  },
  {
    promise: 'a field that is skipped here and asked for there',
    query: `{ review(id: 8) { id @skip(if: true) id rating @include(if: false) ... on Review { rating } }
      warehouses { city @include(if: false) city } latestReviews(first: 1) { rating @skip(if: true) rating } }`,
  },
  {
    promise: 'a selection of which all is skipped',
    query: '{ user(id: 3) { name @skip(if: true) address { city @include(if: false) } } }',
  },
  { promise: 'an operation of which all is skipped', query: '{ user(id: 3) @skip(if: true) { name } }' },
  {
    promise: 'fields named twice, merged',
    query:
      '{ order(id: 6) { customer { name } customer { email } lines { quantity } lines { product { id } product { name } } } }',
  },
  {
    promise: 'nothing but __typename in an inline fragment',
    query: `{ user(id: 1) { ... on User { __typename } } review(id: 1) { author { ... { ... on User { __typename name @skip(if: true) } } } }
      search(text: "tent") { ... on Category { __typename } } product(id: 1) { media { ... on Image { __typename } } } }`,
  },
  {
    promise: 'an inline fragment of which all is skipped',
    query:
      '{ user(id: 3) { ... on User { name @skip(if: true) } } review(id: 1) { author { ... { name @skip(if: true) } } } }',
  },
  {
    promise: '__typename everywhere',
    query:
      '{ __typename dashboard(userId: 2) { __typename user { __typename orders(limit: 1) { __typename lines { __typename product { __typename } } } } } }',
  },
  {
    promise: 'reviews with their authors and products, and those with theirs',
    query:
      '{ latestReviews(first: 4) { rating author { name reviews(first: 1) { product { name } } } product { name reviews(first: 1) { body } } } }',
  },
  {
    promise: 'a category and its products, joined',
    query: '{ product(id: 1) { category { name products(first: 3) { name averageRating inStock category { id } } } } }',
  },
  { promise: 'a type of one upstream alone', query: '{ warehouses { id city } }' },
  {
    promise: "README's first query",
    query: readFileSync(new URL('../../schema/operations/dashboard.graphql', import.meta.url), 'utf8'),
  },
];

const mutations: readonly Case[] = [
  {
    promise: 'mutations of four upstreams, in turn, each joined',
    query: `mutation ($order: CreateOrderInput!) {
      createUser(input: { name: "Uma Vale", email: "Uma@shop.example", address: { street: "1 A", city: "B", postalCode: "C" } }) { id email status createdAt address { city } orders { id } }
      updateUser(id: 201, input: { status: active, address: null }) { name status address { city } }
      createOrder(input: $order) { id status total createdAt customer { name } lines { unitPrice product { name } } }
      setPrice(input: { id: 3, price: 77 }) { price shippingEstimate reviews(first: 1) { body } }
      addReview(input: { productId: 3, authorId: 201, body: "New.", rating: 5 }) { id createdAt author { name reviews { body } } product { price reviews(first: 1) { body } } }
    }`,
    variables: {
      order: {
        customerId: '1',
        lines: [
          { productId: '4', quantity: 2 },
          { productId: 3, quantity: 1 },
        ],
      },
    },
  },
];

for (const engine of engines) {
  describe(`the answer of the ${engine} engine is the monolith's`, () => {
    const monolith = createMonolith();
    let gateway: TestGateway;
    before(async () => {
      gateway = await startGateway({ gateway: { engine } });
    });
    after(async () => gateway.close());

    for (const { promise, query, variables = {} } of [...cases, ...mutations]) {
      test(promise, async () => {
        const expected = await monolith.execute(query, variables);
        const { data, errors } = await gateway.query(query, variables);
        assert.deepEqual([errors, expected.errors], [[], undefined]);
        assert.deepEqual(data, JSON.parse(JSON.stringify(expected.data)));
      });
    }

    // A gateway must differ from a monolith here: no upstream is asked for a key that is known already, nor is one
    // believed less than another.
    test('a reference to what its home does not have keeps its key, and its other fields are null', async () => {
      const { data, errors } = await gateway.query('{ dashboard(userId: 9999) { user { id address { city } } } }');
      assert.deepEqual(errors, []);
      assert.deepEqual(data, { dashboard: { user: { id: '9999', address: null } } });
    });
  });
}
