import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, print, printSchema } from 'graphql';
import { compose, CompositionError, printProblem } from '../../../src/composition/compose.ts';
import { contractOf } from '../../../src/composition/contract/contract.ts';
import { nothingSensitive, readSensitive } from '../../../src/composition/sensitive/sensitive.ts';
import { buildSourceSchemas } from '../../../src/composition/source-schemas.ts';
import type { SourceSchema } from '../../../src/composition/types.ts';
import { stitch } from '../../../src/stitched/schema.ts';
import { graphqlSourceSchema } from '../../../src/upstream/facade/graphql/source-schema.ts';
import type { Facade } from '../../../src/upstream/types.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag",
  "@interfaceObject", "@composeDirective"])`;

function subgraph(name: string, sdl: string): SourceSchema {
  return { name, file: `${name}.graphql`, sdl: parse(`${link}\n${sdl}`), url: `http://${name}.example` };
}

function placesOf(...sdls: readonly string[]): readonly string[] {
  const sources = sdls.map((sdl, index) => subgraph(`s${index}`, sdl));
  return [...readSensitive(parse(compose(sources))).places].toSorted();
}

const facade: Facade = {
  name: 's0',
  kind: 'federation',
  execute: async () => ({ data: {} }),
  prepare: () => async () => ({ data: {} }),
  close: async () => {},
};

describe('@sensitive reaches the supergraph', () => {
  const everywhere = `
    directive @near(place: String @sensitive) on FIELD
    scalar Email @sensitive
    enum Illness @sensitive { COLD }
    input Card { number: String @sensitive owner: String }
    input Login @sensitive { name: String }
    type Secret @sensitive { at(key: String): String }
    type Query { user(mail: String @sensitive, id: ID): Secret note(of: ID): String @sensitive
      pay(card: Card, login: Login, mail: Email, why: Illness): Int }`;

  test('from every place where it may stand, with what is inside of it', () => {
    assert.deepEqual(placesOf(everywhere), [
      '@near(place:)',
      'Card.number',
      'Email',
      'Illness',
      'Login',
      'Login.name',
      'Query.note',
      'Query.note(of:)',
      'Query.user(mail:)',
      'Secret',
      'Secret.at',
      'Secret.at(key:)',
    ]);
  });

  test('where one of several upstreams says so', () => {
    const quiet =
      'type User @key(fields: "id") { id: ID! mail: String @shareable } type Query { user(mail: String): User @shareable }';
    const careful =
      'type User @key(fields: "id") { id: ID! mail: String @shareable @sensitive } type Query { user(mail: String @sensitive): User @shareable }';
    const both = ['Query.user(mail:)', 'User.mail'];
    assert.deepEqual(placesOf(quiet, careful), both);
    assert.deepEqual(placesOf(careful, quiet), both);
  });

  const definition = 'directive @sensitive(level: Int) on ARGUMENT_DEFINITION';
  const ways: Readonly<Record<string, string>> = {
    'that define it': 'directive @sensitive on ARGUMENT_DEFINITION type Query { a(b: Int @sensitive): Int }',
    'that mean more by it': `${definition} type Query { a(b: Int @sensitive(level: 3)): Int }`,
    'that compose it': `extend schema @link(url: "https://acme.example/sensitive/v1.0", import: ["@sensitive"])
      extend schema @composeDirective(name: "@sensitive") ${definition} type Query { a(b: Int @sensitive(level: 1)): Int }`,
    'in extensions': 'type Query { c: Int } extend type Query { a(b: Int @sensitive): Int }',
    'that call their root types otherwise': 'schema { query: Root } type Root { a(b: Int @sensitive): Int }',
  };
  for (const [way, sdl] of Object.entries(ways)) {
    test(`from federation subgraphs ${way}`, () => {
      const supergraph = compose([subgraph('one', sdl), subgraph('two', 'type Query { d: Int }')]);
      assert.deepEqual([...readSensitive(parse(supergraph)).places], ['Query.a(b:)']);
      assert.equal(supergraph.split('directive @sensitive').length, 2, 'defined once');
    });
  }

  test('from REST upstreams, the gateway, and overlays of plain GraphQL servers', () => {
    const plain = graphqlSourceSchema({
      name: 'plain',
      upstreamSdl: parse('type Query { find(mail: String, by: By): String } input By { mail: String }'),
      overlay: parse(
        'type Query { find(mail: String @sensitive, by: By): String } input By { mail: String @sensitive }',
      ),
      overlayFile: 'schema/plain.graphql',
    });
    assert.deepEqual(plain.problems, []);
    const rest = 'type User @key(fields: "id") { id: ID! } type Query { user(mail: String @sensitive): User }';
    const own = 'extend type User { greeting(to: String @sensitive): String }';
    const { sources, problems } = buildSourceSchemas(
      [
        {
          name: 'users',
          kind: 'rest',
          file: 'schema/users.graphql',
          sdl: parse(rest),
          filled: [{ type: 'User', field: 'greeting' }],
        },
        { name: 'plain', kind: 'graphql', file: 'schema/plain.graphql', sdl: plain.sourceSchema, filled: [] },
        { name: 'gateway', kind: 'local', file: 'schema/gateway.graphql', sdl: parse(own), filled: [] },
      ],
      (name) => `http://${name}.example`,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual([...readSensitive(parse(compose(sources))).places].toSorted(), [
      'By.mail',
      'Query.find(mail:)',
      'Query.user(mail:)',
      'User.greeting(to:)',
    ]);
  });

  test('from interfaces to what implements them, from these to interfaces, and through interface objects', () => {
    const one = `type Query { named: Named } interface Named @key(fields: "id") { id: ID! name(key: Int @sensitive): String nick(key: Int): String }
      type Cat implements Named @key(fields: "id") { id: ID! name(key: Int): String nick(key: Int @sensitive): String }
      type Dog implements Named @key(fields: "id") { id: ID! name(key: Int): String nick(key: Int): String }`;
    const two = 'type Named @interfaceObject @key(fields: "id") { id: ID! rank: Int @sensitive }';
    assert.deepEqual(placesOf(one, two), [
      'Cat.name(key:)',
      'Cat.nick(key:)',
      'Cat.rank',
      'Dog.name(key:)',
      'Dog.rank',
      'Named.name(key:)',
      'Named.nick(key:)',
      'Named.rank',
    ]);
  });

  test('and inputs that hold it, however deep, are told apart from others', () => {
    const { holders } = readSensitive(
      parse(
        compose([
          subgraph(
            'one',
            `input Top { list: [Middle!]! } input Middle { deep: Deep back: Top } input Deep { number: String @sensitive }
             scalar Email @sensitive input Mails { to: [Email] } input Other { name: String }
             type Query { a(top: Top, mails: Mails, other: Other): Int }`,
          ),
        ]),
      ),
    );
    assert.deepEqual([...holders].toSorted(), ['Deep', 'Mails', 'Middle', 'Top']);
  });

  test('a supergraph of which nothing is sensitive is composed as ever', () => {
    const supergraph = compose([subgraph('one', 'type Query { a: Int }')]);
    assert.doesNotMatch(supergraph, /sensitive/);
    assert.equal(readSensitive(parse(supergraph)), nothingSensitive);
  });

  test('and is there in an audience’s part, where clients see nothing of it', () => {
    const document = parse(
      compose([subgraph('s0', 'type Query { a(mail: String @sensitive): Int @tag(name: "public") hidden: Int }')]),
    );
    const audience = contractOf(document, { name: 'public', include: ['public'], exclude: [] });
    for (const each of [document, audience]) {
      assert.deepEqual([...readSensitive(parse(print(each))).places], ['Query.a(mail:)']);
      const schema = stitch(each, new Map([['s0', facade]]));
      assert.doesNotMatch(printSchema(schema), /sensitive/);
      assert.equal(schema.getDirective('sensitive'), undefined);
    }
  });
});

test('@sensitive where it hides nothing is a problem with its file and line', () => {
  const source = {
    ...subgraph('one', ''),
    sdl: parse('type Query { a: U }\ntype A { b: Int }\nunion U @sensitive = A'),
  };
  assert.throws(
    () => compose([source]),
    (error) => {
      assert.ok(error instanceof CompositionError);
      assert.deepEqual(error.problems.map(printProblem), [
        'one.graphql:3:9: CONTRACT: @sensitive speaks of fields, arguments, input fields and types other than unions: it has no meaning here',
      ]);
      return true;
    },
  );
});
