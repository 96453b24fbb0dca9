import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { GatewayError } from '../../../src/errors.ts';
import { compose } from '../../../src/composition/compose.ts';
import { readGuards, type Guards } from '../../../src/composition/guards/guards.ts';

/** A supergraph of two upstreams, `A` and `B`, with these links and types. */
function supergraph(types: string, links = ''): Guards {
  return readGuards(
    parse(`
      schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) ${links} { query: Query }
      enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "http://b") }
      ${types}
    `),
  );
}

/** What a place demands, as texts: `authenticated`, scopes with `+` in and `|` between sets, policies after `policy:`. */
function demandsAt(guards: Guards, place: string): readonly string[] {
  const numbers = (place.includes('.') ? guards.fields : guards.types).get(place) ?? [];
  const text = (sets: readonly (readonly string[])[]): string => sets.map((set) => set.join('+')).join('|');
  return numbers.map((number) => {
    const { scopes = [], policies = [] } = guards.requirements[number] ?? {};
    const parts = [text(scopes), policies.length > 0 ? `policy:${text(policies)}` : ''].filter((part) => part !== '');
    return parts.join(' ') || 'authenticated';
  });
}

function allDemands(guards: Guards): Readonly<Record<string, readonly string[]>> {
  const places = [...guards.types.keys(), ...guards.fields.keys()];
  return Object.fromEntries(places.map((place) => [place, demandsAt(guards, place)]));
}

describe('guards of a supergraph', () => {
  test('directives of one place are one requirement, and equal requirements are one', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) {
        open: Int
        all: Int @authenticated @policy(policies: [["p"]]) @requiresScopes(scopes: [["b", "a"], ["c"]])
        same: Int @requiresScopes(scopes: [["c"], ["a", "b", "a"]]) @policy(policies: [["p"]])
        known: Int @authenticated
      }
    `);
    assert.deepEqual(guards.requirements, [
      { authenticated: true, scopes: [['a', 'b'], ['c']], policies: [['p']] },
      { authenticated: true, scopes: [], policies: [] },
    ]);
    assert.deepEqual(Object.fromEntries(guards.fields), { 'Query.all': [0], 'Query.same': [0], 'Query.known': [1] });
  });

  test('scopes that stand at one place twice are both demanded', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) { a: Int @requiresScopes(scopes: [["x"], ["y"]]) @requiresScopes(scopes: [["y"], ["z"]]) }
    `);
    assert.deepEqual(demandsAt(guards, 'Query.a'), ['x+z|y']);
  });

  test('a guard of an object type is of its objects, not of the fields that give them', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) { user: User }
      type User @join__type(graph: A) @authenticated { id: ID }
    `);
    assert.deepEqual(allDemands(guards), { User: ['authenticated'] });
  });

  test('a guard of a scalar or an enum is of every field that gives it, in lists and non-null too', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) { paid: [[Money!]!]! kind(of: Kind): Kind asked(of: Kind): Int }
      scalar Money @join__type(graph: A) @requiresScopes(scopes: [["money"]])
      enum Kind @join__type(graph: A) @policy(policies: [["kind"]]) { A @join__enumValue(graph: A) }
    `);
    assert.deepEqual(allDemands(guards), { 'Query.paid': ['money'], 'Query.kind': ['policy:kind'] });
  });

  test('a guard of an interface is of its objects and of the fields that give it; one of its fields, of theirs', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) { node: Node dog: Dog }
      interface Node @join__type(graph: A) @requiresScopes(scopes: [["node"]]) {
        id: ID
        tag: Int @requiresScopes(scopes: [["tag"]])
      }
      type Dog implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") { id: ID tag: Int }
    `);
    const tag = ['tag'];
    assert.deepEqual(allDemands(guards), { Dog: ['node'], 'Query.node': ['node'], 'Node.tag': tag, 'Dog.tag': tag });
  });

  test('who may not read a field gets none that is computed from it, in any upstream, at any remove', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) { user: User }
      type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
        id: ID
        org: Org @join__field(graph: A) @join__field(graph: B, external: true)
        wage: Int @join__field(graph: A) @join__field(graph: B, external: true) @requiresScopes(scopes: [["wage"]])
        tax: Int @join__field(graph: B, requires: "wage") @join__field(graph: A, external: true)
        net: Int @join__field(graph: A, requires: "tax") @authenticated
        seat: Int @join__field(graph: B, requires: "org { plan }")
      }
      type Org @join__type(graph: A) @join__type(graph: B) @policy(policies: [["org"]]) {
        plan: Plan
      }
      scalar Plan @join__type(graph: A) @join__type(graph: B) @requiresScopes(scopes: [["plan"]])
    `);
    assert.deepEqual(demandsAt(guards, 'User.tax'), ['wage']);
    assert.deepEqual(demandsAt(guards, 'User.net').toSorted(), ['authenticated', 'wage']);
    assert.deepEqual(demandsAt(guards, 'User.seat').toSorted(), ['plan', 'policy:org']);
    assert.deepEqual(demandsAt(guards, 'User.org'), []);
  });

  test('requirements that go round in circles end', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) { user: User }
      type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
        id: ID
        a: Int @join__field(graph: A, requires: "b") @requiresScopes(scopes: [["a"]])
        b: Int @join__field(graph: B, requires: "a") @requiresScopes(scopes: [["b"]])
      }
    `);
    for (const field of ['User.a', 'User.b']) assert.deepEqual(demandsAt(guards, field).toSorted(), ['a', 'b']);
  });

  test('what is required of an object of several types is demanded as far as it is read', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) { user: User }
      type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
        id: ID
        media: Media @join__field(graph: A) @join__field(graph: B, external: true)
        pages: Int @join__field(graph: B, requires: "media { ... on Book { pages } }")
        any: Int @join__field(graph: B, requires: "media { __typename }")
      }
      union Media @join__type(graph: A) @join__type(graph: B) @join__unionMember(graph: A, member: "Book") @join__unionMember(graph: A, member: "Film") = Book | Film
      type Book @join__type(graph: A) { pages: Int @requiresScopes(scopes: [["book"]]) }
      type Film @join__type(graph: A) @requiresScopes(scopes: [["film"]]) { length: Int }
    `);
    assert.deepEqual(demandsAt(guards, 'User.pages'), ['book']);
    assert.deepEqual(demandsAt(guards, 'User.any'), ['film']);
  });

  test('inaccessible fields count where others are computed from them', () => {
    const guards = supergraph(`
      type Query @join__type(graph: A) { user: User }
      type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
        id: ID
        secret: Int @join__field(graph: A) @join__field(graph: B, external: true) @inaccessible @requiresScopes(scopes: [["s"]])
        open: Int @join__field(graph: B, requires: "secret")
      }
    `);
    assert.deepEqual(demandsAt(guards, 'User.open'), ['s']);
  });

  test('a document without guards has none', () => {
    const guards = supergraph('type Query @join__type(graph: A) { a: Int @deprecated }');
    assert.deepEqual(guards, { requirements: [], types: new Map(), fields: new Map() });
  });

  test('a guard that lacks what it demands is refused, not left out', () => {
    for (const directive of ['@requiresScopes', '@requiresScopes(scopes: [[1]])', '@policy(scopes: [["a"]])']) {
      assert.throws(
        () => supergraph(`type Query @join__type(graph: A) { a: Int ${directive} }`),
        (error) =>
          error instanceof GatewayError && error.code === 'COMPOSITION_FAILED' && /Query\.a/.test(error.message),
      );
    }
  });
});

describe('names of guards', () => {
  const field = (directive: string, links = ''): readonly string[] =>
    demandsAt(supergraph(`type Query @join__type(graph: A) { a: Int ${directive} }`, links), 'Query.a');
  const scopes = '(scopes: [["s"]])';
  const named = [
    ['its own, linked or not', `@requiresScopes${scopes}`, ''],
    ['that of federation, linked or not', `@federation__requiresScopes${scopes}`, ''],
    ['that of the link', `@needs${scopes}`, '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", as: "needs")'],
    [
      'that of an import',
      `@needs${scopes}`,
      '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", import: [{ name: "@requiresScopes", as: "@needs" }])',
    ],
    [
      'that of an import from federation',
      `@needs${scopes}`,
      '@link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", { name: "@requiresScopes", as: "@needs" }])',
    ],
    [
      'that of federation under another name',
      `@fed__requiresScopes${scopes}`,
      '@link(url: "https://specs.apollo.dev/federation/v2.6", as: "fed")',
    ],
  ] as const;
  for (const [name, directive, links] of named) {
    test(`a guard is known by ${name}`, () => assert.deepEqual(field(directive, links), ['s']));
  }

  test('a name that a link gives to something else is no guard', () => {
    const link = '@link(url: "https://example.com/policy/v1.0", import: ["@authenticated"])';
    assert.deepEqual(field('@policy(of: "x")', link), []);
    assert.deepEqual(field('@authenticated', link), []);
  });
});

describe('guards of a composed supergraph', () => {
  const link = (version: string): string =>
    `extend schema @link(url: "https://specs.apollo.dev/federation/v${version}", import: ["@key", "@requiresScopes", "@authenticated", "@interfaceObject", "@shareable"])`;
  const composedOf = (...sdls: readonly string[]): Guards => {
    const { supergraphSdl, errors } = composeServices(
      sdls.map((sdl, index) => ({ name: `s${index}`, url: 'http://s', typeDefs: parse(`${link('2.6')} ${sdl}`) })),
    );
    assert.ok(supergraphSdl, `it must compose, but: ${errors?.map(({ message }) => message).join('\n')}`);
    return readGuards(parse(supergraphSdl));
  };

  test('what composition writes on an interface does not guard the types beside the guarded one', () => {
    const guards = composedOf(`
      type Query { node: Node cat: Cat }
      interface Node { id: ID name: String }
      type Dog implements Node @requiresScopes(scopes: [["dog"]]) { id: ID name: String @requiresScopes(scopes: [["name"]]) }
      type Cat implements Node { id: ID name: String }
    `);
    assert.deepEqual(allDemands(guards), { Dog: ['dog'], 'Dog.name': ['name'] });
  });

  test('upstreams that guard one field differently are all heard', () => {
    const guards = composedOf(
      'type Query { user: User } type User @key(fields: "id") { id: ID name: String @shareable @authenticated }',
      'type User @key(fields: "id") { id: ID name: String @shareable @requiresScopes(scopes: [["name"]]) }',
    );
    assert.deepEqual(demandsAt(guards, 'User.name'), ['name']);
  });

  test('a field that an interface object adds is guarded on every type', () => {
    const guards = composedOf(
      'type Query { node: Node } interface Node @key(fields: "id") { id: ID } type Dog implements Node @key(fields: "id") { id: ID }',
      'type Node @key(fields: "id") @interfaceObject { id: ID likes: Int @requiresScopes(scopes: [["likes"]]) }',
    );
    assert.deepEqual(demandsAt(guards, 'Dog.likes'), ['likes']);
  });

  test('a guard that a source has on an interface is of all that implement it, and leaves others alone', () => {
    const source = (name: string, sdl: string) => ({
      name,
      file: `${name}.graphql`,
      url: 'http://s',
      sdl: parse(`${link('2.6')} ${sdl}`),
    });
    const text = compose([
      source(
        'dogs',
        `type Query { node: Node pet: Pet }
        interface Node @requiresScopes(scopes: [["node"]]) { id: ID name: String @requiresScopes(scopes: [["name"]]) }
        type Dog implements Node & Pet { id: ID name: String age: Int @requiresScopes(scopes: [["age"]]) }
        interface Pet { age: Int }
        type Cat implements Pet { age: Int }`,
      ),
      source('others', 'type Query { other: Int }'),
    ]);
    assert.deepEqual(allDemands(readGuards(parse(text))), { Dog: ['node'], 'Dog.name': ['name'], 'Dog.age': ['age'] });
  });
});
