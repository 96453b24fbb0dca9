import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse, print, validate, type DocumentNode } from 'graphql';
import { keyText } from '../../../src/upstream/facade/graphql/representations.ts';
import { asksForEntities, rewriteEntities } from '../../../src/upstream/facade/graphql/rewrite.ts';
import { graphqlSourceSchema } from '../../../src/upstream/facade/graphql/source-schema.ts';

const sdl = `
  interface Node { id: ID! }
  type Product implements Node { id: ID! name(upper: Boolean): String code: Int sku: String region: String }
  type Maker implements Node { id: ID! title: String }
  input ProductKey { sku: String! region: String! }
  type Query {
    node(id: ID!): Node
    product(id: ID!): Product
    products(ids: [ID!]!): [Product]!
    productByKey(key: ProductKey!): Product
    byCode(code: Int!): Product
    top(first: Int): [Product!]!
  }
`;
const schema = buildSchema(sdl);

const single = 'product(id: ID!): Product @lookup';
const list = 'products(ids: [ID!]!): [Product]! @lookup';
const node = 'node(id: ID!): Node @lookup';

interface Asking {
  readonly lookups: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

function rewrite({ lookups, query, variables = {} }: Asking) {
  const overlay = parse(`extend type Query { ${lookups} }`);
  const source = graphqlSourceSchema({ name: 'products', upstreamSdl: parse(sdl), overlay, overlayFile: 'x' });
  assert.deepEqual(source.problems, []);
  const rewritten = rewriteEntities(
    { document: parse(query), variables },
    {
      upstream: 'products',
      lookups: source.lookups,
      possibleTypes: (type, object) => type === object || (type === 'Node' && object !== 'Query'),
    },
  );
  for (const { document, variables: given } of rewritten.calls) assertSendable(document, given);
  return rewritten;
}

/** What a strict server accepts: it fits the schema, and no variable or fragment is without use. */
function assertSendable(document: DocumentNode, given: Readonly<Record<string, unknown>>): void {
  assert.deepEqual(validate(schema, document), [], print(document));
  const [operation] = document.definitions;
  const declared = operation && 'variableDefinitions' in operation ? (operation.variableDefinitions ?? []) : [];
  const names = new Set(declared.map((definition) => ('variable' in definition ? definition.variable.name.value : '')));
  for (const name of Object.keys(given)) assert.ok(names.has(name), `$${name} is sent but not declared`);
}

function product(...ids: readonly unknown[]) {
  return ids.map((id) => ({ __typename: 'Product', id }));
}

const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { name } } }';

test('only a document with _entities is rewritten, also where it stands in a fragment', () => {
  assert.equal(asksForEntities(parse('{ top { id } }')), false);
  assert.equal(asksForEntities(parse(entities)), true);
  assert.equal(
    asksForEntities(parse('{ ...F } fragment F on Query { a: _entities(representations: []) { __typename } }')),
    true,
  );
});

test('a list look-up asks for all keys at once, each once', () => {
  const { calls, lookups } = rewrite({ lookups: list, query: entities, variables: { r: product('1', '2', 1) } });
  assert.equal(calls.length, 1);
  assert.deepEqual(calls[0]?.variables, { _weft_0_0: ['1', '2'] });
  assert.deepEqual(
    [...(lookups[0]?.positions ?? [])],
    [
      [keyText(['1']), [0, 2]],
      [keyText(['2']), [1]],
    ],
  );
});

test('a list look-up asks for the key fields beside what was asked for', () => {
  const { calls } = rewrite({ lookups: list, query: entities, variables: { r: product('1') } });
  assert.match(
    print(calls[0]?.document as DocumentNode),
    /_weft_type: __typename\s+_weft_key0: id\s+\.\.\. on Product {\s+name/,
  );
});

test('single look-ups go out in one document', () => {
  const { calls } = rewrite({ lookups: single, query: entities, variables: { r: product('1', '2') } });
  assert.equal(calls.length, 1);
  assert.deepEqual(calls[0]?.variables, { _weft_0_0_0: '1', _weft_0_1_0: '2' });
});

test('more than 50 single look-ups go out in several documents', () => {
  const ids = Array.from({ length: 120 }, (_, at) => String(at));
  const query = 'query ($r: [_Any!]!) { top { id } _entities(representations: $r) { ... on Product { name } } }';
  const { calls, lookups } = rewrite({ lookups: single, query, variables: { r: product(...ids) } });
  assert.deepEqual(
    calls.map(({ variables }) => Object.keys(variables).length),
    [50, 50, 20],
  );
  assert.deepEqual(
    lookups.map(({ call }) => call),
    ids.map((_, at) => Math.floor(at / 50)),
  );
  assert.match(print(calls[0]?.document as DocumentNode), /top {/);
  assert.doesNotMatch(print(calls[1]?.document as DocumentNode), /top {/);
});

test('a list look-up is taken before single ones', () => {
  const { lookups } = rewrite({ lookups: `${single} ${list}`, query: entities, variables: { r: product('1') } });
  assert.equal(lookups[0]?.lookup.field, 'products');
});

test('a look-up of the type is taken before one of an interface', () => {
  const { lookups } = rewrite({ lookups: `${node} ${single}`, query: entities, variables: { r: product('1') } });
  assert.equal(lookups[0]?.lookup.field, 'product');
});

test('a representation goes to the look-up whose key it has', () => {
  const variables = {
    r: [
      { __typename: 'Product', code: 7 },
      { __typename: 'Product', id: '1', code: null },
    ],
  };
  const query = entities;
  const { lookups, lost } = rewrite({ lookups: `byCode(code: Int!): Product @lookup ${single}`, query, variables });
  assert.deepEqual(
    lookups.map(({ lookup }) => lookup.field),
    ['byCode', 'product'],
  );
  assert.deepEqual(lost, []);
});

test('key fields become the fields of an input object', () => {
  const variables = { r: [{ __typename: 'Product', sku: 'a', region: 'EU', name: 'not a key' }] };
  const { calls } = rewrite({ lookups: 'productByKey(key: ProductKey!): Product @lookup', query: entities, variables });
  assert.deepEqual(calls[0]?.variables, { _weft_0_0_0: { sku: 'a', region: 'EU' } });
});

test('a number is sent as text where the server wants text, and as a number where not', () => {
  const text = rewrite({ lookups: single, query: entities, variables: { r: product(1) } });
  assert.deepEqual(text.calls[0]?.variables, { _weft_0_0_0: '1' });
  const code = rewrite({
    lookups: 'byCode(code: Int!): Product @lookup',
    query: entities,
    variables: { r: [{ __typename: 'Product', code: 7 }] },
  });
  assert.deepEqual(code.calls[0]?.variables, { _weft_0_0_0: 7 });
});

test('several _entities fields, as batching makes them, go out in one document', () => {
  const query = `query ($_v0_r: [_Any!]!, $_v1_r: [_Any!]!, $_v2_first: Int) {
    _v0__entities: _entities(representations: $_v0_r) { ... on Product { name } }
    _v1__entities: _entities(representations: $_v1_r) { ... on Product { code } }
    _v2_top: top(first: $_v2_first) { id }
  }`;
  const variables = { _v0_r: product('1'), _v1_r: product('1', '2'), _v2_first: 3 };
  const { calls, lookups, entities: fields, passed } = rewrite({ lookups: list, query, variables });
  assert.equal(calls.length, 1);
  assert.deepEqual(
    lookups.map((lookup) => lookup.entities),
    ['_v0__entities', '_v1__entities'],
  );
  assert.deepEqual(fields, [
    { responseKey: '_v0__entities', count: 1 },
    { responseKey: '_v1__entities', count: 2 },
  ]);
  assert.deepEqual(passed, ['_v2_top']);
  assert.deepEqual(calls[0]?.variables, { _v2_first: 3, _weft_0_0: ['1'], _weft_1_0: ['1', '2'] });
});

test('two _entities fields with one response key are one', () => {
  const query = `query ($r: [_Any!]!) {
    _entities(representations: $r) { ... on Product { name } }
    _entities(representations: $r) { ... on Product { code } }
  }`;
  const { calls, entities: fields } = rewrite({ lookups: list, query, variables: { r: product('1') } });
  assert.equal(fields.length, 1);
  assert.match(print(calls[0]?.document as DocumentNode), /name[^]*code/);
});

test('representations may stand in the document itself', () => {
  const query = '{ _entities(representations: [{ __typename: "Product", id: "5" }]) { ... on Product { name } } }';
  assert.deepEqual(rewrite({ lookups: list, query }).calls[0]?.variables, { _weft_0_0: ['5'] });
});

test('variables and fragments that the selections need stay, all others go', () => {
  const query = `query Q($r: [_Any!]!, $upper: Boolean, $unused: Int, $if: Boolean!) {
    _entities(representations: $r) { ...P ... on Maker { title @include(if: $if) } }
  }
  fragment P on Product { ...N }
  fragment N on Product { name(upper: $upper) }
  fragment Unused on Maker { title }`;
  const variables = { r: product('1'), upper: true, unused: 1, if: true };
  const [call] = rewrite({ lookups: list, query, variables }).calls;
  const text = print(call?.document as DocumentNode);
  assert.deepEqual(call?.variables, { upper: true, _weft_0_0: ['1'] });
  assert.match(text, /query Q\(\$upper: Boolean, \$_weft_0_0: \[ID!\]!\)/);
  assert.match(text, /fragment N on Product/);
  assert.doesNotMatch(text, /Unused|Maker|_Any/);
});

test('fragments on other types are left out, those on interfaces of the type stay', () => {
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) {
    __typename
    ... on Node { id }
    ... on Maker { title }
    ... on _Entity { ... on Product { code } ... on Maker { title } }
    ... @include(if: true) { ... on Product { name } }
    ...E
  } }
  fragment E on _Entity { ... on Product { sku } }`;
  const text = print(
    rewrite({ lookups: list, query, variables: { r: product('1') } }).calls[0]?.document as DocumentNode,
  );
  assert.match(text, /__typename\s+\.\.\. on Node {\s+id/);
  for (const field of ['code', 'name', 'sku']) assert.match(text, new RegExp(`\\b${field}\\b`));
  assert.doesNotMatch(text, /Maker|_Entity/);
});

test('types of one interface look-up are asked for apart', () => {
  const variables = {
    r: [
      { __typename: 'Product', id: '1' },
      { __typename: 'Maker', id: '1' },
    ],
  };
  const query =
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { name } ... on Maker { title } } }';
  const { calls, lookups } = rewrite({ lookups: node, query, variables });
  assert.equal(calls.length, 1);
  assert.deepEqual(
    lookups.map(({ type }) => type),
    ['Product', 'Maker'],
  );
});

test('no representations make no call', () => {
  const { calls, entities: fields } = rewrite({ lookups: list, query: entities, variables: { r: [] } });
  assert.deepEqual(calls, []);
  assert.deepEqual(fields, [{ responseKey: '_entities', count: 0 }]);
});

test('what is skipped is not asked for, also by the default of a variable', () => {
  const query = `query ($r: [_Any!]!, $no: Boolean = false, $yes: Boolean = true) {
    a: _entities(representations: $r) @include(if: $no) { ... on Product { name } }
    b: _entities(representations: $r) @skip(if: $yes) { ... on Product { name } }
    ... on Query @include(if: $no) { c: top { id } }
    d: top @skip(if: $yes) { id }
  }`;
  const { calls, entities: fields, passed } = rewrite({ lookups: list, query, variables: { r: product('1') } });
  assert.deepEqual([calls, fields, passed], [[], [], []]);
});

const lost: readonly (readonly [promise: string, representation: unknown])[] = [
  ['of an unknown type', { __typename: 'Shop', id: '1' }],
  ['without a type', { id: '1' }],
  ['without a key', { __typename: 'Product', name: 'x' }],
  ['that is no object', 'Product:1'],
];

for (const [promise, representation] of lost) {
  test(`a representation ${promise} is lost alone`, () => {
    const variables = { r: [representation, ...product('1')] };
    const rewritten = rewrite({ lookups: list, query: entities, variables });
    assert.deepEqual(
      rewritten.lost.map(({ entities: key, position }) => [key, position]),
      [['_entities', 0]],
    );
    assert.equal(rewritten.lost[0]?.error.code, 'INTERNAL_ERROR');
    assert.deepEqual(rewritten.calls[0]?.variables, { _weft_0_0: ['1'] });
  });
}
