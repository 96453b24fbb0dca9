import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getGraphQLRateLimiter, Store } from 'graphql-rate-limit';
import { parse, print, printSchema, Source, type GraphQLResolveInfo } from 'graphql';
import { compose, CompositionError, printProblem } from '../../../src/composition/compose.ts';
import { contractOf } from '../../../src/composition/contract/contract.ts';
import { readFieldLimits, withFieldLimits } from '../../../src/composition/field-limits/field-limits.ts';
import { readWindow } from '../../../src/composition/field-limits/window.ts';
import { readGuards } from '../../../src/composition/guards/guards.ts';
import { publicSchema } from '../../../src/composition/public-schema.ts';
import { buildSourceSchemas } from '../../../src/composition/source-schemas.ts';
import type { Contribution, SourceSchema } from '../../../src/composition/types.ts';
import { GatewayError } from '../../../src/errors.ts';
import { stitch } from '../../../src/stitched/schema.ts';
import { graphqlSourceSchema } from '../../../src/upstream/facade/graphql/source-schema.ts';
import type { Facade } from '../../../src/upstream/types.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag",
  "@interfaceObject", "@composeDirective", "@requiresScopes", "@requires", "@external"])`;

function subgraph(name: string, sdl: string): SourceSchema {
  return { name, file: `${name}.graphql`, sdl: parse(`${link}\n${sdl}`), url: `http://${name}.example` };
}

function composed(contributions: readonly Contribution[]): string {
  const { sources, problems } = buildSourceSchemas(contributions, (name) => `http://${name}.example`);
  assert.deepEqual(problems, []);
  return compose(sources);
}

/** Limits by coordinate, as `max/window`. */
function limitsOf(supergraph: string): Readonly<Record<string, readonly string[]>> {
  const { limits, fields } = readFieldLimits(parse(supergraph));
  return Object.fromEntries(
    [...fields].map(([coordinate, numbers]) => [
      coordinate,
      numbers.map((number) => {
        const limit = limits[number];
        assert.equal(limit?.coordinate, coordinate);
        return `${limit.max}/${limit.window}`;
      }),
    ]),
  );
}

const facade = (name: string): Facade => ({
  name,
  kind: 'federation',
  execute: async () => ({ data: {} }),
  prepare: () => async () => ({ data: {} }),
  close: async () => {},
});

describe('@rateLimit reaches the supergraph', () => {
  test('from the schemas of REST upstreams, of the gateway, and from overlays of plain GraphQL servers', () => {
    const overlay = parse(
      'type Query { pages(ids: [ID!]): [String] @rateLimit(max: 3, window: "1m", arrayLengthField: "ids") }',
    );
    const plain = graphqlSourceSchema({
      name: 'plain',
      upstreamSdl: parse('type Query { pages(ids: [ID!]): [String] }'),
      overlay,
      overlayFile: 'schema/plain.graphql',
    });
    assert.deepEqual(plain.problems, []);
    const supergraph = composed([
      {
        name: 'users',
        kind: 'rest',
        file: 'schema/users.graphql',
        sdl: parse(
          'type User @key(fields: "id") { id: ID! } type Query { user(id: ID!): User @rateLimit(max: 1, window: "1s", identityArgs: ["id"]) }',
        ),
        filled: [{ type: 'User', field: 'greeting' }],
      },
      { name: 'plain', kind: 'graphql', file: 'schema/plain.graphql', sdl: plain.sourceSchema, filled: [] },
      {
        name: 'gateway',
        kind: 'local',
        file: 'schema/gateway.graphql',
        sdl: parse(
          'extend type User { greeting: String @rateLimit(max: 2, window: "1h") } extend type Query { now: String @rateLimit(max: 4, window: "1d", message: "Slowly.") }',
        ),
        filled: [{ type: 'Query', field: 'now' }],
      },
    ]);
    const { limits } = readFieldLimits(parse(supergraph));
    const base = { identityArgs: [], arrayLengthField: undefined, message: undefined };
    assert.deepEqual(
      limits.toSorted((a, b) => a.max - b.max),
      [
        { ...base, coordinate: 'Query.user', max: 1, windowMs: 1000, window: '1s', identityArgs: ['id'] },
        { ...base, coordinate: 'User.greeting', max: 2, windowMs: 3_600_000, window: '1h' },
        { ...base, coordinate: 'Query.pages', max: 3, windowMs: 60_000, window: '1m', arrayLengthField: 'ids' },
        { ...base, coordinate: 'Query.now', max: 4, windowMs: 86_400_000, window: '1d', message: 'Slowly.' },
      ],
    );
  });

  const definition = 'directive @rateLimit(max: Int, window: String, message: String) on FIELD_DEFINITION';
  const ways: Readonly<Record<string, string>> = {
    'that do not define it': 'type Query { a: Int @rateLimit(max: 1, window: "1s") }',
    'that define it': `${definition} type Query { a: Int @rateLimit(max: 1, window: "1s") }`,
    'that compose it': `extend schema @link(url: "https://acme.example/rateLimit/v1.0", import: ["@rateLimit"])
      extend schema @composeDirective(name: "@rateLimit") ${definition} type Query { a: Int @rateLimit(max: 1, window: "1s") }`,
    'in extensions': 'type Query { b: Int } extend type Query { a: Int @rateLimit(max: 1, window: "1s") }',
    'that call their root types otherwise':
      'schema { query: Root } type Root { a: Int @rateLimit(max: 1, window: "1s") }',
  };
  for (const [way, sdl] of Object.entries(ways)) {
    test(`from federation subgraphs ${way}`, () => {
      const supergraph = compose([subgraph('one', sdl), subgraph('two', 'type Query { c: Int }')]);
      assert.deepEqual(limitsOf(supergraph), { 'Query.a': ['1/1s'] });
      assert.equal(supergraph.split('directive @rateLimit').length, 2, 'defined once');
    });
  }

  test('all limits that several upstreams give a field hold, the one of the longest window first', () => {
    const one = 'type Query { a: Int @shareable @rateLimit(max: 5, window: "1s") @rateLimit(max: 100, window: "1h") }';
    const two = 'type Query { a: Int @shareable @rateLimit(max: 5, window: "1s") @rateLimit(max: 9, window: "1m") }';
    assert.deepEqual(limitsOf(compose([subgraph('one', one), subgraph('two', two)])), {
      'Query.a': ['100/1h', '9/1m', '5/1s'],
    });
  });

  test('the limit of an interface is that of the fields that implement it, also through an interface object', () => {
    const one = `type Query { named: Named } interface Named @key(fields: "id") { id: ID! name: String @rateLimit(max: 5, window: "1s") }
      type Cat implements Named @key(fields: "id") { id: ID! name: String } type Dog implements Named @key(fields: "id") { id: ID! name: String @rateLimit(max: 2, window: "1m") }`;
    const two = 'type Named @interfaceObject @key(fields: "id") { id: ID! rank: Int @rateLimit(max: 7, window: "1s") }';
    assert.deepEqual(limitsOf(compose([subgraph('one', one), subgraph('two', two)])), {
      'Cat.name': ['5/1s'],
      'Cat.rank': ['7/1s'],
      'Dog.name': ['2/1m', '5/1s'],
      'Dog.rank': ['7/1s'],
    });
  });

  test("a directive of the same name that is the upstream's own stays its own", () => {
    const own =
      'directive @rateLimit(requests: Int) on FIELD_DEFINITION | OBJECT type Query @rateLimit(requests: 1) { a: Int @rateLimit(requests: 2) }';
    const supergraph = compose([
      subgraph('own', own),
      subgraph('two', 'type Query { b: Int @rateLimit(max: 1, window: "1s") }'),
    ]);
    assert.deepEqual(limitsOf(supergraph), { 'Query.b': ['1/1s'] });
    const composing = `extend schema @link(url: "https://acme.example/rateLimit/v1.0", import: ["@rateLimit"])
      @composeDirective(name: "@rateLimit") ${own}`;
    assert.deepEqual(limitsOf(compose([subgraph('own', composing)])), {});
  });

  test('a supergraph without limits is composed as ever', () => {
    assert.doesNotMatch(compose([subgraph('one', 'type Query { a: Int }')]), /rateLimit/);
  });
});

describe('a supergraph with limits', () => {
  const sdl = `type Query { a(id: ID): Int @tag(name: "public") @rateLimit(max: 1, window: "1s", identityArgs: ["id"], message: "Not \\"so\\" fast.")
    b: Int @requiresScopes(scopes: [["b"]]) @rateLimit(max: 2, window: "1s") hidden: Int }`;
  const supergraph = compose([subgraph('one', sdl)]);

  test('says the same when it is printed and read again', () => {
    assert.deepEqual(readFieldLimits(parse(print(parse(supergraph)))), readFieldLimits(parse(supergraph)));
    assert.equal(readFieldLimits(parse(supergraph)).limits[0]?.message, 'Not "so" fast.');
  });

  test('is stitched, planned and cut down to an audience, and clients see nothing of them', () => {
    const document = parse(supergraph);
    const audience = contractOf(document, { name: 'public', include: ['public'], exclude: [] });
    assert.deepEqual(limitsOf(print(audience)), limitsOf(supergraph));
    for (const each of [document, audience]) {
      const schema = stitch(each, new Map([['one', facade('one')]]));
      assert.doesNotMatch(printSchema(schema), /rateLimit/);
      assert.equal(schema.getDirective('rateLimit'), undefined);
      assert.ok(publicSchema(each).getQueryType()?.getFields()['a']);
    }
  });

  test('numbers its limits after the requirements of its guards', () => {
    const guards = readGuards(parse(supergraph));
    const table = withFieldLimits(guards, readFieldLimits(parse(supergraph)));
    assert.equal(table.firstLimit, 1);
    assert.deepEqual(table.requirements, guards.requirements);
    assert.deepEqual(
      [...table.fields],
      [
        ['Query.b', [0, 2]],
        ['Query.a', [1]],
      ],
    );
    assert.deepEqual(
      table.limits.map(({ coordinate }) => coordinate),
      ['Query.a', 'Query.b'],
    );
  });

  test('that was written by hand and cannot be kept stops the start', () => {
    const wrong = parse(supergraph.replace('max: 1', 'max: 0'));
    assert.throws(
      () => readFieldLimits(wrong),
      (error) =>
        error instanceof GatewayError &&
        error.code === 'COMPOSITION_FAILED' &&
        /"Query\.a".*\(max:\).*got: 0/.test(error.message),
    );
  });
});

describe('a limit that cannot be kept is a problem with its file and line', () => {
  const wrong: Readonly<Record<string, readonly [directive: string, message: RegExp]>> = {
    'no room at all': ['max: 0, window: "1m"', /\(max:\) to be an integer of 1 or more, but got: 0$/],
    'less than none': ['max: -3, window: "1m"', /\(max:\).*got: -3$/],
    'a max that is no integer': ['max: "5", window: "1m"', /\(max:\).*got: "5"$/],
    'a max beyond what GraphQL knows': ['max: 99999999999, window: "1m"', /\(max:\).*got: 99999999999$/],
    'no max': ['window: "1m"', /\(max:\).*got: nothing$/],
    'no window': ['max: 1', /\(window:\) to be a duration such as "1m", but got: nothing$/],
    'a window without length': ['max: 1, window: "0s"', /\(window:\).*got: "0s"$/],
    'a window that goes back': ['max: 1, window: "-1m"', /\(window:\).*got: "-1m"$/],
    'a window of another unit': ['max: 1, window: "1 fortnight"', /\(window:\).*got: "1 fortnight"$/],
    'a window that is no text': ['max: 1, window: 60', /\(window:\).*got: 60$/],
    'an identity of no argument': [
      'max: 1, window: "1m", identityArgs: ["id", "nam"]',
      /\(identityArgs:\) to be arguments of "a", but got: \["id", "nam"\]$/,
    ],
    'an identity below a leaf': ['max: 1, window: "1m", identityArgs: ["id.x"]', /\(identityArgs:\)/],
    'an identity of no input field': ['max: 1, window: "1m", identityArgs: ["by.nam"]', /\(identityArgs:\)/],
    'an identity below a list': ['max: 1, window: "1m", identityArgs: ["all.name"]', /\(identityArgs:\)/],
    'identities that are no texts': ['max: 1, window: "1m", identityArgs: [1]', /\(identityArgs:\)/],
    'the length of what is no list': [
      'max: 1, window: "1m", arrayLengthField: "id"',
      /\(arrayLengthField:\) to be a list argument of "a", but got: "id"$/,
    ],
    'the length of no argument': ['max: 1, window: "1m", arrayLengthField: "ids"', /\(arrayLengthField:\)/],
    'a message that is no text': ['max: 1, window: "1m", message: 1', /\(message:\) to be a text, but got: 1$/],
    'an argument that is not known': ['max: 1, window: "1m", uncountRejected: true', /but got: uncountRejected$/],
  };
  const sdlWith = (directive: string): string => `
input By { name: String }
type Query {
  a(id: ID, by: By, all: [By!]): Int
    @rateLimit(${directive})
}`;
  for (const [case_, [directive, message]] of Object.entries(wrong)) {
    test(case_, () => {
      const source = { ...subgraph('one', ''), sdl: parse(sdlWith(directive)) };
      assert.throws(
        () => compose([source]),
        (error) => {
          assert.ok(error instanceof CompositionError);
          const [problem, ...others] = error.problems;
          assert.deepEqual(others, []);
          assert.ok(problem);
          assert.match(problem.message, message);
          assert.match(printProblem(problem), /^one\.graphql:5:5: CONTRACT: /);
          return true;
        },
      );
    });
  }

  test('what the gateway adds to an upstream is found in the file of the gateway', () => {
    const read = (file: string, text: string) => parse(new Source(text, file));
    const { sources } = buildSourceSchemas(
      [
        {
          name: 'users',
          kind: 'rest',
          file: 'schema/users.graphql',
          sdl: read('schema/users.graphql', 'type User @key(fields: "id") { id: ID! } type Query { user: User }'),
          filled: [{ type: 'User', field: 'greeting' }],
        },
        {
          name: 'gateway',
          kind: 'local',
          file: 'schema/gateway.graphql',
          sdl: read(
            'schema/gateway.graphql',
            'extend type User {\n  greeting: String @rateLimit(max: 0, window: "1h")\n}',
          ),
          filled: [],
        },
      ],
      () => 'http://a.example',
    );
    assert.throws(
      () => compose(sources),
      (error) =>
        error instanceof CompositionError && error.message.startsWith('schema/gateway.graphql:2:20: CONTRACT: '),
    );
  });

  test('a directive where nothing is limited', () => {
    const source = subgraph(
      'one',
      'type Query { a(id: ID @rateLimit(max: 1, window: "1s")): Int } enum E @rateLimit(max: 1, window: "1s") { A }',
    );
    assert.throws(
      () => compose([source]),
      (error) =>
        error instanceof CompositionError && error.problems.length === 2 && /no meaning here/.test(error.message),
    );
  });

  test('what is fine composes', () => {
    const fine =
      'max: 1, window: "1m", identityArgs: ["id", "by.name", "by", "all"], arrayLengthField: "all", message: null';
    assert.deepEqual(limitsOf(compose([subgraph('one', sdlWith(fine))])), { 'Query.a': ['1/1m'] });
  });
});

test('windows are read as graphql-rate-limit reads them', async () => {
  let read: number | undefined;
  class Reading extends Store {
    override getForIdentity(): readonly number[] {
      return [];
    }
    override setForIdentity(_identity: unknown, _timestamps: unknown, windowMs?: number): void {
      read = windowMs;
    }
  }
  const limiter = getGraphQLRateLimiter({ identifyContext: () => 'a', store: new Reading() });
  const info = { fieldName: 'a' } as GraphQLResolveInfo;
  const numbers = ['1', '90', '1.5', '.5'];
  const units = [
    '',
    'ms',
    's',
    'sec',
    'seconds',
    ' s',
    'm',
    ' min',
    ' Minutes',
    'h',
    'hrs',
    ' hour',
    'd',
    ' days',
    'w',
    ' week',
    'y',
    ' years',
  ];
  for (const window of numbers.flatMap((number) => units.map((unit) => number + unit))) {
    read = undefined;
    await limiter({ parent: {}, args: {}, context: {}, info }, { max: 1, window });
    assert.equal(typeof read, 'number', window);
    assert.equal(readWindow(window), Math.round(read ?? 0), window);
  }
});
