import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, print } from 'graphql';
import { compose, CompositionError, printProblem } from '../../../src/composition/compose.ts';
import { withCanonicalCosts } from '../../../src/composition/cost/canonical-costs.ts';
import { readCostModel, type CostModel } from '../../../src/composition/cost/cost-model.ts';
import { wholeSchema } from '../../../src/composition/cost/whole-schema.ts';
import { buildSourceSchemas } from '../../../src/composition/source-schemas.ts';
import type { Contribution, SourceSchema } from '../../../src/composition/types.ts';
import { graphqlSourceSchema } from '../../../src/upstream/facade/graphql/source-schema.ts';

function link(imports: string, version = 'v2.9'): string {
  return `extend schema @link(url: "https://specs.apollo.dev/federation/${version}", import: [${imports}])\n`;
}

const usual = link('"@key", "@shareable", "@interfaceObject", "@cost", "@listSize"');

function subgraph(name: string, sdl: string): SourceSchema {
  return { name, file: `${name}.graphql`, url: `http://${name}.example`, sdl: parse(sdl) };
}

function modelOf(...sdls: readonly string[]): CostModel {
  const supergraph = compose(sdls.map((sdl, index) => subgraph(`s${index}`, sdl)));
  return readCostModel(parse(supergraph), { defaultListSize: 10 });
}

function modelOfContributions(...contributions: readonly Contribution[]): CostModel {
  const { sources, problems } = buildSourceSchemas(contributions, (name) => `http://${name}.example`);
  assert.deepEqual(problems, []);
  return readCostModel(parse(compose(sources)), { defaultListSize: 10 });
}

function contribution(name: string, kind: Contribution['kind'], sdl: string): Contribution {
  return { name, kind, file: `schema/${name}.graphql`, sdl: parse(sdl), filled: [] };
}

function overlaid(sdl: string, overlay: string): Contribution {
  const upstreamSdl = parse(sdl.replaceAll(/@(cost|listSize)\([^)]*\)/g, ''));
  const overlayFile = 'schema/graph.graphql';
  const source = graphqlSourceSchema({ name: 'graph', upstreamSdl, overlay: parse(overlay), overlayFile });
  assert.deepEqual(source.problems, []);
  return { name: 'graph', kind: 'graphql', file: overlayFile, sdl: source.sourceSchema, filled: [] };
}

function problemsOf(...sdls: readonly string[]): readonly string[] {
  let problems: readonly string[] = [];
  assert.throws(
    () => modelOf(...sdls),
    (error) => {
      assert.ok(error instanceof CompositionError, String(error));
      problems = error.problems.map(printProblem);
      return true;
    },
  );
  return problems;
}

const everywhere = /* GraphQL */ `
  type Query {
    things(first: Int, filter: Filter @cost(weight: 2)): Page
      @cost(weight: 3) @listSize(assumedSize: 7, slicingArguments: ["first"], sizedFields: ["items"], requireOneSlicingArgument: false)
  }
  type Page { items: [Thing] }
  type Thing @cost(weight: 4) { at: Time size: Size }
  scalar Time @cost(weight: 5)
  enum Size @cost(weight: 6) { SMALL LARGE }
  input Filter { text: String @cost(weight: 8) }
`;

const weightsEverywhere = {
  'Query.things': 3,
  'Query.things(filter:)': 2,
  Thing: 4,
  Time: 5,
  Size: 6,
  'Filter.text': 8,
};

const sizesEverywhere = {
  'Query.things': {
    assumedSize: 7,
    slicingArguments: ['first'],
    sizedFields: ['items'],
    requireOneSlicingArgument: false,
  },
};

function assertEverywhere({ weights, listSizes, defaultListSize }: CostModel): void {
  assert.deepEqual(Object.fromEntries(weights), weightsEverywhere);
  assert.deepEqual(Object.fromEntries(listSizes), sizesEverywhere);
  assert.equal(defaultListSize, 10);
}

describe('costs come through composition', () => {
  test('from the schema of a REST upstream', () => {
    assertEverywhere(modelOfContributions(contribution('things', 'rest', everywhere)));
  });

  test("from an overlay, onto the fields of the upstream's own schema", () => {
    assertEverywhere(modelOfContributions(overlaid(everywhere, everywhere)));
  });

  test('a problem in an overlay is told with its line there', () => {
    const overlay = 'type Query {\n  a(first: Int): [Int] @listSize(slicingArguments: ["last"])\n}';
    const given = overlaid('type Query { a(first: Int): [Int] }', overlay);
    assert.throws(
      () => modelOfContributions(given),
      /^.*schema\/graph\.graphql:2:3: LIST_SIZE_INVALID_SLICING_ARGUMENT/,
    );
  });

  test('from a federation upstream, whatever it calls them', () => {
    const renamed = everywhere.replaceAll('@cost', '@price').replaceAll('@listSize', '@len');
    const spaced = everywhere.replaceAll(/@(?=cost|listSize)/g, '@federation__');
    const elsewhere = everywhere.replaceAll(/@(?=cost|listSize)/g, '@fed__');
    const fed = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed", import: ["@key"])';
    const own = '@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"])';
    const definition = 'directive @cost(weight: Int!) on FIELD_DEFINITION | ENUM | OBJECT | SCALAR';
    const spellings = [
      usual + everywhere,
      link('"@key", {name: "@cost", as: "@price"}, {name: "@listSize", as: "@len"}') + renamed,
      link('"@key"') + spaced,
      fed + elsewhere,
      `${link('"@key"', 'v2.3')} extend schema ${own} ${definition} ${everywhere}`,
    ];
    for (const sdl of spellings) {
      assert.doesNotMatch(print(withCanonicalCosts(subgraph('s', sdl)).sdl), /apollo\.dev\/cost|@price|@len|@fed__/);
      assertEverywhere(modelOf(sdl));
      // Beside a source that has the usual names, as all that Weft writes has.
      const beside = `${usual} type Query { other: Int }`;
      assertEverywhere(modelOf(sdl, beside));
      assertEverywhere(modelOf(beside, sdl));
    }
  });

  test('beside a directive of its own that an upstream calls @cost', () => {
    const own = 'directive @cost(complexity: Int) on FIELD_DEFINITION';
    const mine = `${link('"@key", {name: "@cost", as: "@price"}')} ${own} type Query { a: Int @cost(complexity: 4) @price(weight: 3) }`;
    assert.deepEqual(Object.fromEntries(modelOf(mine).weights), { 'Query.a': 3 });
    const other = `${usual} type Query { b: Int @cost(weight: 2) }`;
    assert.deepEqual(Object.fromEntries(modelOf(mine, other).weights), { 'Query.a': 3, 'Query.b': 2 });
    const foreign = `${link('"@key"')} ${own} type Query { a: Int @cost(complexity: 4) }`;
    assert.equal(modelOf(foreign).weights.size, 0);
  });

  test('from schema/gateway.graphql, onto links that upstreams fill', () => {
    const orders: Contribution = {
      ...contribution('orders', 'rest', 'type Order @key(fields: "id") { id: ID! } type Query { order: Order }'),
      filled: [{ type: 'Order', field: 'notes' }],
    };
    const sdl =
      'extend type Order { notes(first: Int): [String] @cost(weight: 3) @listSize(slicingArguments: ["first"]) }';
    const model = modelOfContributions(orders, contribution('gateway', 'local', sdl));
    assert.equal(model.weights.get('Order.notes'), 3);
    assert.deepEqual(model.listSizes.get('Order.notes')?.slicingArguments, ['first']);
    assert.equal(model.listSizes.get('Order.notes')?.requireOneSlicingArgument, true);
  });

  test('where several upstreams give a field the greatest of each counts', () => {
    const give = (weight: number, size: number): string =>
      `${usual} type Query { a: [Int] @shareable @cost(weight: ${weight}) @listSize(assumedSize: ${size}) }`;
    const model = modelOf(give(2, 9), give(5, 4));
    assert.equal(model.weights.get('Query.a'), 5);
    assert.equal(model.listSizes.get('Query.a')?.assumedSize, 9);
  });

  test('what an interface object adds holds for every type that implements the interface', () => {
    const types = `${usual} type Query { m: M } interface M @key(fields: "id") { id: ID! } type A implements M @key(fields: "id") { id: ID! }`;
    const adds = `${usual} type M @key(fields: "id") @interfaceObject { id: ID! y(n: Int): [Int] @cost(weight: 8) @listSize(assumedSize: 6) }`;
    const model = modelOf(types, adds);
    assert.equal(model.weights.get('A.y'), 8);
    assert.equal(model.listSizes.get('A.y')?.assumedSize, 6);
  });
});

describe('the model of a ready supergraph', () => {
  const read = (sdl: string): CostModel => readCostModel(parse(sdl), { defaultListSize: 1 });

  test('knows the directives by what the supergraph links, and by nothing else', () => {
    const sdl = (url: string) =>
      `schema ${url} { query: Query } type Query { a: Int @cost(weight: 3) b: Int @c__cost(weight: 4) }`;
    assert.equal(read(sdl('')).weights.size, 0);
    assert.equal(read(sdl('@link(url: "https://cost.example/cost/v0.1", import: ["@cost"])')).weights.size, 0);
    const all = read(sdl('@link(url: "https://specs.apollo.dev/cost/v0.1", as: "c", import: ["@cost"])')).weights;
    assert.deepEqual(Object.fromEntries(all), { 'Query.a': 3, 'Query.b': 4 });
  });

  test('reads weights that are written as text, and negative ones as 0', () => {
    const sdl = `schema @link(url: "https://specs.apollo.dev/cost/v0.1") { query: Query }
      type Query { a: Int @cost(weight: "2.5") b: Int @cost(weight: -3) c: Int @cost(weight: "much") }`;
    assert.deepEqual(Object.fromEntries(read(sdl).weights), { 'Query.a': 3, 'Query.b': 0 });
  });

  test('a type of its own does not take over what it says itself', () => {
    const sdl = `schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost"]) { query: Query }
      interface I { x: Int @cost(weight: 9) y: Int @cost(weight: 9) } type A implements I { x: Int @cost(weight: 2) y: Int }`;
    const { weights } = read(sdl);
    assert.deepEqual([weights.get('A.x'), weights.get('A.y')], [2, 9]);
  });

  test('inaccessible parts are in the schema that upstream calls are written against', () => {
    const supergraph = compose([
      subgraph(
        's',
        `${link('"@inaccessible"')} type Query { a: Int b: Hidden @inaccessible } type Hidden @inaccessible { c: Int }`,
      ),
    ]);
    assert.ok(wholeSchema(parse(supergraph)).getQueryType()?.getFields()['b']);
  });
});

describe('costs that mean nothing are told with their place', () => {
  const cases: readonly (readonly [promise: string, sdl: string, problem: RegExp])[] = [
    [
      'a slicing argument that does not exist',
      'a: [Int] @listSize(slicingArguments: ["first"])',
      /^s0\.graphql:2:14: LIST_SIZE_INVALID_SLICING_ARGUMENT: .*"first"/,
    ],
    [
      'a slicing argument that is no integer',
      'a(first: String): [Int] @listSize(slicingArguments: ["first"])',
      /^s0\.graphql:2:14: LIST_SIZE_INVALID_SLICING_ARGUMENT: .*"first"/,
    ],
    [
      'a sized field that is no list',
      'a: P @listSize(assumedSize: 3, sizedFields: ["n"])',
      /^s0\.graphql:2:14: LIST_SIZE_APPLIED_TO_NON_LIST: .*"n"/,
    ],
    [
      'a sized field that does not exist',
      'a: P @listSize(assumedSize: 3, sizedFields: ["m"])',
      /^s0\.graphql:2:14: LIST_SIZE_INVALID_SIZED_FIELD: .*"m"/,
    ],
    [
      'a size of what is no list',
      'a: Int @listSize(assumedSize: 3)',
      /^s0\.graphql:2:14: LIST_SIZE_INVALID_SIZED_FIELD: /,
    ],
    ['a negative size', 'a: [Int] @listSize(assumedSize: -3)', /^s0\.graphql:2:14: LIST_SIZE_INVALID_ASSUMED_SIZE: /],
    ['a weight on an interface field', 'a: I', /^s0\.graphql:3:15: COST_APPLIED_TO_INTERFACE_FIELD: /],
    [
      'a size that is no integer',
      'a: [Int] @listSize(assumedSize: "3")',
      /^s0\.graphql:2:23: CONTRACT: Expected @listSize\(assumedSize:\) to be an integer, but got: "3"$/,
    ],
    [
      'names that are no list',
      'a: [Int] @listSize(sizedFields: "n")',
      /^s0\.graphql:2:23: CONTRACT: Expected @listSize\(sizedFields:\) to be a list of field names, but got: "n"$/,
    ],
    ['no weight', 'a: Int @cost', /^s0\.graphql:2:21: CONTRACT: Expected @cost\(weight:\), but got no weight$/],
    [
      'a weight that is a text',
      'a: Int @cost(weight: "3")',
      /^s0\.graphql:2:21: CONTRACT: Expected @cost\(weight:\) to be an integer, but got: "3"$/,
    ],
    [
      'a weight with a fraction',
      'a: Int @cost(weight: 3.5)',
      /^s0\.graphql:2:21: CONTRACT: Expected @cost\(weight:\) to be an integer, but got: 3\.5$/,
    ],
    ['a weight on a union', 'a: U', /^s0\.graphql:4:9: CONTRACT: @cost weighs objects/],
    ['a weight on an input object', 'a(i: N): Int', /^s0\.graphql:4:9: CONTRACT: @cost weighs objects/],
  ];
  for (const [promise, field, problem] of cases) {
    test(promise, () => {
      const more = promise.includes('interface')
        ? 'interface I { x: Int @cost(weight: 2) } type A implements I { x: Int }'
        : '';
      const last = promise.includes('union')
        ? 'union U @cost(weight: 2) = P'
        : promise.includes('input')
          ? 'input N @cost(weight: 2) { x: Int }'
          : '';
      const [first, ...others] = problemsOf(
        `${usual}type Query { ${field} }\n${more}\ntype P { n: Int }`.replace(
          'type P',
          last ? `${last} type P` : 'type P',
        ),
      );
      assert.match(first ?? '', problem);
      assert.deepEqual(others, []);
    });
  }
});
