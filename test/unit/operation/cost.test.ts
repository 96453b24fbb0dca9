import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fixed, maxPoints, numberOf, one, Terms } from '../../../src/operation/cost/terms.ts';
import { costOf, costSchema } from '../../support/cost-schema.ts';

type Priced = ReturnType<typeof costSchema>;

function points(text: string, priced: Priced, variables: Readonly<Record<string, unknown>> = {}): number {
  return costOf(text, priced).estimate(variables).points;
}

const shop = costSchema(/* GraphQL */ `
  type Query {
    shop: Shop
    name: String
    names: [String]
    open: Mood
    dear: Int @cost(weight: 7)
    dears: [Int] @cost(weight: 7) @listSize(assumedSize: 4)
    shops: [Shop]
    grid: [[Shop]]
    ten: [Shop] @listSize(assumedSize: 3)
    sliced(first: Int, last: Int): [Shop]
      @listSize(slicingArguments: ["first", "last"], assumedSize: 6, requireOneSlicingArgument: false)
    usual(first: Int = 4): [Shop] @listSize(slicingArguments: ["first"])
    strict(first: Int, last: Int): [Shop] @listSize(slicingArguments: ["first", "last"])
    page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"])
    find(by: Filter, words: [String] @cost(weight: 2), flag: Boolean = true @cost(weight: 5)): Int
    weighed: Weighed
    any: Any
    node: Node
    when: Time
  }
  type Mutation { buy: Shop pay: Int }
  type Shop { name: String shop: Shop shops: [Shop] strict(first: Int): [Shop] @listSize(slicingArguments: ["first"]) tags(first: Int): [String] @listSize(slicingArguments: ["first"]) }
  type Page { items: [Shop] others: [Shop] total: Int }
  type Weighed @cost(weight: 5) { name: String dear: Weighed @cost(weight: 2) }
  interface Node { id: ID }
  type Cat implements Node { id: ID @cost(weight: 3) lives: Int @cost(weight: 9) name: String }
  type Dog implements Node @cost(weight: 4) { id: ID bone: Shop }
  union Any = Cat | Dog
  scalar Time @cost(weight: 6)
  enum Mood { GOOD BAD }
  input Filter { text: String @cost(weight: 3) and: [Filter] mood: Mood limit: Int = 1 @cost(weight: 4) }
`);

describe('GraphQL Cost Directives: weights', () => {
  test('objects weigh 1, scalars and enums nothing', () => {
    assert.equal(points('{ name open names }', shop), 0);
    assert.equal(points('{ shop { name shop { name } } }', shop), 2);
  });

  test("a field's own weight stands in place of its type's", () => {
    assert.equal(points('{ dear when }', shop), 7 + 6);
    assert.equal(points('{ weighed { name dear { name } } }', shop), 5 + 2);
  });

  test('introspection is free', () => {
    const text = '{ __typename __schema { types { fields { name } } } __type(name: "A") { name } shop { __typename } }';
    assert.equal(points(text, shop), 1);
  });

  test('each alias counts, a response key that is asked for twice counts once', () => {
    assert.equal(points('{ a: shop { name } b: shop { name } }', shop), 2);
    assert.equal(points('{ shop { name } shop { shop { name } } }', shop), 2);
  });

  test('each mutation costs 10 more, however many are in one operation', () => {
    assert.equal(points('mutation { pay }', shop), 10);
    assert.equal(points('mutation { a: buy { shop { name } } b: pay }', shop), 10 + 2 + 10);
  });

  test('of types that exclude each other the dearest counts', () => {
    assert.equal(points('{ any { ... on Cat { lives } ... on Dog { bone { name } } } }', shop), 1 + 9);
    assert.equal(points('{ any { ... on Dog { bone { name } } } }', shop), 4 + 1);
    assert.equal(points('{ node { id } }', shop), 4);
    assert.equal(points('{ any { __typename } }', shop), 4);
  });

  test("a root type's own weight counts once", () => {
    const root = costSchema('type Query @cost(weight: 3) { a: Int b: Int }');
    assert.equal(points('{ a b }', root), 3);
    assert.equal(costOf('{ a b }', root).actual({ a: 1, b: 1 }, {}), 3);
  });
});

describe('GraphQL Cost Directives: sizes of lists', () => {
  const each = '{ name }';

  test('what is below a list counts for each item, by default as many as the model says', () => {
    assert.equal(points(`{ shops ${each} }`, shop), 10);
    assert.equal(points(`{ shops { shops ${each} } }`, shop), 10 * (1 + 10));
    assert.equal(points(`{ grid ${each} }`, shop), 100);
    assert.equal(points('{ dears }', shop), 28);
  });

  test('an assumed size is taken', () => {
    assert.equal(points(`{ ten ${each} }`, shop), 3);
  });

  test('the largest slicing argument that is given decides, before any assumed size', () => {
    assert.equal(points(`{ sliced(first: 2) ${each} }`, shop), 2);
    assert.equal(points(`{ sliced(first: 2, last: 9) ${each} }`, shop), 9);
    assert.equal(points(`{ sliced(first: 500) ${each} }`, shop), 500);
    assert.equal(points(`{ sliced ${each} }`, shop), 6);
    assert.equal(points(`{ sliced(first: null) ${each} }`, shop), 6);
  });

  test('an argument that is left out counts as its default, and null as nothing', () => {
    assert.equal(points(`{ usual ${each} }`, shop), 4);
    assert.equal(points(`{ usual(first: null) ${each} }`, shop), 10);
    assert.equal(points(`{ usual(first: 7) ${each} }`, shop), 7);
  });

  test('variables slice, with their defaults', () => {
    const text = `query ($n: Int = 5) { sliced(first: $n) ${each} }`;
    const cost = costOf(text, shop);
    const of = (n: unknown): number => cost.estimate({ n }).points;
    assert.equal(cost.estimate({}).points, 5);
    assert.deepEqual([of(3), of(0), of(1_000_000)], [3, 0, 1_000_000]);
    assert.equal(points(`query ($n: Int) { usual(first: $n) ${each} }`, shop), 4);
  });

  test('a size is handed down to the fields that are named, and to no others', () => {
    assert.equal(points(`{ page(first: 3) { total items ${each} others ${each} } }`, shop), 1 + 3 + 10);
    assert.equal(points(`query ($n: Int) { page(first: $n) { items ${each} } }`, shop, { n: 30 }), 31);
    const text = `query ($n: Int) { a: page(first: $n) { items ${each} } b: page(first: 2) { items ${each} } }`;
    assert.equal(points(text, shop, { n: 30 }), 31 + 3);
  });

  test('a supergraph may slice by a member of an input object, or by the length of a list', () => {
    const ready = costSchema(/* GraphQL */ `
      type Query {
        a(by: By): [A] @listSize(slicingArguments: ["by.first"])
        b(ids: [ID]): [A] @listSize(slicingArguments: ["ids"])
      }
      input By { first: Int }
      type A { x: Int }
    `);
    assert.equal(points('query ($by: By) { a(by: $by) { x } }', ready, { by: { first: 4 } }), 4 + 1);
    assert.equal(points('{ a(by: {first: 6}) { x } }', ready), 6 + 1);
    assert.equal(points('{ b(ids: [1, 2, 3]) { x } }', ready), 3);
  });
});

describe('a list that must be sliced by exactly one argument', () => {
  const error = (text: string, variables: Readonly<Record<string, unknown>> = {}) =>
    costOf(text, shop).estimate(variables).error;

  test('is an error with none or two, which names the field and where it stands', () => {
    const message = 'Expected exactly one of the arguments that slice "Query.strict"';
    for (const args of ['', '(first: 1, last: 2)', '(first: null)']) {
      const found = error(`{ strict${args} { name } }`);
      assert.equal(found?.message, message, args);
      assert.equal(found?.nodes?.length, 1);
      assert.deepEqual(
        found?.originalError && 'code' in found.originalError && found.originalError.code,
        'BAD_USER_INPUT',
      );
    }
    for (const args of ['(first: 1)', '(first: null, last: 2)'])
      assert.equal(error(`{ strict${args} { name } }`), undefined);
  });

  test('is one by what the variables are', () => {
    const text = 'query ($a: Int, $b: Int) { strict(first: $a, last: $b) { name } }';
    assert.equal(error(text, { a: 1 }), undefined);
    assert.ok(error(text, {}));
    assert.ok(error(text, { a: 1, b: 1 }));
    assert.equal(error(text, { a: 1, b: null }), undefined);
  });

  test('may be left to its default', () => {
    assert.equal(error('{ usual { name } }'), undefined);
    assert.ok(error('{ usual(first: null) { name } }'));
  });

  test('is none where it is not asked for, even where it is free', () => {
    const free = 'query ($on: Boolean!) { shop { tags @include(if: $on) } }';
    assert.equal(error(free, { on: false }), undefined);
    assert.ok(error(free, { on: true }));
  });

  test('is none where something around it is not asked for', () => {
    const text =
      'query ($on: Boolean!) { shop @include(if: $on) { name } ...F @include(if: $on) } fragment F on Query { strict { name } }';
    assert.equal(error(text, { on: false }), undefined);
    assert.ok(error(text, { on: true }));
  });
});

describe('GraphQL Cost Directives: arguments', () => {
  test('input objects weigh 1, with their members, through lists and variables', () => {
    // Each filter: 1, and 4 for the default of its limit.
    assert.equal(points('{ find(by: {}, flag: null) }', shop), 1 + 4);
    assert.equal(points('{ find(by: {text: "a", limit: null}, flag: null) }', shop), 1 + 3);
    const by = { text: 'a', and: [{ text: 'b' }, null, { and: { limit: 3 } }] };
    const weight = 1 + 4 + 3 + (1 + 4 + 3) + (1 + 4 + (1 + 4));
    const text = 'query ($by: Filter) { find(by: $by, flag: null) }';
    assert.equal(points(text, shop, { by }), weight);
    const inner = 'query ($and: [Filter], $t: String) { find(by: {text: $t, and: $and}, flag: null) }';
    assert.equal(points(inner, shop, { t: by.text, and: by.and }), weight);
  });

  test('each item of a list weighs as much', () => {
    assert.equal(points('{ find(words: ["a", "b", "c"], flag: null) }', shop), 6);
    assert.equal(points('{ find(words: "a", flag: null) }', shop), 2);
    assert.equal(points('query ($w: [String]) { find(words: $w, flag: null) }', shop, { w: Array(50).fill('a') }), 100);
  });

  test('what is left out weighs as its default', () => {
    assert.equal(points('{ find }', shop), 5);
    assert.equal(points('query ($f: Boolean) { find(flag: $f) }', shop), 5);
    assert.equal(points('query ($f: Boolean) { find(flag: $f) }', shop, { f: null }), 0);
  });

  test('arguments count once, not for each item that the field gives', () => {
    const lists = costSchema(
      'type Query { a(x: Int @cost(weight: 3)): [A] } type A { b: Int c(x: Int @cost(weight: 2)): Int }',
    );
    assert.equal(points('{ a(x: 1) { b } }', lists), 3 + 10);
    assert.equal(points('{ a(x: 1) { c(x: 1) } }', lists), 3 + 10 * (1 + 2));
  });
});

describe('@skip and @include', () => {
  test('leave out what their variables leave out', () => {
    const text =
      'query ($a: Boolean = false, $b: Boolean!) { dear @include(if: $a) shop @skip(if: $b) { shop { name } } }';
    const cost = costOf(text, shop);
    assert.equal(cost.estimate({ b: true }).points, 0);
    assert.equal(cost.estimate({ a: true, b: true }).points, 7);
    assert.equal(cost.estimate({ a: true, b: false }).points, 9);
    assert.equal(
      points('{ dear @skip(if: true) when @include(if: false) ... @include(if: true) { shop { name } } }', shop),
      1,
    );
  });

  test('count a field where one of its occurrences is asked for, with what is below that one', () => {
    const text = `query ($a: Boolean!, $b: Boolean!) {
      shop @include(if: $a) { shops { name } }
      ... @include(if: $b) { shop { shop { name } } }
    }`;
    const of = (a: boolean, b: boolean): number => points(text, shop, { a, b });
    assert.deepEqual([of(true, true), of(true, false), of(false, true), of(false, false)], [12, 11, 2, 0]);
  });

  test('what can never hold costs nothing', () => {
    assert.equal(points('query ($a: Boolean!) { ... @include(if: $a) { dear @skip(if: $a) } }', shop, { a: true }), 0);
  });
});

describe('variables that were not checked', () => {
  const hostile: readonly unknown[] = [
    '7',
    {},
    [],
    true,
    Number.NaN,
    Infinity,
    1.5,
    Object.create(null),
    10n,
    Symbol('a'),
  ];

  test('of the wrong kind count as absent', () => {
    const cost = costOf('query ($n: Int = 3) { sliced(first: $n) { name } }', shop);
    for (const n of hostile.filter((each) => !Array.isArray(each)))
      assert.equal(cost.estimate({ n }).points, 3, typeof n);
    assert.equal(cost.estimate({ n: -5 }).points, 0);
    assert.equal(points('query ($n: Int) { usual(first: $n) { name } }', shop, { n: 'x' }), 4);
  });

  test('never throw, and never count less than nothing', () => {
    const text =
      'query ($n: Int, $f: Filter, $b: Boolean!) { sliced(first: $n) { name } find(by: $f) dear @include(if: $b) }';
    const cost = costOf(text, shop);
    for (const value of hostile) {
      const { points: found } = cost.estimate({ n: value, f: value, b: value });
      assert.ok(Number.isSafeInteger(found) && found >= 0, typeof value);
    }
  });

  test('that are no booleans leave nothing out', () => {
    assert.equal(points('query ($b: Boolean!) { dear @include(if: $b) when @skip(if: $b) }', shop, { b: 'no' }), 13);
  });

  test('are read by their own members only', () => {
    const cost = costOf(
      'query ($toString: Int, $__proto__: Int) { sliced(first: $toString, last: $__proto__) { name } }',
      shop,
    );
    assert.equal(cost.estimate({}).points, 6);
    assert.equal(points('query ($toString: [String]) { find(words: $toString, flag: null) }', shop), 0);
    const nested = costOf('query ($f: Filter) { find(by: $f, flag: null) }', shop);
    assert.equal(
      nested.estimate({ f: JSON.parse('{"__proto__": {"text": "a"}, "constructor": 1}') as unknown }).points,
      5,
    );
  });

  test('that nest deeper than any input count as the most there is', () => {
    let filter: unknown = {};
    for (let depth = 0; depth < 100_000; depth++) filter = { and: [filter] };
    assert.equal(points('query ($f: Filter) { find(by: $f) }', shop, { f: filter }), maxPoints);
  });
});

describe('documents that are built to explode', () => {
  const nest = (levels: number, inner: (next: string) => string): string =>
    Array.from({ length: levels }, (_, level) => `fragment F${level} on Shop { ${inner(`...F${level + 1}`)} }`).join(
      ' ',
    ) + ` fragment F${levels} on Shop { name }`;

  test('a nest of fragments that doubles at each level costs what it asks for, and ends', () => {
    const doubled = nest(30, (next) => `a: shop { ${next} } b: shop { ${next} }`);
    const { points: all, dearest } = costOf(`{ shop { ...F0 } } ${doubled}`, shop).estimate({});
    assert.deepEqual([all, dearest?.path], [2 ** 31 - 1, 'shop']);
    const merged = nest(30, (next) => `shop { ${next} } shop { ${next} }`);
    assert.equal(points(`{ shop { ...F0 } } ${merged}`, shop), 31);
    const spread = nest(30, (next) => `${next} ${next}`);
    assert.equal(points(`{ shop { ...F0 } } ${spread}`, shop), 1);
  });

  test('the same with a variable in its depth is evaluated once for each place', () => {
    const doubled = nest(30, (next) => `a: shop { ${next} } b: shop { ${next} }`).replace(
      '{ name }',
      '{ shop @include(if: $on) { name } }',
    );
    const cost = costOf(`query ($on: Boolean!) { shop { ...F0 } } ${doubled}`, shop);
    assert.equal(cost.estimate({ on: false }).points, 2 ** 31 - 1);
    assert.equal(cost.estimate({ on: true }).points, 2 ** 31 - 1 + 2 ** 30);
  });

  test('a nest whose conditions are all different counts at least what it can ask for, and ends', () => {
    const levels = 24;
    const declared = Array.from({ length: levels }, (_, level) => `$a${level}: Boolean! $b${level}: Boolean!`).join(
      ' ',
    );
    let level = -1;
    const tangled = nest(levels, (next) => {
      level += 1;
      return `${next} @include(if: $a${level}) ${next} @skip(if: $b${level})`;
    });
    const cost = costOf(
      `query (${declared}) { shop { ...F0 } } ${tangled.replace('{ name }', '{ shop { name } }')}`,
      shop,
    );
    const all = Object.fromEntries(
      Array.from({ length: levels }, (_, index) => [
        [`a${index}`, true],
        [`b${index}`, false],
      ]).flat(),
    );
    const found = cost.estimate(all).points;
    assert.ok(found >= 2, String(found));
    assert.equal(cost.actual({ shop: { shop: { name: 'a' } } }, all), found);
    const none = Object.fromEntries(Object.keys(all).map((name) => [name, name.startsWith('b')]));
    assert.equal(cost.estimate(none).points, 1);
  });

  test('a broken rule in the depth of a nest that is left out is looked for once for each place', () => {
    const doubled = nest(30, (next) => `a: shop { ${next} } b: shop { ${next} }`);
    const leaf = doubled.replace('{ name }', '{ name strict @include(if: $on) { name } }');
    const cost = costOf(`query ($on: Boolean!) { shop { ...F0 } } ${leaf}`, shop);
    assert.equal(cost.estimate({ on: false }).error, undefined);
    assert.ok(cost.estimate({ on: true }).error);
  });

  test('thousands of mutations cost 10 more each, though nobody takes them apart', () => {
    const many = Array.from({ length: 31_000 }, (_, index) => `a${index}: pay`).join(' ');
    assert.equal(points(`mutation { ${many} }`, shop), 310_000);
  });

  test('points end at the largest exact integer', () => {
    const deep = nest(40, (next) => `a: shops { ${next} } b: shops { ${next} }`);
    assert.equal(points(`{ shop { ...F0 } } ${deep}`, shop), maxPoints);
    const sliced =
      'query ($n: Int) { a: sliced(first: $n) { shops { shops { name } } } b: sliced(first: $n) { name } }';
    assert.equal(points(sliced, shop, { n: Number.MAX_SAFE_INTEGER }), maxPoints);
  });

  test('a chain of thousands of fragments ends, whether fields are between them or not', () => {
    assert.equal(points(`{ shop { ...F0 } } ${nest(20_000, (next) => next)}`, shop), 1);
    assert.equal(points(`{ shop { ...F0 } } ${nest(400, (next) => `shop { ${next} }`)}`, shop), 401);
    assert.equal(points(`{ shop { ...F0 } } ${nest(20_000, (next) => `shop { ${next} }`)}`, shop), maxPoints);
  });
});

describe('the dearest field', () => {
  const dearest = (text: string, variables: Readonly<Record<string, unknown>> = {}) =>
    costOf(text, shop).estimate(variables).dearest;

  test('is the deepest that makes up more than half of each field above it', () => {
    assert.deepEqual(dearest('{ dear shop { all: shops { shops { name } shop { name } } shop { name } } }'), {
      path: 'shop.all.shops',
      coordinate: 'Shop.shops',
      points: 100,
    });
    assert.deepEqual(dearest('{ a: shops { name } shop { x: shops { name } y: shops { name } } }'), {
      path: 'shop',
      coordinate: 'Query.shop',
      points: 21,
    });
  });

  test('goes by the variables', () => {
    const text = 'query ($n: Int) { sliced(first: $n) { shop { name } } dear }';
    assert.equal(dearest(text, { n: 2 })?.coordinate, 'Query.dear');
    assert.deepEqual(dearest(text, { n: 30 }), { path: 'sliced', coordinate: 'Query.sliced', points: 60 });
  });

  test('names the concrete type of the dearest fragment', () => {
    assert.equal(dearest('{ any { ... on Cat { lives } ... on Dog { bone { name } } } }')?.coordinate, 'Cat.lives');
  });

  test('is none where nothing costs anything', () => {
    assert.equal(dearest('{ name }'), undefined);
  });
});

test('an operation without variables has one kept estimate', () => {
  for (const text of ['{ shops { name } }', '{ strict(first: 1) { name } }']) {
    const cost = costOf(text, shop);
    assert.equal(cost.estimate({}), cost.estimate({ a: 1 }), text);
  }
});

describe('interfaces whose types cost differently', () => {
  const mixed = costSchema(/* GraphQL */ `
    type Query {
      any: Any
    }
    interface Any {
      id: ID
      page: Page
      of(x: Int): Int next: Any
    }
    type A implements Any {
      id: ID
      page: Page @listSize(assumedSize: 2, sizedFields: ["items"])
      of(x: Int): Int next: Any
    }
    type B implements Any {
      id: ID @cost(weight: 3)
      page: Page @listSize(assumedSize: 5, sizedFields: ["items"])
      of(x: Int @cost(weight: 4)): Int next: Any
    }
    type C implements Any {
      id: ID
      page: Page @listSize(assumedSize: 2, sizedFields: ["items"])
      of(x: Int): Int next: Any
    }
    type Page {
      items: [A]
    }
  `);

  test('are as dear as the dearest of them, by weights, sizes and arguments', () => {
    assert.equal(points('{ any { id } }', mixed), 1 + 3);
    assert.equal(points('{ any { page { items { id } } } }', mixed), 1 + 1 + 5);
    assert.equal(points('{ any { of(x: 1) } }', mixed), 1 + 4);
  });

  test('have the actual cost of the type that answered', () => {
    const cost = costOf('{ any { __typename id next { __typename } } }', mixed);
    const of = (type: string): number =>
      cost.actual({ any: { __typename: type, id: '1', next: { __typename: 'A' } } }, {});
    assert.deepEqual(['A', 'B', 'C'].map(of), [2, 5, 2]);
  });
});

test('numbers of the arithmetic never exceed the largest exact integer', () => {
  const terms = new Terms();
  const [most, more] = [terms.read(() => Infinity), terms.read(() => maxPoints)];
  const made = [
    ...[
      most,
      fixed(Infinity),
      terms.product(most, more),
      terms.product(fixed(maxPoints), fixed(2)),
      terms.max([most, one]),
    ],
    ...[terms.sum([most, more]), terms.sum([fixed(maxPoints), one]), terms.sum([fixed(maxPoints), one, more])],
  ];
  const values = terms.evaluate({});
  assert.deepEqual(
    made.map((term) => numberOf(term, values)),
    made.map(() => maxPoints),
  );
});

describe('the actual cost of an answer', () => {
  const actual = (text: string, data: unknown, variables: Readonly<Record<string, unknown>> = {}): number =>
    costOf(text, shop).actual(data, variables);

  test('goes by the lengths that lists have', () => {
    const text = '{ shops { name shops { name } } grid { name } dears }';
    const data = {
      shops: [
        { name: 'a', shops: [{ name: 'b' }] },
        { name: 'c', shops: [] },
      ],
      grid: [[{ name: 'a' }], [], null],
      dears: [1, 2],
    };
    assert.equal(actual(text, data), 2 + 1 + 1 + 14);
  });

  test('has nothing below what is null; what was looked for weighs', () => {
    assert.equal(actual('{ shop { shop { name } } }', { shop: null }), 1);
    assert.equal(actual('{ shops { shop { name } } }', { shops: null }), 0);
    assert.equal(actual('{ shops { shop { name } } }', { shops: [null, { shop: null }] }), 3);
    assert.equal(actual('{ dear }', { dear: null }), 7);
  });

  test('goes by the types that objects have, as __typename tells or their members show', () => {
    const text = '{ any { kind: __typename ... on Cat { lives } ... on Dog { bone { name } } } }';
    assert.equal(actual(text, { any: { kind: 'Cat', lives: 9 } }), 1 + 9);
    assert.equal(actual(text, { any: { kind: 'Dog', bone: { name: 'a' } } }), 4 + 1);
    const untold = '{ any { ... on Cat { lives } ... on Dog { bone { name } } } }';
    assert.equal(actual(untold, { any: { bone: { name: 'a' } } }), 4 + 1);
    assert.equal(actual(untold, { any: { lives: 1 } }), 1 + 9);
    assert.equal(actual('{ any { ... on Cat { n: lives } ... on Dog { n: id } } }', { any: { n: 1 } }), 1 + 9);
    assert.equal(actual('{ node { id } }', { node: { id: '1' } }), 4);
  });

  test('counts arguments and mutations as estimated', () => {
    assert.equal(actual('query ($w: [String]) { find(words: $w, flag: null) }', { find: 1 }, { w: ['a', 'b'] }), 4);
    assert.equal(actual('mutation { a: pay b: buy { name } }', { a: 1, b: { name: 'a' } }), 10 + 11);
  });

  test('leaves out what was left out', () => {
    assert.equal(
      actual('query ($a: Boolean!) { dear @include(if: $a) shop { name } }', { shop: { name: 'a' } }, { a: false }),
      1,
    );
  });

  test('never throws on odd data', () => {
    const text = '{ shops { shop { name } } grid { name } any { ... on Cat { lives } ... on Dog { bone { name } } } }';
    for (const odd of [undefined, null, 1, 'a', [], [[1]], { shop: 1 }, { length: 3 }]) {
      for (const data of [odd, { shops: odd, grid: odd, any: odd }, { shops: [odd], grid: [odd], any: [odd] }]) {
        const found = actual(text, data);
        assert.ok(Number.isSafeInteger(found) && found >= 0, JSON.stringify(data));
      }
    }
  });
});
