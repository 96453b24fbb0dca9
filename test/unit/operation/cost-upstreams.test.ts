import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'graphql';
import { compose } from '../../../src/composition/compose.ts';
import { readCostModel } from '../../../src/composition/cost/cost-model.ts';
import { wholeSchema } from '../../../src/composition/cost/whole-schema.ts';
import { buildJoinGraph } from '../../../src/composition/join-graph/build.ts';
import { publicSchema } from '../../../src/composition/public-schema.ts';
import { compileUpstreamCosts, type UpstreamCosts } from '../../../src/operation/cost/upstream-costs.ts';
import { normalise } from '../../../src/planner/normalise.ts';
import type { Fetch } from '../../../src/planner/plan.ts';
import { planOperation } from '../../../src/planner/plan-operation.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires",
  "@inaccessible", "@cost", "@listSize"])`;

const sources = {
  shop: /* GraphQL */ `
    type Query {
      products(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"])
      product: Product
      any: [Any] @listSize(assumedSize: 4)
      me: User
    }
    type Mutation { buy: Product rename: Product }
    type Page { items: [Product] }
    type Product @key(fields: "id") { id: ID! @cost(weight: 1) name: String weight: Int }
    type Service @key(fields: "id") { id: ID! }
    type User @key(fields: "id") { id: ID! }
    union Any = Product | Service
  `,
  reviews: /* GraphQL */ `
    type Product @key(fields: "id") {
      id: ID!
      reviews(first: Int = 2): [Review] @listSize(slicingArguments: ["first"])
    }
    type Review { text: String @cost(weight: 3) author: User }
    type User @key(fields: "id", resolvable: false) { id: ID! }
  `,
  stock: /* GraphQL */ `
    type Product @key(fields: "id") @cost(weight: 2) {
      id: ID!
      weight: Int @external
      shipping: Int @requires(fields: "weight") @cost(weight: 5)
      inStock: Boolean
    }
    type Service @key(fields: "id") { id: ID! inStock: Boolean }
  `,
  users: 'type User @key(fields: "id") { id: ID! name: String @cost(weight: 1) secret: Int @inaccessible }',
};

const supergraph = parse(
  compose(
    Object.entries(sources).map(([name, sdl]) => ({
      name,
      file: name,
      url: `http://${name}.example`,
      sdl: parse(link + sdl),
    })),
  ),
);
const schema = publicSchema(supergraph);
const graph = buildJoinGraph(supergraph);
const priced = { schema: wholeSchema(supergraph), model: readCostModel(supergraph, { defaultListSize: 10 }) };

function compiled(text: string): UpstreamCosts {
  const plan = planOperation({ graph, operation: normalise({ document: parse(text), schema, graph }) });
  const costs = compileUpstreamCosts({ plan, ...priced });
  assert.ok(costs);
  return costs;
}

function costsOf(text: string, variables: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, number>> {
  return Object.fromEntries(compiled(text)(variables));
}

describe('what a plan asks of each upstream', () => {
  // A product weighs 2, and its id, which joins read, 1.
  test('is what its documents cost, keys included', () => {
    assert.deepEqual(costsOf('{ product { name } }'), { shop: 2 });
    assert.deepEqual(costsOf('{ product { name inStock } }'), { shop: 3, stock: 2 });
  });

  test('counts entities for each object that is there to be looked up', () => {
    const text = '{ products(first: 5) { items { inStock } } }';
    assert.deepEqual(costsOf(text), { shop: 1 + 5 * 3, stock: 5 * 2 });
  });

  test('counts objects through entities that bring more objects', () => {
    // Each of 3 products: 2, and two reviews, of 1 and 3 each, with an author.
    const text = '{ products(first: 3) { items { reviews { text author { name } } } } }';
    assert.deepEqual(costsOf(text), { shop: 1 + 3 * 3, reviews: 3 * (2 + 2 * (4 + 1)), users: 3 * 2 * (1 + 1) });
  });

  test('adds up the calls and places of one upstream', () => {
    const text = '{ product { inStock shipping } a: products(first: 2) { items { inStock } } me { name } }';
    const { stock, users } = costsOf(text);
    assert.equal(users, 2);
    assert.ok(stock !== undefined && stock >= 2 + 5 + 2 * 2, String(stock));
  });

  test('goes by variables and conditions', () => {
    const text = `query ($n: Int = 4, $on: Boolean!, $r: Int) {
      products(first: $n) { items { inStock @include(if: $on) reviews(first: $r) { text } } }
    }`;
    const costs = compiled(text);
    const of = (variables: Readonly<Record<string, unknown>>) => Object.fromEntries(costs(variables));
    assert.deepEqual(of({ on: true }), { shop: 1 + 4 * 3, stock: 4 * 2, reviews: 4 * (2 + 2 * 4) });
    assert.deepEqual(of({ on: false, n: 6, r: 1 }), { shop: 1 + 6 * 3, stock: 0, reviews: 6 * (2 + 4) });
    assert.deepEqual(of({ on: false, n: 0 }), { shop: 1, stock: 0, reviews: 0 });
  });

  test('leaves out objects and entities that conditions leave out', () => {
    const paths =
      'query ($on: Boolean!) { product { inStock } p: products(first: 3) @include(if: $on) { items { inStock } } }';
    assert.equal(costsOf(paths, { on: false })['stock'], 2);
    assert.equal(costsOf(paths, { on: true })['stock'], 2 + 3 * 2);
    const targets = 'query ($on: Boolean!) { product { inStock shipping @include(if: $on) } }';
    assert.equal(costsOf(targets, { on: false })['stock'], 2);
    assert.equal(costsOf(targets, { on: true })['stock'], 2 + 2 + 5);
  });

  test('may be of any type where types are told apart', () => {
    const { stock } = costsOf('{ any { ... on Product { inStock } ... on Service { inStock } } }');
    assert.equal(stock, 4 * 2 + 4 * 1);
  });

  test('counts each mutation', () => {
    assert.deepEqual(costsOf('mutation { a: buy { name } b: rename { inStock } }'), {
      shop: 10 + 2 + 10 + 3,
      stock: 2,
    });
  });

  test('is one kept map where no variable decides', () => {
    const costs = compiled('{ product { inStock } }');
    assert.equal(costs({}), costs({ a: 1 }));
    assert.equal(compiled('{ __typename }')({}).size, 0);
  });
});

test('documents that are too tangled are priced for no upstream', () => {
  const names = Array.from({ length: 31_000 }, (_, index) => `a${index}:name`).join(' ');
  const base = { id: 0, upstream: 'shop', after: [], conditions: [], variables: [], at: [], selections: [] };
  const fetch: Fetch = { ...base, target: 'root', kind: 'query', text: `{product{${names}}}` };
  assert.equal(compileUpstreamCosts({ plan: { kind: 'query', fetches: [fetch] }, ...priced }), undefined);
});
