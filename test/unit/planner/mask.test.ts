import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, validate } from 'graphql';
import { demandsOf, maskOperation } from '../../../src/planner/mask-operation.ts';
import { Mask, type GuardTable } from '../../../src/planner/mask.ts';
import { normalise } from '../../../src/planner/normalise.ts';
import { planOperation } from '../../../src/planner/plan-operation.ts';
import { shapeOf } from '../../../src/planner/shape-of.ts';
import { writeOperation } from '../../../src/planner/write-operation.ts';
import { prepare } from './reference/check.ts';

const { schema, graph } = prepare(
  parse(`
    enum join__Graph { A @join__graph(name: "a", url: "http://a.example") B @join__graph(name: "b", url: "http://b.example") }
    type Query @join__type(graph: A) @join__type(graph: B) {
      product(id: ID): Product @join__field(graph: A)
      found(first: Int): [Found!]! @join__field(graph: A)
      node: Node @join__field(graph: A)
      thing: Thing @join__field(graph: B)
    }
    interface Node @join__type(graph: A) { id: ID! }
    type Product implements Node @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__implements(graph: A, interface: "Node") {
      id: ID!
      name(cut: Int): String @join__field(graph: A)
      stock(at: String): Int @join__field(graph: B)
    }
    type Lost implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") { id: ID! name(cut: Int): String }
    union Found @join__type(graph: A) @join__unionMember(graph: A, member: "Product") @join__unionMember(graph: A, member: "Lost") = Product | Lost
    interface Thing @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) {
      id: ID!
      title: String @join__field(graph: A)
      likes: Int @join__field(graph: B)
    }
    type Book implements Thing @join__type(graph: A, key: "id") @join__implements(graph: A, interface: "Thing") { id: ID! title: String likes: Int @join__field }
    type Film implements Thing @join__type(graph: A, key: "id") @join__implements(graph: A, interface: "Thing") { id: ID! title: String likes: Int @join__field }
  `),
);

/** Each place demands something of its own. */
function guardsAt(...places: readonly string[]): GuardTable {
  const numbered = places.map((place, number) => [place, [number]] as const);
  return {
    types: new Map(numbered.filter(([place]) => !place.includes('.'))),
    fields: new Map(numbered.filter(([place]) => place.includes('.'))),
  };
}

function operationOf(text: string) {
  const document = parse(text);
  assert.deepEqual(validate(schema, document), []);
  return normalise({ document, schema, graph });
}

/** The operation without these places. */
function masked(text: string, ...places: readonly string[]) {
  const operation = operationOf(text);
  const mask = new Mask(schema, guardsAt(...places), places.keys());
  const left = maskOperation(operation, mask, schema);
  return {
    texts: planOperation({ graph, operation: left }).fetches.map(({ upstream, text: asked }) => `${upstream} ${asked}`),
    shape: shapeOf(schema, operation, mask),
    written: writeOperation(left, schema).text,
    left,
  };
}

describe('a masked plan asks for nothing that is denied', () => {
  const cases: readonly (readonly [
    promise: string,
    query: string,
    places: readonly string[],
    texts: readonly string[],
  ])[] = [
    ['not for a field', '{ product { id name } }', ['Product.name'], ['a {product{id}}']],
    ['not for a field that is a root', '{ product { id } node { id } }', ['Query.node'], ['a {product{id}}']],
    ['not for what only it needs', '{ product { id stock } }', ['Product.stock'], ['a {product{id}}']],
    [
      'but for a key that the gateway needs itself',
      '{ product { id stock } }',
      ['Product.id'],
      [
        'a {product{id}}',
        'b query($representations:[_Any!]!){_entities(representations:$representations){...on Product{stock}}}',
      ],
    ],
    [
      'not for a field of an interface where it is denied of a type',
      '{ node { id } }',
      ['Product.id'],
      ['a {node{__typename ...on Lost{id}}}'],
    ],
    [
      'not for a field of an interface that is denied of all types',
      '{ node { id } }',
      ['Product.id', 'Lost.id'],
      ['a {node{__typename}}'],
    ],
    [
      'not for objects of a denied type',
      '{ found { ...on Node { id } ...on Product { name } } }',
      ['Product'],
      ['a {found{__typename ...on Lost{id}}}'],
    ],
    [
      'not for a field that gives a denied type',
      '{ product { id } node { id } }',
      ['Product'],
      ['a {node{__typename ...on Lost{id}}}'],
    ],
    [
      'not for a field all of whose types are denied',
      '{ found { __typename } product { id } }',
      ['Product', 'Lost'],
      [],
    ],
    ['nothing where nothing is left', '{ product { name } }', ['Query.product'], []],
    [
      'for the object where its fields are denied',
      '{ product { name } }',
      ['Product.name'],
      ['a {product{__typename}}'],
    ],
    [
      'for the type where the upstream cannot tell whether an object is denied',
      '{ thing { likes } }',
      ['Film', 'Book.likes'],
      [
        'b {thing{id}}',
        'a query($representations:[_Any!]!){_entities(representations:$representations){...on Thing{__typename}}}',
      ],
    ],
    [
      'for the type where the upstream cannot tell whether the answer has a denied field',
      '{ thing { likes ... on Film { title } } }',
      ['Film.title'],
      [
        'b {thing{likes id}}',
        'a query($representations:[_Any!]!){_entities(representations:$representations){...on Thing{__typename}}}',
      ],
    ],
    [
      'for the type where the upstream cannot tell whether a field is denied',
      '{ thing { likes } }',
      ['Film.likes'],
      [
        'b {thing{id}}',
        'a query($representations:[_Any!]!){_entities(representations:$representations){...on Thing{__typename}}}',
        'b query($representations:[_Any!]!){_entities(representations:$representations){...on Thing{likes}}}',
      ],
    ],
  ];
  for (const [promise, query, places, texts] of cases) {
    test(promise, () => assert.deepEqual(masked(query, ...places).texts, texts));
  }

  test('variables that only denied fields used are gone', () => {
    const query =
      'query ($cut: Int, $at: String, $on: Boolean!) { product { name(cut: $cut) stock(at: $at) @include(if: $on) } }';
    assert.deepEqual(
      masked(query, 'Product.stock').left.variables.map(({ name }) => name),
      ['cut'],
    );
  });
});

describe('the shape of a masked operation', () => {
  test('is that of the whole operation, with what is denied marked', () => {
    const { root, isMasked } = masked('{ product { a: name(cut: 1) id } }', 'Product.name').shape;
    assert.equal(isMasked, true);
    const [product] = root.fields;
    assert.ok(product?.value.of.kind === 'object');
    const sources = product.value.of.fields.map(({ responseKey, source, coordinate }) => [
      responseKey,
      source,
      coordinate,
    ]);
    assert.deepEqual(sources, [
      ['a', 'denied', 'Product.name'],
      ['id', 'data', undefined],
    ]);
  });

  test('tells nothing below a field that is denied', () => {
    const text = JSON.stringify(masked('{ product { name } node { id } }', 'Query.product').shape);
    assert.doesNotMatch(text, /"name":"name"/);
  });

  test('marks the types of an interface or union whose objects are denied', () => {
    const [node] = masked('{ node { id } }', 'Lost').shape.root.fields;
    assert.ok(node?.value.of.kind === 'abstract');
    assert.deepEqual(
      node.value.of.types.map(({ name, isDenied }) => [name, isDenied]),
      [
        ['Lost', true],
        ['Product', undefined],
      ],
    );
  });

  test('takes no object for one without a type where some types are denied', () => {
    const [sometimes] = masked('query ($on: Boolean!) { thing { likes @include(if: $on) } }', 'Film').shape.root.fields;
    assert.ok(sometimes?.value.of.kind === 'abstract');
    assert.equal(sometimes.value.of.untyped, undefined);
    for (const places of [['Film'], ['Film.likes']]) {
      const [thing] = masked('{ thing { likes } }', ...places).shape.root.fields;
      assert.ok(thing?.value.of.kind === 'abstract');
      assert.equal(
        thing.value.of.untyped !== undefined && thing.value.of.typedWhen === undefined,
        false,
        places.join(),
      );
    }
  });

  test('is not marked where the mask touches nothing of the operation', () => {
    assert.equal(masked('{ product { id } }', 'Lost').shape.isMasked, undefined);
  });
});

test('a field of an interface is denied where it is of any of its types', () => {
  const mask = new Mask(schema, guardsAt('Product.id'), [0]);
  assert.deepEqual(
    ['Node', 'Product', 'Lost'].map((type) => mask.deniesField(type, 'id')),
    [true, true, false],
  );
});

describe('what an operation may demand', () => {
  const demands = (query: string, ...places: readonly string[]): readonly (string | undefined)[] =>
    demandsOf(operationOf(query), guardsAt(...places), schema).map((number) => places[number]);

  test('is what its fields demand, of each type that they may be read of', () => {
    const places = ['Product.name', 'Product.id', 'Lost.id', 'Query.node', 'Query.product'];
    assert.deepEqual(demands('{ node { id } }', ...places), ['Product.id', 'Lost.id', 'Query.node']);
    assert.deepEqual(demands('{ node { ... on Lost { x: id } } }', ...places), ['Lost.id', 'Query.node']);
  });

  test('and what the objects demand that it may meet, asked for or not', () => {
    assert.deepEqual(demands('{ node { ... on Lost { id } } }', 'Product', 'Film'), ['Product']);
    assert.deepEqual(demands('{ product { __typename } }', 'Product', 'Lost'), ['Product']);
  });

  test('whatever its conditions say, unless they are constant', () => {
    const query = 'query ($on: Boolean!) { product { name @include(if: $on) stock @skip(if: true) } }';
    assert.deepEqual(demands(query, 'Product.name', 'Product.stock'), ['Product.name']);
  });

  test('is nothing where it asks for nothing but __typename', () => {
    assert.deepEqual(demands('{ __typename }', 'Query', 'Query.node'), []);
  });
});

test('what is left of an operation is written as a document of its own', () => {
  const query = `query ($cut: Int = 3, $on: Boolean!, $no: Boolean!) {
    again: product(id: "1") { name: id id: name(cut: $cut) @include(if: $on) @skip(if: $no) }
    found { ... on Node { id } ... on Product { stock } ... on Lost { name } }
    __schema { queryType { name } }
  }`;
  const { written } = masked(query, 'Product.stock');
  assert.deepEqual(validate(schema, parse(written)), []);
  assert.equal(
    written,
    'query($cut:Int=3,$on:Boolean!,$no:Boolean!){again:product(id:"1"){name:id id:name(cut:$cut) @skip(if:$no) @include(if:$on)} ' +
      'found{__typename ...on Node{id} ...on Lost{name}}}',
  );
});
