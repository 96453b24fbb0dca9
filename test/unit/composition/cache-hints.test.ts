import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, print, printSchema, Source } from 'graphql';
import { readCacheHints, type CacheHints } from '../../../src/composition/cache-hints/cache-hints.ts';
import { compose, CompositionError, printProblem } from '../../../src/composition/compose.ts';
import { contractOf } from '../../../src/composition/contract/contract.ts';
import { publicSchema } from '../../../src/composition/public-schema.ts';
import { buildSourceSchemas } from '../../../src/composition/source-schemas.ts';
import type { Contribution, SourceSchema } from '../../../src/composition/types.ts';
import type { CacheHint } from '../../../src/config/cache-types.ts';
import { GatewayError } from '../../../src/errors.ts';
import { stitch } from '../../../src/stitched/schema.ts';
import { graphqlSourceSchema } from '../../../src/upstream/facade/graphql/source-schema.ts';
import type { Facade } from '../../../src/upstream/types.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag",
  "@interfaceObject", "@composeDirective"])`;

function subgraph(name: string, sdl: string, head = link): SourceSchema {
  return { name, file: `${name}.graphql`, sdl: parse(`${head}\n${sdl}`), url: `http://${name}.example` };
}

function composed(contributions: readonly Contribution[]): string {
  const { sources, problems } = buildSourceSchemas(contributions, (name) => `http://${name}.example`);
  assert.deepEqual(problems, []);
  return compose(sources);
}

function hintsOf(supergraph: string, configured: Readonly<Record<string, CacheHint>> = {}): CacheHints {
  return readCacheHints(parse(supergraph), configured);
}

/** Hints by coordinate, as `60 PRIVATE inherits`. */
function textsOf({ hints }: CacheHints): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...hints].map(([place, { maxAge, scope, inheritMaxAge }]) => [
      place,
      [maxAge ?? '-', scope ?? [], inheritMaxAge ? 'inherits' : []].flat().join(' '),
    ]),
  );
}

const definitions = `directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean)
  on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  enum CacheControlScope { PUBLIC PRIVATE }
  directive @cacheTag(format: String!) repeatable on FIELD_DEFINITION | OBJECT`;

const facade = (name: string): Facade => ({
  name,
  kind: 'federation',
  execute: async () => ({ data: {} }),
  prepare: () => async () => ({ data: {} }),
  close: async () => {},
});

describe('@cacheControl and @cacheTag reach the supergraph', () => {
  test('from the schemas of REST upstreams, of the gateway, and from overlays of plain GraphQL servers', () => {
    const plain = graphqlSourceSchema({
      name: 'plain',
      upstreamSdl: parse('type Query { pages(in: ID): [Page] } type Page { text: String }'),
      overlay:
        parse(`type Query { pages(in: ID): [Page] @cacheControl(maxAge: 30) @cacheTag(format: "pages") @cacheTag(format: "in:{$args.in}") }
        type Page @cacheControl(maxAge: 20, scope: PRIVATE)`),
      overlayFile: 'schema/plain.graphql',
    });
    assert.deepEqual(plain.problems, []);
    const hints = hintsOf(
      composed([
        {
          name: 'users',
          kind: 'rest',
          file: 'schema/users.graphql',
          sdl: parse(
            `type User @key(fields: "id") @cacheControl(maxAge: 60) @cacheTag(format: "user:{$key.id}") { id: ID! email: String @cacheControl(scope: PRIVATE) }
             type Query { user(id: ID!): User @cacheControl(inheritMaxAge: true) }`,
          ),
          filled: [{ type: 'User', field: 'greeting' }],
        },
        { name: 'plain', kind: 'graphql', file: 'schema/plain.graphql', sdl: plain.sourceSchema, filled: [] },
        {
          name: 'gateway',
          kind: 'local',
          file: 'schema/gateway.graphql',
          sdl: parse(`extend type User @cacheControl(maxAge: 50) { greeting: String @cacheControl(maxAge: 5) }
            extend type Query { now: String @cacheControl(maxAge: 1) }`),
          filled: [{ type: 'Query', field: 'now' }],
        },
      ]),
    );
    assert.deepEqual(textsOf(hints), {
      User: '50',
      'User.email': '- PRIVATE',
      'User.greeting': '5',
      'Query.user': '- inherits',
      'Query.pages': '30',
      'Query.now': '1',
      Page: '20 PRIVATE',
    });
    assert.deepEqual([...hints.fieldTags], [['Query.pages', [['pages'], ['in:', { from: 'args', path: ['in'] }]]]]);
    assert.deepEqual(
      [...hints.entities],
      [['User', { idField: 'id', tags: [['user:', { from: 'key', path: ['id'] }]] }]],
    );
  });

  const uses = `type Query { a: T @cacheControl(maxAge: 9, scope: PRIVATE) @cacheTag(format: "a") }
    type T @key(fields: "k") @cacheTag(format: "t{$key.k}") @cacheControl(maxAge: 1) { k: ID }`;
  const ways: Readonly<Record<string, SourceSchema>> = {
    'that do not define them': subgraph('one', uses),
    'that define them': subgraph('one', `${definitions} ${uses}`),
    'that compose them': subgraph(
      'one',
      `extend schema @link(url: "https://acme.example/cache/v1.0", import: ["@cacheControl", "@cacheTag"])
       @composeDirective(name: "@cacheControl") @composeDirective(name: "@cacheTag") ${definitions} ${uses}`,
    ),
    'that call their root types otherwise': subgraph(
      'one',
      `schema { query: Root } ${uses.replace('type Query', 'type Root')}`,
    ),
    'of the version of Federation that has tags': subgraph(
      'one',
      uses,
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])',
    ),
    'that import them under another name': subgraph(
      'one',
      uses.replaceAll('@cacheTag', '@named'),
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", {name: "@cacheTag", as: "@named"}])',
    ),
    'that use them by their namespace': subgraph(
      'one',
      uses.replaceAll('@cacheTag', '@federation__cacheTag'),
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])',
    ),
    "that link the tags' own specification": subgraph(
      'one',
      `extend schema @link(url: "https://specs.apollo.dev/cacheTag/v0.1", import: ["@cacheTag"]) ${uses}`,
    ),
  };
  for (const [way, source] of Object.entries(ways)) {
    test(`from federation subgraphs ${way}`, () => {
      const supergraph = compose([source, subgraph('two', 'type Query { c: Int }')]);
      const hints = hintsOf(supergraph);
      assert.deepEqual(textsOf(hints), { 'Query.a': '9 PRIVATE', T: '1' });
      assert.deepEqual([...hints.fieldTags], [['Query.a', [['a']]]]);
      assert.deepEqual(hints.entities.get('T'), { idField: 'k', tags: [['t', { from: 'key', path: ['k'] }]] });
      for (const defined of ['directive @cacheControl', 'directive @cacheTag', 'enum CacheControlScope'])
        assert.equal(supergraph.split(defined).length, 2, `${defined} once`);
    });
  }

  test('the strictest holds of what several upstreams say of one place, and all of their tags', () => {
    const one = `type Query { a: T @shareable @cacheControl(maxAge: 60) @cacheTag(format: "x") b: T @shareable @cacheControl(inheritMaxAge: true)
      c: T @shareable @cacheControl(inheritMaxAge: true) d: T @shareable @cacheControl(inheritMaxAge: true) }
      type T @shareable @cacheControl(scope: PUBLIC) { a: Int }`;
    const two = `type Query { a: T @shareable @cacheControl(maxAge: 30, scope: PUBLIC) @cacheTag(format: "y") @cacheTag(format: "x")
      b: T @shareable @cacheControl(maxAge: 10) c: T @shareable @cacheControl(inheritMaxAge: true, scope: PRIVATE) d: T @shareable }
      type T @shareable @cacheControl(scope: PRIVATE) { a: Int }`;
    const hints = hintsOf(compose([subgraph('one', one), subgraph('two', two)]));
    assert.deepEqual(textsOf(hints), {
      'Query.a': '30 PUBLIC',
      'Query.b': '10',
      'Query.c': '- PRIVATE inherits',
      'Query.d': '- inherits',
      T: '- PRIVATE',
    });
    assert.deepEqual(hints.fieldTags.get('Query.a'), [['x'], ['y']]);
  });

  test('what an interface says holds for the types that implement it, also through an interface object', () => {
    const one = `type Query { named: Named } interface Named @key(fields: "id") @cacheControl(maxAge: 50) { id: ID! name: String @cacheControl(scope: PRIVATE) }
      type Cat implements Named @key(fields: "id") @cacheControl(maxAge: 60) { id: ID! name: String }
      type Dog implements Named @key(fields: "id") { id: ID! name: String @cacheControl(maxAge: 2) }`;
    const two = 'type Named @interfaceObject @key(fields: "id") { id: ID! rank: Int @cacheControl(maxAge: 7) }';
    assert.deepEqual(textsOf(hintsOf(compose([subgraph('one', one), subgraph('two', two)]))), {
      Named: '50',
      Cat: '50',
      Dog: '50',
      'Named.name': '- PRIVATE',
      'Cat.name': '- PRIVATE',
      'Dog.name': '2 PRIVATE',
      'Named.rank': '7',
      'Cat.rank': '7',
      'Dog.rank': '7',
    });
  });

  test("directives of the same names that are the upstream's own stay its own", () => {
    const own = `directive @cacheControl(seconds: Int) on FIELD_DEFINITION | ENUM directive @cacheTag(name: String) on ENUM
      type Query { a: E @cacheControl(seconds: 2) } enum E @cacheControl(seconds: 1) @cacheTag(name: "a") { A }`;
    const hints = hintsOf(
      compose([subgraph('own', own), subgraph('two', 'type Query { b: Int @cacheControl(maxAge: 1) }')]),
    );
    assert.deepEqual(textsOf(hints), { 'Query.b': '1' });
  });

  test('a supergraph without hints is composed as ever', () => {
    assert.doesNotMatch(compose([subgraph('one', 'type Query { a: Int }')]), /cache|inaccessible/i);
  });
});

describe('a supergraph with hints', () => {
  const sdl = `union U @cacheControl(maxAge: 3) = T type T @key(fields: "a { b }") @key(fields: "k") { a: A k: Int } type A { b: Int }
    type Query { a(id: ID): Int @tag(name: "public") @cacheControl(maxAge: 0, scope: PUBLIC) @cacheTag(format: "\\"{$args.id}\\"") u: U hidden: Int id: ID }`;
  const supergraph = compose([subgraph('one', `${definitions} ${sdl}`)]);

  test('says the same when it is printed and read again', () => {
    assert.deepEqual(hintsOf(print(parse(supergraph))), hintsOf(supergraph));
    assert.deepEqual(textsOf(hintsOf(supergraph)), { 'Query.a': '0 PUBLIC', U: '3' });
    assert.deepEqual(hintsOf(supergraph).fieldTags.get('Query.a'), [['"', { from: 'args', path: ['id'] }, '"']]);
    const { entities } = hintsOf(supergraph);
    assert.deepEqual([...entities], [['T', { idField: 'k', tags: [] }]], 'the first key that is a single field');
  });

  test("is read as Apollo's composition writes it", () => {
    const written = supergraph.replace(
      /@cacheTag\(format: "\\"/,
      '@join__directive(graphs: [ONE], name: "federation__cacheTag", args: { format: "a:{$args.id}" }) @join__directive(graphs: [ONE], name: "connect") $&',
    );
    assert.notEqual(written, supergraph);
    assert.deepEqual(hintsOf(written).fieldTags.get('Query.a'), [
      ['a:', { from: 'args', path: ['id'] }],
      ['"', { from: 'args', path: ['id'] }, '"'],
    ]);
  });

  const defining: Readonly<Record<string, string>> = {
    'that are only used': sdl,
    'that are defined': `${definitions} ${sdl}`,
    'that are defined and not used': `${definitions} type Query { a: Int @tag(name: "public") }`,
  };
  for (const [way, text] of Object.entries(defining)) {
    test(`is stitched and cut down to an audience, and clients see nothing of hints ${way}`, () => {
      const document = parse(compose([subgraph('one', text)]));
      const audience = contractOf(document, { name: 'public', include: ['public'], exclude: [] });
      assert.deepEqual(readCacheHints(audience, {}), readCacheHints(document, {}));
      for (const each of [document, audience]) {
        const schema = stitch(each, new Map([['one', facade('one')]]));
        assert.doesNotMatch(printSchema(schema), /cache/i);
        assert.equal(schema.getType('CacheControlScope'), undefined);
        assert.equal(schema.getDirective('cacheControl'), undefined);
        assert.equal(publicSchema(each).getType('CacheControlScope'), undefined);
        assert.ok(publicSchema(each).getQueryType()?.getFields()['a']);
      }
    });
  }

  test('leaves the scopes to clients where a field is of them', () => {
    const text = `${definitions} type Query { scope: CacheControlScope @cacheControl(maxAge: 1, scope: PRIVATE) }`;
    const schema = stitch(parse(compose([subgraph('one', text)])), new Map([['one', facade('one')]]));
    assert.ok(schema.getType('CacheControlScope'));
  });

  test('that was written by hand and says what cannot be kept stops the start', () => {
    assert.throws(
      () => hintsOf(supergraph.replace('maxAge: 0', 'maxAge: -1')),
      (error) =>
        error instanceof GatewayError &&
        error.code === 'COMPOSITION_FAILED' &&
        /"Query\.a".*\(maxAge:\).*got: -1/.test(error.message),
    );
  });

  describe('and hints of the configuration', () => {
    const hint: CacheHint = { maxAge: undefined, scope: undefined, inheritMaxAge: false };

    test('the strictest of both holds', () => {
      const hints = hintsOf(supergraph, {
        'Query.a': { ...hint, maxAge: 10, scope: 'PRIVATE' },
        U: { ...hint, maxAge: 2 },
        T: { ...hint, maxAge: 5 },
        'T.k': { ...hint, inheritMaxAge: true },
        'Query.u': hint,
      });
      assert.deepEqual(textsOf(hints), { 'Query.a': '0 PRIVATE', U: '2', T: '5', 'T.k': '- inherits' });
    });

    const strangers: Readonly<Record<string, RegExp>> = {
      'Query.aa': /got: "Query\.aa" \(did you mean "Query\.a"\?\)$/,
      'Nothing.like': /got: "Nothing\.like"$/,
      CacheControlScope: /got: "CacheControlScope"$/,
      join__Graph: /got: "join__Graph"$/,
    };
    for (const [place, message] of Object.entries(strangers)) {
      test(`a place that does not exist, "${place}", is named`, () => {
        assert.throws(
          () => hintsOf(supergraph, { [place]: { ...hint, maxAge: 1 } }),
          (error) =>
            error instanceof GatewayError && error.code === 'CONFIGURATION_INVALID' && message.test(error.message),
        );
      });
    }
  });
});

describe('a hint that says nothing that could be kept is a problem with its file and line', () => {
  const wrong: Readonly<Record<string, readonly [directive: string, message: RegExp]>> = {
    'a negative time': ['@cacheControl(maxAge: -1)', /\(maxAge:\) to be an integer of 0 or more, but got: -1$/],
    'a time that is no integer': ['@cacheControl(maxAge: "60")', /\(maxAge:\).*got: "60"$/],
    'a time beyond what GraphQL knows': ['@cacheControl(maxAge: 99999999999)', /\(maxAge:\).*got: 99999999999$/],
    'another scope': ['@cacheControl(scope: SHARED)', /\(scope:\) to be PUBLIC or PRIVATE, but got: SHARED$/],
    'a scope that is a text': ['@cacheControl(scope: "PRIVATE")', /\(scope:\).*got: "PRIVATE"$/],
    'a time to inherit that is no yes or no': ['@cacheControl(inheritMaxAge: 1)', /\(inheritMaxAge:\) to be true or/],
    'a time beside one to inherit': ['@cacheControl(maxAge: 1, inheritMaxAge: true)', /got: both maxAge and inherit/],
    'an argument that is not known': ['@cacheControl(maxage: 1)', /got: maxage$/],
    'a tag without a format': ['@cacheTag', /@cacheTag\(format:\) to be a text such as .* but got: nothing$/],
    'a tag that is no text': ['@cacheTag(format: 1)', /\(format:\).*got: 1$/],
    'an empty tag': ['@cacheTag(format: "")', /\(format:\).*got: ""$/],
    'a tag with an argument that is not known': ['@cacheTag(format: "a", name: "b")', /got: name$/],
    'braces that are no placeholder': ['@cacheTag(format: "a{id}")', /\(format:\).*got: "a\{id\}"$/],
    'braces that do not end': ['@cacheTag(format: "a{$args.id")', /\(format:\)/],
    'a placeholder of another kind': ['@cacheTag(format: "{$context.user}")', /\(format:\)/],
    'a placeholder of no argument': [
      '@cacheTag(format: "{$args.nam}")',
      /to name an argument of "a" .*but got: \{\$args\.nam\}$/,
    ],
    'a placeholder of no input field': ['@cacheTag(format: "{$args.by.nam}")', /got: \{\$args\.by\.nam\}$/],
    'a placeholder of an input object': ['@cacheTag(format: "{$args.by}")', /got: \{\$args\.by\}$/],
    'a placeholder of a list': ['@cacheTag(format: "{$args.all}")', /got: \{\$args\.all\}$/],
    'a placeholder below a list': ['@cacheTag(format: "{$args.all.name}")', /got: \{\$args\.all\.name\}$/],
    'a placeholder below a leaf': ['@cacheTag(format: "{$args.id.x}")', /got: \{\$args\.id\.x\}$/],
    'a key on a root field': ['@cacheTag(format: "{$key.id}")', /got: \{\$key\.id\}$/],
  };
  const sdlWith = (directive: string): string => `
input By { name: String }
type Query {
  a(id: ID, by: By, all: [By!]): Int
    ${directive}
}`;
  const failing = (sdl: string, check: (message: string, place: string) => void): void => {
    assert.throws(
      () => compose([{ ...subgraph('one', ''), sdl: parse(sdl) }]),
      (error) => {
        assert.ok(error instanceof CompositionError);
        const [problem, ...others] = error.problems;
        assert.deepEqual(others, []);
        assert.ok(problem);
        check(problem.message, printProblem(problem));
        return true;
      },
    );
  };
  for (const [case_, [directive, message]] of Object.entries(wrong)) {
    test(case_, () => {
      failing(sdlWith(directive), (text, place) => {
        assert.match(text, message);
        assert.match(place, /^one\.graphql:5:5: CONTRACT: /);
      });
    });
  }

  const types: Readonly<Record<string, readonly [sdl: string, message: RegExp]>> = {
    'a tag of an entity by a field that is no key': [
      'type Query { t: T } type T @key(fields: "id") @cacheTag(format: "{$key.name}") { id: ID name: String }',
      /to name a field of the key of "T".*got: \{\$key\.name\}$/,
    ],
    'a tag of an entity by half a key': [
      'type Query { t: T } type T @key(fields: "a { b }") @cacheTag(format: "{$key.a}") { a: A } type A { b: Int }',
      /got: \{\$key\.a\}$/,
    ],
    'a tag of an entity by an argument': [
      'type Query { t: T } type T @key(fields: "id") @cacheTag(format: "{$args.id}") { id: ID }',
      /got: \{\$args\.id\}$/,
    ],
    'a tag of a type without a key': [
      'type Query { t: T } type T @cacheTag(format: "t") { id: ID }',
      /no meaning here/,
    ],
    'a tag of a field below the root': [
      'type Query { t: T } type T { id: ID @cacheTag(format: "t") }',
      /no meaning here/,
    ],
    'a tag of an argument': ['type Query { t(id: ID @cacheTag(format: "t")): Int }', /no meaning here/],
    'a time of a leaf type': ['type Query { t: E } enum E @cacheControl(maxAge: 1) { A }', /no meaning here/],
    'a time of an argument': ['type Query { t(id: ID @cacheControl(maxAge: 1)): Int }', /no meaning here/],
  };
  for (const [case_, [sdl, message]] of Object.entries(types)) {
    test(case_, () => failing(sdl, (text) => assert.match(text, message)));
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
          sdl: read('schema/gateway.graphql', 'extend type User {\n  greeting: String @cacheControl(maxAge: -2)\n}'),
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

  test('what is fine composes', () => {
    const fine = `@cacheControl(maxAge: 0, scope: null, inheritMaxAge: false) @cacheTag(format: "a")
      @cacheTag(format: "{$args.id}{$args.by.name}-")`;
    const hints = hintsOf(compose([subgraph('one', sdlWith(fine))]));
    assert.deepEqual(textsOf(hints), { 'Query.a': '0' });
    assert.deepEqual(hints.fieldTags.get('Query.a'), [
      ['a'],
      [{ from: 'args', path: ['id'] }, { from: 'args', path: ['by', 'name'] }, '-'],
    ]);
  });
});
