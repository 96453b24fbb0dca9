import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute, parse, type GraphQLSchema } from 'graphql';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import { createCacheStore } from '../../src/cache/store.ts';
import type { Authorization } from '../../src/compiled/authorization.ts';
import { createCompiledEngine, type CompiledEngine } from '../../src/compiled/engine.ts';
import { readCacheHints } from '../../src/composition/cache-hints/cache-hints.ts';
import { compose } from '../../src/composition/compose.ts';
import type { CacheHint } from '../../src/config/cache-types.ts';
import { anonymous, type Caller } from '../../src/identity/caller.ts';
import { createResponseCache } from '../../src/policies/cache/response-cache.ts';
import { stitch } from '../../src/stitched/schema.ts';
import { prepareByExecute } from '../../src/upstream/facade/prepare.ts';
import { compileHeaderRules, upstreamHeaders } from '../../src/upstream/request-headers.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { Facade } from '../../src/upstream/types.ts';
import { createVaryOf } from '../../src/upstream/vary.ts';
import { seededRandom } from '../../upstreams/demo/random.ts';
import { createSubgraphSchema } from '../../upstreams/demo/subgraph.ts';
import type { RigResult } from '../support/cache-rig.ts';
import { randomQuery } from '../support/random-query.ts';

/*
 * Upstreams that answer each caller differently, some of it by what a header rule brings them, some of it by what only a
 * hint tells the gateway of. What comes from the cache must be what the same engine answers without one.
 */

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])';

const peopleSdl = /* GraphQL */ `
  ${link}
  interface Named {
    name: String
    nickname: String
    friend: Named
  }
  type User implements Named @key(fields: "id") {
    id: ID!
    name: String
    nickname: String
    email: String
    motto: String
    salary: Int
    friend: Named
    friends(first: Int): [User!]
    diary: Diary
  }
  type Robot implements Named {
    name: String
    nickname: String
    serial: String
    friend: Named
  }
  type Diary {
    page: String
    author: User
  }
  union Thing = User | Robot | Diary
  type Query {
    user(id: ID!): User
    named: [Named]
    things: [Thing]
    motd: String
  }
`;

const notesSdl = /* GraphQL */ `
  ${link}
  type User @key(fields: "id") {
    id: ID!
    notes: [Note]
  }
  type Note {
    title: String
    secret: String
    by: User
  }
  type Query {
    notes: [Note]
  }
`;

/** What upstreams know of the caller: by header, and by ways that the gateway does not see. */
interface Context {
  readonly motto: string;
  readonly caller: string;
}

const own =
  (what: string) =>
  (_: unknown, __: unknown, { caller }: Context) =>
    `${what} of ${caller}`;
const user = (id: string) => ({ __typename: 'User', id });
const typed = { __resolveType: ({ __typename }: { readonly __typename: string }) => __typename };

const named = {
  name: ({ id }: { readonly id?: string }) => `name ${id ?? 'R2'}`,
  nickname: own('nickname'),
  friend: ({ id }: { readonly id?: string }) => (id === '1' ? { __typename: 'Robot' } : user('1')),
};

const people = createSubgraphSchema({
  sdl: peopleSdl,
  resolvers: {
    Query: {
      user: (_: unknown, { id }: { readonly id: string }) => user(id),
      named: () => [user('1'), { __typename: 'Robot' }],
      things: () => [user('2'), { __typename: 'Robot' }, { __typename: 'Diary' }],
      motd: (_: unknown, __: unknown, { motto }: Context) => motto,
    },
    User: {
      ...named,
      email: own('email'),
      motto: (_: unknown, __: unknown, { motto }: Context) => motto,
      salary: () => 100,
      friends: (_: unknown, { first }: { readonly first?: number }) => (first === 0 ? [] : [user('1'), user('3')]),
      diary: () => ({}),
    },
    Robot: { ...named, serial: () => 'R2-1' },
    Diary: { page: own('page'), author: () => user('2') },
    Named: typed,
    Thing: typed,
  },
  entities: { User: ({ id }) => ({ id }) },
});

const notes = createSubgraphSchema({
  sdl: notesSdl,
  resolvers: {
    Query: { notes: () => [{}, {}] },
    User: { notes: () => [{}] },
    Note: { title: () => 'a title', secret: own('secret'), by: () => user('1') },
  },
  entities: { User: ({ id }) => ({ id }) },
});

const rules = compileHeaderRules({ 'x-motto': { from: 'client', header: 'accept-language' } });

function facadeOf(name: string, schema: GraphQLSchema): Facade {
  const run: Facade['execute'] = async ({ document, variables, scope }) => {
    const motto = name === 'people' ? String(upstreamHeaders(rules, scope)['x-motto']) : '';
    const contextValue: Context = { caller: String(scope.caller.id), motto };
    return execute({ schema, document, variableValues: variables, contextValue });
  };
  return { name, kind: 'federation', execute: run, prepare: prepareByExecute(run), close: async () => {} };
}

const hint = (given: Partial<CacheHint>): CacheHint => ({
  ...{ maxAge: undefined, scope: undefined, inheritMaxAge: false },
  ...given,
});

const kept = hint({ maxAge: 60 });
const isPrivate = hint({ scope: 'PRIVATE' });

const hints: Readonly<Record<string, CacheHint>> = {
  ...Object.fromEntries(
    ['Query.user', 'Query.named', 'Query.things', 'Query.motd', 'Query.notes', 'User', 'Robot', 'Note'].map((place) => [
      place,
      kept,
    ]),
  ),
  ...{ Diary: hint({ maxAge: 60, scope: 'PRIVATE' }), 'User.email': isPrivate, 'Note.secret': isPrivate },
  // Of the interface alone: it holds for all that implement it.
  ...{ 'Named.nickname': isPrivate, 'Named.friend': kept, 'User.notes': kept, 'User.friends': kept, Named: kept },
};

const authorization: Authorization = {
  guards: {
    requirements: [{ authenticated: true, scopes: [['pay']], policies: [] }],
    types: new Map(),
    fields: new Map([['User.salary', [0]]]),
  },
  mode: 'mask',
  deny: (_, { caller }) => (caller.scopes.has('pay') ? [] : [0]),
};

interface Client {
  readonly caller: Partial<Caller>;
  readonly language: string;
}

const clients: readonly Client[] = [
  { caller: { id: 'alice', isKnown: true, scopes: new Set(['pay']) }, language: 'de' },
  { caller: { id: 'bob', isKnown: true }, language: 'de' },
  { caller: { id: 'bob', isKnown: true }, language: 'fr' },
  { caller: {}, language: 'de' },
];

interface Rig {
  readonly schema: GraphQLSchema;
  readonly cached: CompiledEngine;
  readonly plain: CompiledEngine;
  readonly close: () => Promise<void>;
}

function createRig(runs: 'compiled' | 'stitched'): Rig {
  const sources = [
    { name: 'people', sdl: peopleSdl },
    { name: 'notes', sdl: notesSdl },
  ];
  const supergraph = parse(
    compose(sources.map(({ name, sdl }) => ({ name, file: name, url: `http://${name}`, sdl: parse(sdl) }))),
  );
  const facades = new Map([
    ['people', facadeOf('people', people)],
    ['notes', facadeOf('notes', notes)],
  ]);
  const schema = stitch(supergraph, facades);
  const limits = { maxBytes: 64 * 1024 * 1024, maxEntryBytes: 1024 * 1024, timeoutMs: 10 };
  const store = createCacheStore({ redis: undefined, config: limits });
  const answers = createResponseCache({
    config: {
      ...{ coordinates: {}, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, partial: true },
      ...{ obeysUpstreams: true, invalidatesByMutations: true },
    },
    ...{ schema, store, supergraph: 'hash', now: Date.now },
    hints: readCacheHints(supergraph, hints),
    singleFlight: createSingleFlight({ redis: undefined, timeoutMs: 10 }),
    varyOf: createVaryOf({ rules: new Map([['people', rules]]), callsOthers: new Set() }),
  });
  const parts = { supergraph, facades, schema, runs, authorization };
  return {
    schema,
    cached: createCompiledEngine({ ...parts, answers }),
    plain: createCompiledEngine(parts),
    close: store.close,
  };
}

interface Asking {
  readonly query: ReturnType<typeof randomQuery>;
  readonly client: Client;
}

async function ask(rig: Rig, engine: 'cached' | 'plain', { query, client }: Asking): Promise<RigResult> {
  const scope = createRequestScope({
    headers: { 'accept-language': client.language },
    signal: new AbortController().signal,
    responseHeaderRules: {},
    caller: { ...anonymous, ...client.caller },
  });
  const { text, variables } = query;
  const args = { schema: rig.schema, document: parse(text), variableValues: variables, contextValue: { scope } };
  return rig[engine].execute(args);
}

function shown({ data, errors = [] }: RigResult): string {
  return JSON.stringify([data, errors.map(({ path, message }) => [path, message])]);
}

const operations = { compiled: 100, stitched: 50 } as const;

describe('callers with different rights and headers, over generated operations', () => {
  for (const runs of ['compiled', 'stitched'] as const) {
    test(`${runs}: nobody gets an answer of another`, async () => {
      const rig = createRig(runs);
      const random = seededRandom(runs.length);
      const hits = { known: 0, strangers: 0, shared: 0 };
      for (let seed = 1; seed <= operations[runs]; seed += 1) {
        const query = randomQuery(rig.schema, {
          seed,
          depth: 4,
          argument: ({ name }, _, { pick }) => (name === 'id' ? pick(['"1"', '"2"']) : pick(['0', '2'])),
        });
        const order = [...clients, ...clients].toSorted(() => random.between(0, 1) - 0.5);
        const asked = new Set<Client>();
        for (const client of order) {
          const answer = await ask(rig, 'cached', { query, client });
          const expected = await ask(rig, 'plain', { query, client });
          assert.equal(shown(answer), shown(expected), `operation ${seed}, ${JSON.stringify(client)}: ${query.text}`);
          if (answer.kept?.outcome === 'hit') {
            if (client.caller.id === undefined) hits.strangers += 1;
            else hits.known += 1;
            if (!asked.has(client)) hits.shared += 1;
          }
          asked.add(client);
        }
      }
      await rig.close();
      // Answers were kept, for some alone and for several.
      for (const [whose, count] of Object.entries(hits)) assert.ok(count > 3, `${whose}: ${count}`);
    });
  }
});
