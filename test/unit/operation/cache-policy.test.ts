import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, validate } from 'graphql';
import { hintedSchema, policyOf } from '../../support/cache-policy-schema.ts';

const shop = hintedSchema(/* GraphQL */ `
  type Query {
    user(id: ID): User @cacheControl(maxAge: 60)
    users: [User] @cacheControl(maxAge: 60)
    plainUser: User
    named: Named @cacheControl(maxAge: 60)
    any: Any @cacheControl(maxAge: 60)
    product: Product
    short: Product @cacheControl(maxAge: 5)
    box: Box @cacheControl(maxAge: 60)
    boxed: Box @cacheControl(inheritMaxAge: true)
    secret: Secret @cacheControl(maxAge: 60)
    count: Int
    total: Int @cacheControl(maxAge: 30)
  }
  type Mutation {
    touch: User @cacheControl(maxAge: 60)
  }
  type Subscription {
    touched: User @cacheControl(maxAge: 60)
  }
  interface Named {
    name: String
  }
  type User implements Named {
    id: ID
    name: String
    email: String @cacheControl(scope: PRIVATE)
    age: Int @cacheControl(maxAge: 10)
    box: Box
    best: Product
  }
  type Product implements Named @cacheControl(maxAge: 40) {
    id: ID
    name: String @cacheControl(scope: PUBLIC)
    box: Box @cacheControl(inheritMaxAge: true)
  }
  type Robot implements Named {
    name: String @cacheControl(scope: PRIVATE)
  }
  union Any = User | Product
  type Box {
    size: Int
    lid: Lid
    inherits: Lid @cacheControl(inheritMaxAge: true)
  }
  type Lid @cacheControl(inheritMaxAge: true) {
    size: Int
    inner: Box
  }
  type Secret @cacheControl(scope: PRIVATE) {
    size: Int
  }
`);

function ageOf(text: string, variables: Readonly<Record<string, unknown>> = {}): number {
  assert.deepEqual(validate(shop.schema, parse(text)), [], text);
  return policyOf(text, shop).maxAge(variables);
}

function isPrivate(text: string, variables: Readonly<Record<string, unknown>> = {}): boolean {
  assert.deepEqual(validate(shop.schema, parse(text)), [], text);
  return policyOf(text, shop).isPrivate(variables);
}

describe('how long an answer may be kept', () => {
  const ages: Readonly<Record<string, readonly [query: string, seconds: number]>> = {
    'as long as its root field says': ['{ user { name } }', 60],
    'no longer than any of its fields': ['{ user { name age } }', 10],
    'no longer than the shortest of its root fields': ['{ user { name } total }', 30],
    'as long as the type of a root field says, where the field says nothing': ['{ product { name } }', 40],
    'as long as the shorter of field and type': ['{ short { name } user { best { name } } }', 5],
    'no longer than the type of a field below': ['{ user { best { name } } }', 40],
    'not at all, where a root field says nothing': ['{ user { name } plainUser { name } }', 0],
    'not at all, where a root leaf says nothing': ['{ count }', 0],
    'as long as a root leaf says': ['{ total }', 30],
    'not at all, where an object below says nothing': ['{ user { box { size } } }', 0],
    "its parent's time, where a field inherits it": ['{ product { box { size } } }', 40],
    "its parent's time, where a type inherits it": ['{ box { lid { size } inherits { size } } }', 60],
    'not at all, where an object below an inheriting one says nothing': ['{ box { lid { inner { size } } } }', 0],
    'not at all, where a root field has nothing to inherit': ['{ boxed { size } }', 0],
    'not at all, where nothing is asked for but the name of the type': ['{ __typename }', 0],
    'whatever names of types are asked for beside': ['{ __typename user { __typename name } }', 60],
    'not at all with the schema': ['{ user { name } __schema { types { name } } }', 0],
    'not at all with a type of the schema': ['{ user { name } __type(name: "User") { name } }', 0],
    'no longer than any object that may stand at the place of an interface': ['{ named { name } }', 40],
    'no longer than any member of a union': ['{ any { __typename } }', 40],
    'no longer than what a fragment asks for': ['{ any { ...F } } fragment F on User { a: age }', 10],
    'whatever stands in fragments that no object meets': [
      '{ short { ... on Named { ... on User { age box { size } } } } }',
      5,
    ],
    'never, for mutations': ['mutation { touch { name } }', 0],
    'never, for subscriptions': ['subscription { touched { name } }', 0],
  };
  for (const [promise, [query, seconds]] of Object.entries(ages)) {
    test(promise, () => assert.equal(ageOf(query), seconds));
  }

  test('whatever `@skip` and `@include` leave out says nothing', () => {
    const query =
      'query ($a: Boolean!, $b: Boolean!) { user { name age @include(if: $a) ...F @skip(if: $b) } } fragment F on User { box { size } }';
    assert.equal(ageOf(query, { a: false, b: true }), 60);
    assert.equal(ageOf(query, { a: true, b: true }), 10);
    assert.equal(ageOf(query, { a: false, b: false }), 0);
    assert.equal(ageOf(query, {}), 0, 'a value that is not there leaves nothing out');
    assert.equal(ageOf(query, { b: true }), 0, 'nor does it where another one would');
    const policy = policyOf(query, shop);
    const seconds = [false, true, false].map((a) => policy.maxAge({ a, b: true }));
    assert.deepEqual(seconds, [60, 10, 60], 'each request goes by its own variables');
    assert.equal(ageOf('{ user { name age @include(if: false) box @skip(if: true) { size } } }'), 60);
    assert.equal(ageOf('query ($a: Boolean!) { user { name age @include(if: true) @skip(if: $a) } }', { a: true }), 60);
  });

  test('with many conditions as if nothing were left out', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const all = (count: number): string =>
      names
        .slice(0, count)
        .map((name) => `$${name}: Boolean!`)
        .join();
    const asked = (count: number): string =>
      names
        .slice(0, count)
        .map((name) => `${name}: age @include(if: $${name})`)
        .join(' ');
    const off = Object.fromEntries(names.map((name) => [name, false]));
    assert.equal(ageOf(`query (${all(4)}) { user { name ${asked(4)} } }`, off), 60);
    assert.equal(ageOf(`query (${all(5)}) { user { name ${asked(5)} } }`, off), 10);
  });
});

describe('an answer is private', () => {
  const queries: Readonly<Record<string, readonly [query: string, isPrivate: boolean]>> = {
    'where a private field is asked for': ['{ user { email } }', true],
    'whatever it is called': ['{ user { name: email } }', true],
    'not where another field is called like it': ['{ user { email: name } }', false],
    'where it stands in fragments of fragments': [
      '{ named { ...A } } fragment A on Named { ... on User { ...B } } fragment B on User { x: email }',
      true,
    ],
    'where an object of a private type may be read': ['{ secret { size } }', true],
    'where nothing of it is asked for but its name': ['{ secret { t: __typename } }', true],
    'where a field of an interface is private on one type': ['{ named { n: name } }', true],
    'not where objects of that type are left out': ['{ named { ... on Product { name } } }', false],
    'not where nothing is': ['{ user { name box { lid { size } } } any { ... on Product { id } } }', false],
  };
  for (const [promise, [query, expected]] of Object.entries(queries)) {
    test(promise, () => assert.equal(isPrivate(query), expected));
  }

  test('not where a condition leaves the private field out', () => {
    const query = 'query ($mail: Boolean!) { user { name ...F @include(if: $mail) } } fragment F on User { email }';
    assert.equal(isPrivate(query, { mail: true }), true);
    assert.equal(isPrivate(query, { mail: false }), false);
  });

  test('where an interface is, for all types that implement it', () => {
    const hinted =
      hintedSchema(`type Query { a: A @cacheControl(maxAge: 1) any: Any @cacheControl(maxAge: 1) } interface I @cacheControl(scope: PRIVATE) { x: Int }
      type A implements I { x: Int } type B { x: Int } union Any = A | B`);
    assert.equal(policyOf('{ a { x } }', hinted).isPrivate({}), true);
    assert.equal(policyOf('{ any { ... on B { x } } }', hinted).isPrivate({}), true, 'an object of it may be read');
  });

  test('where a union is, for what is read through it', () => {
    const hinted = hintedSchema(`type Query { a: A @cacheControl(maxAge: 1) u: U @cacheControl(maxAge: 1) }
      union U @cacheControl(maxAge: 7, scope: PRIVATE) = A type A { x: Int }`);
    assert.equal(policyOf('{ a { x } }', hinted).isPrivate({}), false);
    assert.equal(policyOf('{ u { __typename } }', hinted).isPrivate({}), true);
    assert.equal(policyOf('{ a { ... on U { ... on A { x } } } }', hinted).isPrivate({}), true);
  });

  test('where the query type is, which holds for all that is read', () => {
    const hinted = hintedSchema(
      'type Query @cacheControl(maxAge: 5, scope: PRIVATE) { a: Int @cacheControl(maxAge: 10) b: Int }',
    );
    const policies = ['{ a }', '{ b }'].map((query) => policyOf(query, hinted));
    assert.deepEqual(
      policies.map((policy) => policy.isPrivate({})),
      [true, true],
    );
    assert.deepEqual(
      policies.map((policy) => policy.maxAge({})),
      [5, 0],
      'a root field that says nothing is not kept',
    );
  });

  test('and kept no longer where the configuration says so', () => {
    const sdl = 'type Query { a: A @cacheControl(maxAge: 10) } type A { x: Int }';
    const hinted = hintedSchema(sdl, { 'A.x': { maxAge: 3, scope: 'PRIVATE', inheritMaxAge: false } });
    const policy = policyOf('{ a { y: x } }', hinted);
    assert.deepEqual([policy.maxAge({}), policy.isPrivate({})], [3, true]);
  });
});

const tagged = hintedSchema(/* GraphQL */ `
  type Query {
    user(id: ID = "7", by: By, at: Any): User
      @cacheControl(maxAge: 60)
      @cacheTag(format: "users")
      @cacheTag(format: "user:{$args.id}")
    find(by: By = { name: "root" }, at: Json): [User]
      @cacheControl(maxAge: 60)
      @cacheTag(format: "by {$args.by.name}/{$args.by.deep.rank}/{$args.at}")
    node: Node @cacheControl(maxAge: 60)
    query: Query @cacheControl(inheritMaxAge: true)
    address: Address @cacheControl(maxAge: 60)
    part: Part @cacheControl(maxAge: 60)
    search: [Found] @cacheControl(maxAge: 60)
  }
  type Mutation {
    rename(id: ID!): Renamed @cacheTag(format: "user:{$args.id}")
    renameAll: [User]
    node: Node
    touch: Boolean
  }
  scalar Json
  enum Any {
    ONE
  }
  input By {
    name: String = "none"
    deep: Deep
  }
  input Deep {
    rank: Int = 3
  }
  interface Node {
    id: ID
    others: [Node]
  }
  type User implements Node @cacheTag(format: "u-{$key.id}") @cacheTag(format: "anyone") @join__type(key: "id") {
    id: ID
    others: [Node]
    name(upper: Boolean): String
    friends: [User]
    grid: [[User]]
    best: User
    address: Address
  }
  type Product implements Node @join__type(key: "id") {
    id(as: String): ID
    others: [Node]
    title: String
  }
  type Part @join__type(key: "maker { code } nr") @join__type(key: "nr") @cacheTag(format: "part {$key.maker.code} {$key.nr}") {
    nr: Int
    maker: Maker
  }
  type Maker {
    code: String
  }
  type Address {
    street: String
    owner: User
  }
  type Renamed {
    user: User
    query: Query
    address: Address
  }
  union Found = User | Product | Address
`);

function tagsOf(text: string, variables: Readonly<Record<string, unknown>> = {}): readonly string[] {
  assert.deepEqual(validate(tagged.schema, parse(text)), [], text);
  return policyOf(text, tagged).tags(variables).toSorted();
}

describe('the tags of an answer, before it is known', () => {
  test('are the object types that may be read, and what its root fields say of their arguments', () => {
    assert.deepEqual(tagsOf('{ user(id: "5") { best { address { street } } } }'), [
      'Address',
      'User',
      'user:5',
      'users',
    ]);
    assert.deepEqual(tagsOf('{ a: user(id: 1) { id } b: user(id: 2) { id } }'), ['User', 'user:1', 'user:2', 'users']);
    assert.deepEqual(tagsOf('{ search { ... on Product { title } } }'), ['Address', 'Product', 'User']);
    assert.deepEqual(tagsOf('{ node { ...F } } fragment F on Node { id }'), ['Product', 'User']);
  });

  test('go by variables and defaults', () => {
    const query = 'query ($id: ID, $by: By, $at: Json) { user(id: $id) { id } find(by: $by, at: $at) { id } }';
    const by = { name: 'x', deep: { rank: 1 } };
    assert.deepEqual(tagsOf(query, { id: '9', by, at: [1, { a: 2 }] }), [
      'User',
      'by x/1/[1,{"a":2}]',
      'user:9',
      'users',
    ]);
    assert.deepEqual(tagsOf(query, { id: null, by: null }), ['User', 'by null/null/null', 'user:null', 'users']);
    assert.deepEqual(tagsOf('{ user { id } find { id } }'), ['User', 'by root/null/null', 'user:7', 'users']);
    assert.deepEqual(tagsOf('{ find(by: { deep: {} }, at: 1) { id } }'), ['User', 'by none/3/1']);
    assert.deepEqual(tagsOf('query ($id: ID = "d") { user(id: $id) { id } }', {}), ['User', 'user:d', 'users']);
  });

  test('are found where the query type is read once more', () => {
    assert.deepEqual(tagsOf('{ query { query { user(id: 3) { id } } } }'), ['User', 'user:3', 'users']);
  });

  test('are the same kept list, where no variable decides', () => {
    const policy = policyOf('query ($n: Boolean) { user(id: 5) { name(upper: $n) } }', tagged);
    assert.equal(policy.tags({ n: true }), policy.tags({ n: false }));
  });

  test('leave out what conditions leave out', () => {
    const query = 'query ($a: Boolean!) { user(id: 1) { id } node @include(if: $a) { id } }';
    assert.deepEqual(tagsOf(query, { a: false }), ['User', 'user:1', 'users']);
    assert.deepEqual(tagsOf(query, { a: true }), ['Product', 'User', 'user:1', 'users']);
  });

  test('are bounded in length, however long a value is', () => {
    const long = tagsOf('query ($id: ID) { user(id: $id) { id } }', { id: 'x'.repeat(100_000) });
    assert.ok(long.every((tag) => tag.length <= 256));
    const other = tagsOf('query ($id: ID) { user(id: $id) { id } }', { id: 'x'.repeat(100_001) });
    assert.notDeepEqual(long, other, 'and yet told apart');
    const fits = `user:${'x'.repeat(251)}`;
    assert.ok(tagsOf('query ($id: ID) { user(id: $id) { id } }', { id: 'x'.repeat(251) }).includes(fits));
  });

  test('are none of a mutation', () => assert.deepEqual(tagsOf('mutation { rename(id: 1) { user { id } } }'), []));
});

function entitiesOf(text: string, data: unknown): readonly string[] {
  assert.deepEqual(validate(tagged.schema, parse(text)), [], text);
  const entities = policyOf(text, tagged).collectEntities(data, {});
  return entities.map(({ typename, id }) => `${typename}:${id ?? '?'}`).toSorted();
}

describe('the entities of an answer', () => {
  test('are its objects, each once, by the id under whatever name it is selected', () => {
    const query = '{ user { id friends { key: id best { ...F } } grid { id } } } fragment F on User { id }';
    const data = {
      user: {
        id: 1,
        friends: [
          { key: '2', best: { id: '1' } },
          { key: 'x', best: { id: 2 } },
        ],
        grid: [[{ id: 7 }]],
      },
    };
    assert.deepEqual(entitiesOf(query, data), ['User:1', 'User:2', 'User:7', 'User:x']);
  });

  test('are of an unknown id where it is not selected, or only with arguments', () => {
    assert.deepEqual(entitiesOf('{ user { name best { id } } }', { user: { name: 'a', best: { id: 3 } } }), [
      'User:3',
      'User:?',
    ]);
    assert.deepEqual(entitiesOf('{ user { id: name } }', { user: { id: '1' } }), ['User:?']);
    assert.deepEqual(
      entitiesOf('{ node { ... on Product { __typename id(as: "x") } } }', {
        node: { __typename: 'Product', id: 'x1' },
      }),
      ['Product:?'],
    );
    const skipped = '{ user { id @include(if: false) name } }';
    assert.deepEqual(entitiesOf(skipped, { user: { name: 'a' } }), ['User:?']);
  });

  test('are of an unknown id where there is none: nulls, empty lists, ids that are no scalars', () => {
    const query = '{ user { id friends { id } grid { id } } }';
    assert.deepEqual(entitiesOf(query, { user: null }), ['User:?']);
    assert.deepEqual(entitiesOf(query, { user: { id: 1, friends: [], grid: [] } }), ['User:1', 'User:?']);
    assert.deepEqual(entitiesOf(query, { user: { id: 1, friends: [{ id: 2 }, null], grid: [[]] } }), [
      'User:1',
      'User:2',
      'User:?',
    ]);
    assert.deepEqual(entitiesOf(query, { user: { id: null, friends: [{ id: {} }], grid: [] } }), ['User:?']);
    assert.deepEqual(entitiesOf('{ node { id } search { __typename } }', { node: null, search: [] }), [
      'Product:?',
      'User:?',
    ]);
  });

  test('are of the type that the answer names, under whatever name, else of each that they may be of', () => {
    const query = '{ node { t: __typename id others { id } } }';
    const data = { node: { t: 'Product', id: 1, others: [{ id: 2 }] } };
    assert.deepEqual(entitiesOf(query, data), ['Product:1', 'Product:2', 'User:2']);
    const address = { search: [{ __typename: 'Address', street: 'a' }] };
    assert.deepEqual(entitiesOf('{ search { __typename ... on Address { street } } }', address), []);
  });

  test('are not taken for others by a field that is called like the name of a type', () => {
    const query = '{ search { ... on Product { t: title id } ... on User { t: __typename id } } }';
    const known = policyOf(query, tagged).collectEntities({ search: [{ t: 'User', id: 1 }] }, {});
    assert.ok(known.some(({ typename, id }) => typename === 'Product' && id === '1'));
  });

  test('are found below objects that are none', () => {
    assert.deepEqual(
      entitiesOf('{ address { street owner { id } } }', { address: { street: 'a', owner: { id: 4 } } }),
      ['User:4'],
    );
    assert.deepEqual(entitiesOf('{ address { street owner { id } } }', { address: null }), []);
  });

  test('are found by a key that is a single field, where there is no id', () => {
    assert.deepEqual(entitiesOf('{ part { nr } }', { part: { nr: 4 } }), ['Part:4']);
  });

  test('are of an unknown id where there are more than a thousand of a type', () => {
    const friends = Array.from({ length: 1001 }, (_, id) => ({ id }));
    const query = '{ user { id friends { id } } }';
    assert.equal(entitiesOf(query, { user: { id: 0, friends: friends.slice(0, 1000) } }).length, 1000);
    assert.deepEqual(entitiesOf(query, { user: { id: 0, friends } }), ['User:?']);
  });

  test('are found in time that grows with the answer, however deep it is', () => {
    const depth = 60;
    const query = `{ node { ${'id others { ... on User { id } ... on Product { id } '.repeat(depth)} id ${'}'.repeat(depth)} } }`;
    let visits = 0;
    const counted = (members: object): object =>
      new Proxy(members, {
        get(target, key) {
          if (key === 'others') visits += 1;
          return Reflect.get(target, key) as unknown;
        },
      });
    let data: object = { id: 'last' };
    for (let level = 0; level < depth; level++) data = counted({ id: `${level}`, others: [data] });
    assert.equal(entitiesOf(query, { node: data }).length, 2 * (depth + 1));
    assert.ok(visits <= 2 * depth, `${visits} visits`);
  });
});

describe('what an answer is kept under', () => {
  test('has its types, its entities, and what their types say of their keys', () => {
    const query = '{ user(id: 1) { id best { name } } }';
    const tags = policyOf(query, tagged).answerTags({ user: { id: 1, best: { name: 'a' } } }, {});
    assert.deepEqual(tags.toSorted(), ['User', 'User:1', 'User:?', 'anyone', 'u-1', 'user:1', 'users']);
    assert.equal(new Set(tags).size, tags.length);
  });

  test('has keys of several fields, where they are selected', () => {
    const data = { part: { n: 4, m: { c: 'acme' } } };
    const tags = (query: string) => policyOf(query, tagged).answerTags(data, {});
    assert.deepEqual(tags('{ part { n: nr m: maker { ...F } } } fragment F on Maker { c: code }'), [
      'Part',
      'Maker',
      'Part:4',
      'part acme 4',
    ]);
    assert.deepEqual(tags('{ part { n: nr } }'), ['Part', 'Part:4']);
    const empty = { part: { n: null, m: { c: 'acme' } } };
    const whole = policyOf('{ part { n: nr m: maker { c: code } } }', tagged).answerTags(empty, {});
    assert.deepEqual(whole, ['Part', 'Maker', 'Part:?'], 'a key without a value names nothing');
  });

  test('has tags of bounded length', () => {
    const tags = policyOf('{ user { id } }', tagged).answerTags({ user: { id: 'x'.repeat(1000) } }, {});
    assert.ok(tags.every((tag) => tag.length <= 256));
    assert.equal(tags.length, 6);
  });
});

describe('what a mutation makes invalid', () => {
  const invalid = (text: string, data: unknown, variables = {}): readonly string[] => {
    assert.deepEqual(validate(tagged.schema, parse(text)), [], text);
    return policyOf(text, tagged).invalidates(data, variables).toSorted();
  };
  const rename = 'mutation ($id: ID!) { rename(id: $id) { user { id } } }';

  test('are answers with the objects of its result, and those with objects that nobody can tell apart', () => {
    const tags = invalid(rename, { rename: { user: { id: '1' } } }, { id: '1' });
    assert.deepEqual(tags, ['User:1', 'User:?', 'u-1', 'user:1']);
  });

  test('are all answers that may have read an object of a type, where it only tells of the type', () => {
    assert.deepEqual(invalid('mutation { renameAll { name } }', { renameAll: [{ name: 'a' }] }), ['User']);
    assert.deepEqual(invalid('mutation { renameAll { id } }', { renameAll: [] }), ['User']);
    assert.deepEqual(invalid('mutation { renameAll { id } node { id } }', { renameAll: null, node: null }), [
      'Product',
      'User',
    ]);
    assert.deepEqual(invalid('mutation { renameAll { id } }', null), ['User'], 'it failed as a whole');
  });

  test('is nothing where it tells of nothing', () => {
    assert.deepEqual(invalid('mutation { touch }', { touch: true }), []);
    assert.deepEqual(policyOf('{ user { id } }', tagged).invalidates({ user: { id: 1 } }, {}), []);
  });

  test('is not what it goes on to read of the query type', () => {
    const text = 'mutation { rename(id: 2) { query { user(id: 3) { name } } } }';
    assert.ok(!invalid(text, { rename: { query: { user: { name: 'a' } } } }).includes('user:3'));
  });

  const queries: Readonly<Record<string, readonly [query: string, data: unknown, isStale: boolean]>> = {
    'with the object': ['{ user { id name } }', { user: { id: '1', name: 'a' } }, true],
    'with the object somewhere below': ['{ node { others { id } } }', { node: { others: [{ id: '1' }] } }, true],
    'with objects of the type whose ids are not selected': ['{ user { name } }', { user: { name: 'a' } }, true],
    'that found no object of the type': ['{ user(id: 1) { id } }', { user: null }, true],
    'with an empty list of the type': ['{ find { id } }', { find: [] }, true],
    'with another object of the type': ['{ find { id } }', { find: [{ id: '2' }] }, false],
    'with an object of another type and the same id': [
      '{ node { __typename id } }',
      { node: { __typename: 'Product', id: '1' } },
      false,
    ],
  };
  for (const [case_, [query, data, isStale]] of Object.entries(queries)) {
    test(`is ${isStale ? '' : 'not '}an answer ${case_}`, () => {
      const tags = new Set(invalid(rename, { rename: { user: { id: '1' } } }, { id: 'another' }));
      assert.equal(
        policyOf(query, tagged)
          .answerTags(data, {})
          .some((tag) => tags.has(tag)),
        isStale,
      );
    });
  }
});

describe('an operation that is too tangled to be looked at', () => {
  const wide =
    hintedSchema(`type Query { a: I @cacheControl(maxAge: 60) } type Mutation { a: I } interface I { id: ID i: I @cacheControl(inheritMaxAge: true) }
    ${Array.from({ length: 200 }, (_, at) => `type T${at} implements I { id: ID i: I @cacheControl(inheritMaxAge: true) }`).join('\n')}`);
  const aliases = (kind: string): string =>
    `${kind} { a { ${Array.from({ length: 200 }, (_, at) => `a${at}: id`).join(' ')} } }`;

  test('is private and not kept; a mutation of that kind makes all entities invalid', () => {
    const query = policyOf(aliases('query'), wide);
    assert.deepEqual([query.maxAge({}), query.isPrivate({}), query.tags({})], [0, true, []]);
    assert.deepEqual(query.collectEntities({ a: { a0: 1 } }, {}), []);
    assert.equal(policyOf(aliases('mutation'), wide).invalidates({ a: null }, {}).length, 200);
  });

  test('is none for fragments that double what they ask for with each level', () => {
    const levels = Array.from(
      { length: 400 },
      (_, at) => `fragment F${at} on User { a: best { ...F${at + 1} } b: best { ...F${at + 1} } }`,
    );
    const text = `{ user { ...F0 } } ${levels.join(' ')} fragment F400 on User { id }`;
    const policy = policyOf(text, tagged);
    assert.deepEqual(policy.tags({}).toSorted(), ['User', 'user:7', 'users']);
    assert.deepEqual(policy.collectEntities({ user: { a: { b: null } } }, {}), [{ typename: 'User' }]);
  });

  test('is none for fragments that double themselves with each level', () => {
    const levels = Array.from({ length: 400 }, (_, at) => `fragment F${at} on User { ...F${at + 1} ...F${at + 1} }`);
    const policy = policyOf(`{ user { ...F0 } } ${levels.join(' ')} fragment F400 on User { id }`, tagged);
    assert.deepEqual(
      policy
        .answerTags({ user: { id: 1 } }, {})
        .toSorted()
        .slice(0, 2),
      ['User', 'User:1'],
    );
  });

  test('is none that is looked at once for each way its conditions turn out', () => {
    const names = ['a', 'b', 'c', 'd'];
    const conditions = names.map((name) => `${name}: name @include(if: $${name})`).join(' ');
    const many = Array.from({ length: 4000 }, (_, at) => `f${at}: name`).join(' ');
    const query = `query (${names.map((name) => `$${name}: Boolean!`).join()}) { user { ${conditions} ${many} } }`;
    const policy = policyOf(query, shop);
    for (let bits = 0; bits < 16; bits++) {
      const variables = Object.fromEntries(names.map((name, at) => [name, (bits & (2 ** at)) > 0]));
      assert.equal(policy.maxAge(variables), 60);
    }
  });

  test('is none that is only deep', () => {
    const deep = (levels: number): string => `{ a { ${'i { '.repeat(levels)} id ${'} '.repeat(levels)} } }`;
    const hinted = hintedSchema(
      'type Query { a: T @cacheControl(maxAge: 60) } type T @cacheControl(maxAge: 50) { id: ID i: T }',
    );
    assert.equal(policyOf(deep(400), hinted).maxAge({}), 50);
    assert.equal(policyOf(deep(600), hinted).maxAge({}), 0, 'its answers cannot be walked through');
  });
});
