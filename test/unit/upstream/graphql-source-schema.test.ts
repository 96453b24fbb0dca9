import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@theguild/federation-composition';
import { parse, print } from 'graphql';
import { graphqlSourceSchema } from '../../../src/upstream/facade/graphql/source-schema.ts';

const upstream = `
  directive @internalOnly(reason: String) on OBJECT | FIELD_DEFINITION
  scalar Money
  interface Node { id: ID! }
  "Sold here."
  type Product implements Node @internalOnly {
    id: ID!
    sku: String!
    region: Region!
    name(upper: Boolean = false): String @internalOnly(reason: "x")
    price: Money
    tags: [String!]
    old: String @deprecated(reason: "gone")
  }
  type Maker implements Node { id: ID! title: String }
  union Thing = Product | Maker
  enum Region { EU US }
  input ProductKey { sku: String! region: Region! note: String }
  input StrangeKey { sku: String! planet: String! }
  input NoKey { note: String }
  type Query {
    product(id: ID!): Product
    productOrFail(id: ID!): Product!
    productBySku(sku: String!, region: Region!): Product
    productByKey(key: ProductKey!): Product
    productByStrangeKey(key: StrangeKey!): Product
    productByNoKey(key: NoKey): Product
    productByCode(code: ID!): Product
    productIn(id: ID!, currency: String): Product
    products(ids: [ID!]!): [Product]!
    productsFound(ids: [ID!]!): [Product!]!
    productsByCodes(codes: [ID!]!): [Product]
    productsByKeys(keys: [ProductKey!]!): [Product]!
    productsBySku(skus: [String!]!, region: Region!): [Product]!
    productsByTwoLists(ids: [ID!]!, skus: [String!]!): [Product]!
    node(id: ID!): Node
    thing(id: ID!): Thing
    names(id: ID!): [String]
    topProducts(first: Int = 2): [Product!]!
    byTags(tags: [String!]!): [Product]!
    byCount(id: Int!): Product
  }
  type Mutation { rename(id: ID!, name: String!): Product }
  type Subscription { renamed: Product }
`;

function sourceOf(overlay: string | undefined, sdl = upstream) {
  return graphqlSourceSchema({
    name: 'products',
    upstreamSdl: parse(sdl),
    overlay: overlay === undefined ? undefined : parse(overlay),
    overlayFile: 'schema/products.graphql',
  });
}

function lookupIn(fields: string) {
  const { lookups, problems } = sourceOf(`extend type Query { ${fields} }`);
  assert.deepEqual(problems, []);
  const [lookup] = lookups;
  assert.ok(lookup);
  return lookup;
}

function composed(overlay: string | undefined, sdl = upstream) {
  const { sourceSchema, problems } = sourceOf(overlay, sdl);
  assert.deepEqual(problems, []);
  return composeServices([{ name: 'products', typeDefs: sourceSchema, url: 'http://products' }]);
}

test('without an overlay the schema composes as it is, without directives that only the server knows', () => {
  const { sourceSchema } = sourceOf(undefined);
  const text = print(sourceSchema);
  assert.doesNotMatch(text, /internalOnly|@key\(/);
  assert.match(text, /"Sold here\."/);
  assert.match(text, /old: String @deprecated\(reason: "gone"\)/);
  assert.match(text, /type Subscription {\s+renamed: Product/);
  assert.equal(composed(undefined).errors, undefined);
});

test('types that look-ups find become entities and compose', () => {
  const overlay = `extend type Query {
    product(id: ID!): Product @lookup
    products(ids: [ID!]!): [Product]! @lookup
    productBySku(sku: String!, region: Region!): Product @lookup
  }`;
  assert.match(
    print(sourceOf(overlay).sourceSchema),
    /Product implements Node @key\(fields: "id"\) @key\(fields: "sku region"\)/,
  );
  const result = composed(overlay);
  assert.equal(result.errors, undefined);
  assert.match(result.supergraphSdl ?? '', /@join__type\(graph: PRODUCTS, key: "sku region"\)/);
});

test('a look-up by one argument has that key field', () => {
  const lookup = lookupIn('product(id: ID!): Product @lookup');
  assert.deepEqual(lookup.key, ['id']);
  assert.deepEqual([lookup.isList, lookup.types, lookup.returns], [false, ['Product'], 'Product']);
});

test('several arguments are a key of several fields', () => {
  assert.deepEqual(lookupIn('productBySku(sku: String!, region: Region!): Product @lookup').key, ['sku', 'region']);
});

test('the fields of one input object are a key of several fields; its optional others are not', () => {
  const lookup = lookupIn('productByKey(key: ProductKey!): Product @lookup');
  assert.deepEqual(lookup.key, ['sku', 'region']);
  assert.equal(lookup.arguments[0]?.isObject, true);
});

test('@is names the key field of an argument that is called something else', () => {
  assert.deepEqual(lookupIn('productByCode(code: ID! @is(field: "sku")): Product @lookup').key, ['sku']);
});

test('a list argument is matched by the plural of its key field', () => {
  const lookup = lookupIn('products(ids: [ID!]!): [Product]! @lookup');
  assert.deepEqual([lookup.isList, lookup.key], [true, ['id']]);
});

test('a list may hold non-null entities, as a server may leave out what it does not find', () => {
  assert.equal(lookupIn('productsFound(ids: [ID!]!): [Product!]! @lookup').isList, true);
});

test('@is names the key field of a list argument', () => {
  assert.deepEqual(lookupIn('productsByCodes(codes: [ID!]! @is(field: "id")): [Product] @lookup').key, ['id']);
});

test('a list of input objects is a list look-up with a key of several fields', () => {
  const lookup = lookupIn('productsByKeys(keys: [ProductKey!]!): [Product]! @lookup');
  assert.deepEqual([lookup.isList, lookup.key], [true, ['sku', 'region']]);
});

test('an interface finds all its types, and gives each the key', () => {
  const overlay = 'extend type Query { node(id: ID!): Node @lookup }';
  assert.deepEqual(sourceOf(overlay).lookups[0]?.types.toSorted(), ['Maker', 'Product']);
  const text = print(sourceOf(overlay).sourceSchema);
  assert.match(text, /type Product implements Node @key\(fields: "id"\)/);
  assert.match(text, /type Maker implements Node @key\(fields: "id"\)/);
  assert.equal(composed(overlay).errors, undefined);
});

test('a union finds all its types', () => {
  assert.deepEqual(lookupIn('thing(id: ID!): Thing @lookup').types.toSorted(), ['Maker', 'Product']);
});

test('an optional argument that is no key field is left to its default', () => {
  const lookup = lookupIn('productIn(id: ID!, currency: String): Product @lookup');
  assert.deepEqual(
    lookup.arguments.map(({ name }) => name),
    ['id'],
  );
});

test('an optional argument may be left out of the overlay', () => {
  assert.deepEqual(lookupIn('productIn(id: ID!): Product @lookup').key, ['id']);
});

test('the overlay adds directives and descriptions to what the upstream has', () => {
  const overlay = `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9")
    directive @lookup on FIELD_DEFINITION
    extend type Product @tag(name: "shop") { price: Money @inaccessible  name: String @deprecated(reason: "use title") }
    type Maker @shareable { "As printed." title: String @tag(name: "a") @tag(name: "b") }
    enum Region { US @inaccessible }
    input ProductKey { note: String @deprecated }
    extend type Query { topProducts(first: Int @deprecated): [Product!]! @cost(weight: 5) }
    extend scalar Money @tag(name: "money")
    extend union Thing @tag(name: "thing")
  `;
  const text = print(sourceOf(overlay).sourceSchema);
  assert.match(text, /type Product implements Node @tag\(name: "shop"\)/);
  assert.match(text, /price: Money @inaccessible/);
  assert.match(text, /name\(upper: Boolean = false\): String @deprecated\(reason: "use title"\)/);
  assert.match(text, /"As printed\."\s+title: String @tag\(name: "a"\) @tag\(name: "b"\)/);
  assert.match(text, /US @inaccessible/);
  assert.match(text, /topProducts\(first: Int = 2 @deprecated\): \[Product!\]! @cost\(weight: 5\)/);
  const result = composed(overlay);
  assert.equal(result.errors, undefined);
});

test("a directive that may stand once replaces the upstream's own", () => {
  const { sourceSchema } = sourceOf('extend type Product { old: String @deprecated(reason: "since May") }');
  assert.match(print(sourceSchema), /old: String @deprecated\(reason: "since May"\)/);
});

test('a key that nobody looks up may be declared as not resolvable', () => {
  const overlay = 'extend type Product @key(fields: "id", resolvable: false)';
  assert.equal(composed(overlay).errors, undefined);
  assert.match(print(sourceOf(overlay).sourceSchema), /@key\(fields: "id", resolvable: false\)/);
});

test('a key that is declared and looked up stands once', () => {
  const overlay = 'extend type Product @key(fields: "id") extend type Query { product(id: ID!): Product @lookup }';
  const text = print(sourceOf(overlay).sourceSchema);
  assert.equal(text.match(/@key\(/g)?.length, 1);
});

const refusals: readonly (readonly [promise: string, overlay: string, message: RegExp])[] = [
  ['an invented type', 'extend type Shop { id: ID! }', /no type "Shop".*schema\/gateway\.graphql/],
  [
    'another kind of type',
    'extend interface Product { id: ID! }',
    /"Product" is declared as interface.*has it as type/,
  ],
  ['an invented field', 'extend type Product { stock: Int }', /no field "Product\.stock".*schema\/gateway\.graphql/],
  [
    'another type of a field',
    'extend type Product { sku: ID! @tag(name: "x") }',
    /"Product\.sku" is declared as ID!.*String!/,
  ],
  ['an invented argument', 'extend type Product { name(lower: Boolean): String }', /no "lower" in "Product\.name"/],
  [
    'another type of an argument',
    'extend type Query { product(id: String!): Product @lookup }',
    /"id" of "Query\.product" is declared as String!.*ID!/,
  ],
  [
    'a required argument left out',
    'extend type Query { product: Product @tag(name: "x") }',
    /without its argument "id: ID!"/,
  ],
  ['an invented enum value', 'extend enum Region { MARS @inaccessible }', /no value "Region\.MARS"/],
  ['an invented input field', 'extend input ProductKey { size: Int }', /no "size" in "ProductKey"/],
  ['an invented interface', 'extend type Query implements Node', /"Query" has nothing to do with "Node"/],
  ['an invented union member', 'extend union Thing = Query', /"Thing" has nothing to do with "Query"/],
  [
    'an unknown directive',
    'extend type Product { sku: String! @lookpu }',
    /@lookpu has no meaning here: expected one of .*@tag/,
  ],
  [
    '@lookup outside Query',
    'extend type Mutation { rename(id: ID!, name: String!): Product @lookup }',
    /@lookup has no meaning here/,
  ],
  [
    '@is without @lookup',
    'extend type Query { product(id: ID! @is(field: "id")): Product }',
    /@is has no meaning here/,
  ],
  ['an operation', 'query Q { a }', /expected types of the upstream/],
  [
    'a non-null look-up',
    'extend type Query { productOrFail(id: ID!): Product! @lookup }',
    /returns Product!: @lookup expects a nullable type/,
  ],
  [
    'a look-up of scalars',
    'extend type Query { names(id: ID!): [String] @lookup }',
    /returns \[String\]: @lookup expects an object/,
  ],
  [
    'a look-up without a key',
    'extend type Query { topProducts(first: Int): [Product!]! @lookup }',
    /no argument that is a key field of Product/,
  ],
  [
    'a required argument that is no key field',
    'extend type Query { productByCode(code: ID!): Product @lookup }',
    /"code" is no key field of Product/,
  ],
  [
    '@is with a field that is not there',
    'extend type Query { productByCode(code: ID! @is(field: "codes")): Product @lookup }',
    /"Product" has no field "codes"/,
  ],
  [
    '@is on an input object',
    'extend type Query { productByKey(key: ProductKey! @is(field: "sku")): Product @lookup }',
    /@is cannot/,
  ],
  [
    'a key field of another type',
    'extend type Query { byCount(id: Int!): Product @lookup }',
    /argument "id" is no key field/,
  ],
  [
    'a key field that is a list',
    'extend type Query { byTags(tags: [String!]!): [Product]! @lookup }',
    /"tags" is no key field/,
  ],
  [
    'an input object with a required stranger',
    'extend type Query { productByStrangeKey(key: StrangeKey!): Product @lookup }',
    /"StrangeKey\.planet" is required/,
  ],
  [
    'an input object without a key field',
    'extend type Query { productByNoKey(key: NoKey): Product @lookup }',
    /no field of NoKey is a key field/,
  ],
  [
    'a list look-up with a single argument beside',
    'extend type Query { productsBySku(skus: [String!]!, region: Region!): [Product]! @lookup }',
    /"region" is Region!: expected a list/,
  ],
  [
    'a list look-up with two lists',
    'extend type Query { productsByTwoLists(ids: [ID!]!, skus: [String!]!): [Product]! @lookup }',
    /2 key arguments/,
  ],
  ['a key that nobody looks up', 'extend type Product @key(fields: "sku")', /no look-up finds "Product" by "sku"/],
];

for (const [promise, overlay, message] of refusals) {
  test(`${promise} is a problem with its place`, () => {
    const { problems } = sourceOf(`\n  ${overlay}`);
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.match(problems[0]?.message ?? '', message);
    assert.equal(problems[0]?.file, 'schema/products.graphql');
    assert.equal(problems[0]?.line, 2);
    assert.ok((problems[0]?.column ?? 0) >= 3);
  });
}

test('all problems come at once', () => {
  const { problems } = sourceOf('extend type Product { a: Int b: Int } extend type Nothing { c: Int }');
  assert.equal(problems.length, 3);
});

test("root types that the server calls otherwise have the supergraph's names", () => {
  const sdl =
    'schema { query: Root mutation: Changes } type Root { again: Root a(id: ID!): A } type Changes { x: Int } type A { id: ID! }';
  const { sourceSchema, lookups } = sourceOf('extend type Query { a(id: ID!): A @lookup }', sdl);
  assert.match(print(sourceSchema), /type Query {\s+again: Query\s+a\(id: ID!\): A/);
  assert.match(print(sourceSchema), /type Mutation/);
  assert.equal(lookups.length, 1);
  assert.equal(composed(undefined, sdl).errors, undefined);
});

test('a type that only looks like a root type is a problem', () => {
  const { problems } = sourceOf(undefined, 'schema { query: Root } type Root { q: Query } type Query { a: Int }');
  assert.match(problems[0]?.message ?? '', /"Query" is a type, but not the root type/);
});

test('a federation server read as a plain one offers nothing of federation', () => {
  const sdl = `scalar _Any union _Entity = A type _Service { sdl: String } type A { id: ID! }
    type Query { a: A _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }`;
  assert.doesNotMatch(print(sourceOf(undefined, sdl).sourceSchema), /_Any|_Entity|_Service|_entities|_service/);
});

test('a schema that is none is a problem', () => {
  const { problems } = sourceOf(undefined, 'type Query { a: Missing }');
  assert.match(problems[0]?.message ?? '', /schema of upstream "products" is not valid.*Missing/);
});
