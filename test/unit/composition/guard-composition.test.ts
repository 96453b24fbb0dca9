import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Kind, parse, print, type DocumentNode } from 'graphql';
import { compose, CompositionError, printProblem } from '../../../src/composition/compose.ts';
import { mergedTypes, outputFieldsOf } from '../../../src/composition/definitions.ts';
import { buildSourceSchemas } from '../../../src/composition/source-schemas.ts';
import { holdGuards } from '../../../src/composition/guards/hold-guards.ts';
import type { Contribution, Problem, SourceSchema } from '../../../src/composition/types.ts';
import { graphqlSourceSchema } from '../../../src/upstream/facade/graphql/source-schema.ts';

const federationLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",
  "@external", "@requires", "@override", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy"])`;

type Kinds = Contribution['kind'];

function contribution(name: string, kind: Kinds, sdl: string, filled: Contribution['filled'] = []): Contribution {
  const base = { name, kind, file: `schema/${name}.graphql`, filled };
  if (kind === 'federation') return { ...base, sdl: parse(`${federationLink}\n${sdl}`) };
  if (kind !== 'graphql') return { ...base, sdl: parse(sdl) };
  const upstreamSdl = parse(sdl.replaceAll(/ @(shareable|(authenticated|requiresScopes|policy)(\([^)]*\))?)/g, ''));
  const source = graphqlSourceSchema({ name, upstreamSdl, overlay: parse(sdl), overlayFile: base.file });
  assert.deepEqual(source.problems, []);
  return { ...base, sdl: source.sourceSchema };
}

function composed(...contributions: readonly Contribution[]): string {
  const { sources, problems } = buildSourceSchemas(contributions, (name) => `http://${name}.example`);
  assert.deepEqual(problems, []);
  return compose(sources);
}

function subgraph(name: string, sdl: string, link = federationLink): SourceSchema {
  return { name, file: `${name} (_service.sdl)`, sdl: parse(`${link}\n${sdl}`), url: `http://${name}.example` };
}

/** What guards `Type` or `Type.field` in a supergraph, as it is written there. */
function guardsAt(supergraph: string, place: string): readonly string[] {
  const [name = '', field] = place.split('.');
  const type = mergedTypes(parse(supergraph)).get(name);
  const node = field === undefined ? type : outputFieldsOf(type).find((each) => each.name.value === field);
  assert.ok(node, `the supergraph has no ${place}`);
  const guards = (node.directives ?? []).filter(({ name: own }) =>
    ['authenticated', 'requiresScopes', 'policy'].includes(own.value),
  );
  return guards.map((guard) => print(guard)).toSorted();
}

function problemsOf(run: () => unknown): readonly Problem[] {
  let problems: readonly Problem[] = [];
  assert.throws(run, (error) => {
    assert.ok(error instanceof CompositionError, String(error));
    problems = error.problems;
    return true;
  });
  return problems;
}

const first = '@requiresScopes(scopes: [["a"], ["b"]]) @policy(policies: [["p"]])';
const second = '@authenticated @requiresScopes(scopes: [["c"]]) @policy(policies: [["q"], ["r"]])';
const together = [
  '@authenticated',
  '@policy(policies: [["p", "q"], ["p", "r"]])',
  '@requiresScopes(scopes: [["a", "c"], ["b", "c"]])',
];

/** Where a guard may stand in `sdlWith`, and where it must be found in the supergraph: there and nowhere else. */
const places: Readonly<Record<string, readonly string[]>> = {
  OBJECT: ['Thing', 'Named', 'Outer'],
  FIELD: ['Thing.note'],
  INTERFACE: ['Named', 'Outer', 'Thing', 'Label'],
  INTERFACE_FIELD: ['Named.name', 'Outer.name', 'Thing.name', 'Label.name'],
  OUTER_INTERFACE: ['Outer', 'Named', 'Thing', 'Label'],
  SCALAR: ['Time'],
  ENUM: ['Size'],
  ROOT: ['Query'],
  ROOT_FIELD: ['Query.thing'],
};

function sdlWith(place: string, guards: string): string {
  const text = /* GraphQL */ `
    interface Outer OUTER_INTERFACE { name: String }
    interface Named implements Outer INTERFACE { name: String INTERFACE_FIELD }
    type Thing implements Named & Outer OBJECT {
      name: String @shareable
      note: String @shareable FIELD
      at: Time @shareable
      size: Size @shareable
    }
    type Label implements Named & Outer { name: String @shareable }
    scalar Time SCALAR
    enum Size ENUM { SMALL LARGE }
    type Query ROOT { thing: Thing @shareable ROOT_FIELD named: Named @shareable }
  `;
  const filledIn = text.replaceAll(/\b[A-Z]+_?[A-Z]+\b(?= *[{\n}]|\s+(name|named))/g, (word) =>
    word === place ? guards : Object.hasOwn(places, word) ? '' : word,
  );
  return filledIn.replaceAll(/ +/g, ' ');
}

describe('guards of two upstreams that disagree are all asked for', () => {
  const kinds = ['rest', 'graphql', 'federation', 'local'] as const;
  const pairs = kinds.flatMap((one) => kinds.map((other) => [one, other] as const));
  for (const [one, other] of pairs.filter((pair) => pair.join() !== 'local,local')) {
    test(`${one} and ${other}: at every kind of place`, () => {
      for (const [place, found] of Object.entries(places)) {
        const names = { one: one === 'local' ? 'gateway' : 'one', other: other === 'local' ? 'gateway' : 'other' };
        const supergraph = composed(
          contribution(names.one, one, sdlWith(place, first)),
          contribution(names.other, other, sdlWith(place, second)),
        );
        for (const each of found) assert.deepEqual(guardsAt(supergraph, each), together, `${place} at ${each}`);
      }
    });

    test(`${one} and ${other}: a guard of one alone is not lost to the other, which says nothing`, () => {
      for (const [place, found] of Object.entries(places)) {
        const supergraph = composed(
          contribution(one === 'local' ? 'gateway' : 'one', one, sdlWith(place, '@authenticated')),
          contribution(other === 'local' ? 'gateway' : 'other', other, sdlWith('', '')),
        );
        for (const each of found) assert.deepEqual(guardsAt(supergraph, each), ['@authenticated'], `${place}: ${each}`);
        const elsewhere = Object.values(places)
          .flat()
          .filter((each) => !found.includes(each));
        for (const each of elsewhere) assert.deepEqual(guardsAt(supergraph, each), [], `${place}: not ${each}`);
      }
    });
  }
});

describe('guards of interfaces', () => {
  test('reach types that implement the interface in another source only', () => {
    const supergraph = compose([
      subgraph('one', 'interface Node @policy(policies: [["p"]]) { id: ID! @authenticated } type Query { node: Node }'),
      subgraph(
        'two',
        'interface Node { id: ID! } type A implements Node { id: ID! } type Query { a: A nodes: [Node] }',
      ),
    ]);
    for (const type of ['A', 'Node']) {
      assert.deepEqual(guardsAt(supergraph, type), ['@policy(policies: [["p"]])']);
      assert.deepEqual(guardsAt(supergraph, `${type}.id`), ['@authenticated']);
    }
    assert.match(supergraph, /@link\(url: "https:\/\/specs.apollo.dev\/policy\/v0.1", for: SECURITY\)/);
    assert.match(supergraph, /^directive @policy\(policies: \[\[policy__Policy!\]!\]!\)/m);
    assert.match(supergraph, /^scalar policy__Policy$/m);
    assert.match(supergraph, /^directive @authenticated /m);
  });

  test('demand in the supergraph what the types that implement them demand together, and nothing where there are none', () => {
    const supergraph = compose([
      subgraph(
        'one',
        `interface Node { id: ID! } interface Empty @authenticated { id: ID! }
         type A implements Node @requiresScopes(scopes: [["a"]]) { id: ID! } type B implements Node { id: ID! }
         type Query { node: Node empty: Empty }`,
      ),
      subgraph('two', 'interface Node @authenticated { id: ID! } type Query { nodes: [Node] }'),
    ]);
    assert.deepEqual(guardsAt(supergraph, 'Node'), ['@authenticated', '@requiresScopes(scopes: [["a"]])']);
    assert.deepEqual(guardsAt(supergraph, 'B'), ['@authenticated']);
    assert.deepEqual(guardsAt(supergraph, 'Empty'), []);
  });

  test('may stand on an extension of the interface, which the composition library overlooks', () => {
    const supergraph = compose([
      subgraph(
        'one',
        `interface Node { id: ID! } extend interface Node @authenticated type A implements Node { id: ID! }
         type Query { node: Node }`,
      ),
    ]);
    assert.deepEqual(guardsAt(supergraph, 'A'), ['@authenticated']);
  });

  test('of an interface object reach every type that implements the interface, the type by its guard and fields by theirs', () => {
    const supergraph = compose([
      subgraph(
        'one',
        `interface Media @key(fields: "id") { id: ID! } type Book implements Media @key(fields: "id") { id: ID! }
         type Film implements Media @key(fields: "id") { id: ID! } type Query { media: [Media] }`,
      ),
      subgraph(
        'two',
        `type Media @interfaceObject @key(fields: "id") @authenticated {
           id: ID! rating: Int @requiresScopes(scopes: [["a"]]) }`,
      ),
    ]);
    for (const type of ['Book', 'Film', 'Media']) {
      assert.deepEqual(guardsAt(supergraph, type), ['@authenticated']);
      assert.deepEqual(guardsAt(supergraph, `${type}.rating`), ['@requiresScopes(scopes: [["a"]])']);
    }
  });
});

describe('a guard is not lost', () => {
  test('when it stands on a definition and again on an extension: both are asked for', () => {
    for (const kind of ['rest', 'federation'] as const) {
      const supergraph = composed(
        contribution(
          'one',
          kind,
          `type A @requiresScopes(scopes: [["a"]]) { id: ID! } extend type A @requiresScopes(scopes: [["b"]]) { x: Int }
           type Query { a: A @policy(policies: [["p"]]) @policy(policies: [["q"]]) }`,
        ),
      );
      assert.deepEqual(guardsAt(supergraph, 'A'), ['@requiresScopes(scopes: [["a", "b"]])'], kind);
      assert.deepEqual(guardsAt(supergraph, 'Query.a'), ['@policy(policies: [["p", "q"]])'], kind);
    }
  });

  test('on a key, a field or a type that another upstream refers to: stubs and required fields leave it where it is', () => {
    const supergraph = composed(
      contribution(
        'users',
        'rest',
        `type User @key(fields: "id") @authenticated { id: ID! @policy(policies: [["p"]]) at: Time size: Size
         secret: Int @requiresScopes(scopes: [["a"]]) }
         scalar Time @authenticated enum Size @requiresScopes(scopes: [["s"]]) { S } type Query { user: User }`,
      ),
      contribution(
        'orders',
        'rest',
        `type Order { customer: User @authenticated at: Time size: Size }
         extend type User { score: Int @requires(fields: "secret") @requiresScopes(scopes: [["a"]]) @authenticated }
         type Query { orders: [Order] }`,
      ),
    );
    assert.deepEqual(guardsAt(supergraph, 'User'), ['@authenticated']);
    assert.deepEqual(guardsAt(supergraph, 'User.id'), ['@policy(policies: [["p"]])']);
    assert.deepEqual(guardsAt(supergraph, 'User.secret'), ['@requiresScopes(scopes: [["a"]])']);
    assert.deepEqual(guardsAt(supergraph, 'Time'), ['@authenticated']);
    assert.deepEqual(guardsAt(supergraph, 'Size'), ['@requiresScopes(scopes: [["s"]])']);
    assert.deepEqual(guardsAt(supergraph, 'Order.customer'), ['@authenticated']);
  });

  test('on a link that the gateway adds, nor on the type that it adds it to', () => {
    const supergraph = composed(
      contribution('users', 'rest', 'type User @key(fields: "id") { id: ID! } type Query { user(id: ID!): User }'),
      contribution('orders', 'rest', 'type Order @key(fields: "id") { id: ID! } type Query { order(id: ID!): Order }', [
        { type: 'Order', field: 'customer' },
        { type: 'User', field: 'orders' },
      ]),
      contribution(
        'gateway',
        'local',
        `extend type Order @requiresScopes(scopes: [["order"]]) { customer: User @authenticated }
         extend type User @policy(policies: [["user"]]) { orders: [Order] @requiresScopes(scopes: [["a"]]) }
         type Board @authenticated { title: String @policy(policies: [["b"]]) }
         extend type Query { board: Board }`,
        [
          { type: 'Query', field: 'board' },
          { type: 'Board', field: 'title' },
        ],
      ),
    );
    assert.deepEqual(guardsAt(supergraph, 'Order'), ['@requiresScopes(scopes: [["order"]])']);
    assert.deepEqual(guardsAt(supergraph, 'Order.customer'), ['@authenticated']);
    assert.deepEqual(guardsAt(supergraph, 'User'), ['@policy(policies: [["user"]])']);
    assert.deepEqual(guardsAt(supergraph, 'User.orders'), ['@requiresScopes(scopes: [["a"]])']);
    assert.deepEqual(guardsAt(supergraph, 'Board'), ['@authenticated']);
    assert.deepEqual(guardsAt(supergraph, 'Board.title'), ['@policy(policies: [["b"]])']);
  });

  test('when the gateway adds nothing to a type but the guard', () => {
    const users = contribution('users', 'rest', 'type User { id: ID! } type Query { user(id: ID!): User }');
    const supergraph = composed(users, contribution('gateway', 'local', 'extend type User @authenticated'));
    assert.deepEqual(guardsAt(supergraph, 'User'), ['@authenticated']);
    const remote = contribution('users', 'federation', 'type User { id: ID! } type Query { user(id: ID!): User }');
    const own = contribution('gateway', 'local', 'extend type User @authenticated');
    assert.deepEqual(buildSourceSchemas([remote, own], (name) => name).problems.map(printProblem), [
      'schema/gateway.graphql:1:1: CONTRACT: nothing but directives is added to "User": expected them in the schema of an upstream that has the type',
    ]);
  });

  test('when another upstream takes the field over', () => {
    const supergraph = compose([
      subgraph('one', 'type A @key(fields: "id") { id: ID! x: Int @authenticated } type Query { a: A }'),
      subgraph('two', 'type A @key(fields: "id") { id: ID! x: Int @override(from: "one") }'),
    ]);
    assert.deepEqual(guardsAt(supergraph, 'A.x'), ['@authenticated']);
  });

  test('on root types that a subgraph calls otherwise', () => {
    const link = federationLink.replace('extend schema', 'schema');
    const supergraph = compose([
      subgraph('one', '', `${link} { query: Q } type Q @authenticated { a: Int @policy(policies: [["p"]]) }`),
    ]);
    assert.deepEqual(guardsAt(supergraph, 'Query'), ['@authenticated']);
    assert.deepEqual(guardsAt(supergraph, 'Query.a'), ['@policy(policies: [["p"]])']);
  });

  test('whatever composition makes of it: the supergraph is held against its sources', () => {
    const link = federationLink.replace('extend schema', 'schema');
    const source = (guard: string, policy: string) =>
      subgraph(
        'one',
        '',
        `${link} { query: Q } type Q ${guard} { a: A ${policy} } type A ${policy} { x: Time } scalar Time ${guard}`,
      );
    const supergraph = parse(compose([source('', '@policy(policies: [["lib"]])')]));
    const held = print(holdGuards(supergraph, [source('@authenticated', '@policy(policies: [["p"], ["q"]])')]));
    for (const place of ['Query', 'Time']) assert.deepEqual(guardsAt(held, place), ['@authenticated'], place);
    for (const place of ['Query.a', 'A']) {
      assert.deepEqual(guardsAt(held, place), ['@policy(policies: [["lib", "p"], ["lib", "q"]])'], place);
    }
    assert.equal(held.match(/specs.apollo.dev\/policy\//g)?.length, 1);
    assert.equal(held.match(/specs.apollo.dev\/authenticated\//g)?.length, 1);
    assert.equal(holdGuards(supergraph, [source('', '@policy(policies: [["lib"]])')]), supergraph);
  });

  test('under the names that a subgraph has for the directives; one that it made itself is no guard', () => {
    const renamed =
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{ name: "@authenticated", as: "@known" }])';
    const supergraph = compose([
      subgraph(
        'one',
        `directive @authenticated on OBJECT
         interface Node @known { id: ID! } type A implements Node @federation__policy(policies: [["p"]]) { id: ID! }
         type B @authenticated { id: ID! } type Query { node: Node b: B }`,
        renamed,
      ),
    ]);
    assert.deepEqual(guardsAt(supergraph, 'A'), ['@authenticated', '@policy(policies: [["p"]])']);
    assert.deepEqual(guardsAt(supergraph, 'B'), []);
  });

  test('under its full name, where the directive is imported too', () => {
    const supergraph = compose([
      subgraph(
        'one',
        'interface Node @federation__authenticated { id: ID! } type A implements Node { id: ID! } type Query { n: Node }',
      ),
    ]);
    assert.deepEqual(guardsAt(supergraph, 'A'), ['@authenticated']);
  });
});

describe('a guard that means nothing is refused with its place', () => {
  const wrong: readonly (readonly [sdl: string, at: string, message: RegExp])[] = [
    ['union U @authenticated = A', '1:9', /@authenticated guards fields, objects/],
    ['input I @authenticated { a: Int }', '1:9', /it has no meaning here/],
    ['enum E { X @authenticated }', '1:12', /it has no meaning here/],
    ['extend type Query { a(b: Int @policy(policies: [["p"]])): A }', '1:30', /@policy guards/],
    [
      'extend type Query { a: A @requiresScopes(scopes: []) }',
      '1:26',
      /expected @requiresScopes\(scopes:\) .* but got: \[\]$/,
    ],
    [
      'extend type Query { a: A @policy(policies: ["p"]) }',
      '1:26',
      /expected @policy\(policies:\) .* but got: \["p"\]$/,
    ],
    ['extend type Query { a: A @requiresScopes }', '1:26', /but got: nothing$/],
  ];
  for (const [text, at, message] of wrong) {
    test(text, () => {
      const [problem, ...more] = problemsOf(() =>
        composed(contribution('one', 'rest', `${text} type A { a: Int } type Query { x: A }`)),
      );
      assert.ok(problem);
      assert.deepEqual(more, []);
      assert.equal(problem.code, 'CONTRACT');
      assert.match(problem.message, message);
      assert.deepEqual(
        problem.places.map(({ file, line, column }) => `${file}:${line}:${column}`),
        [`schema/one.graphql:${at}`],
      );
    });
  }
});

test('sources without guards compose to what the library makes of them', () => {
  const supergraph = compose([subgraph('one', 'type A { id: ID! } type Query { a: A }')]);
  const document: DocumentNode = parse(supergraph);
  assert.ok(
    !document.definitions.some(
      (node) => node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === 'authenticated',
    ),
  );
  assert.doesNotMatch(supergraph, /authenticated|requiresScopes|policy/);
});
