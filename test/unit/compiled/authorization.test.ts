import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeServices } from '@theguild/federation-composition';
import { parse, print, type ExecutionResult, type GraphQLError } from 'graphql';
import type { Authorization } from '../../../src/compiled/authorization.ts';
import { createCompiledEngine, type CompiledEngine } from '../../../src/compiled/engine.ts';
import { readGuards } from '../../../src/composition/guards/guards.ts';
import { GatewayError } from '../../../src/errors.ts';
import { anonymous } from '../../../src/identity/caller.ts';
import { stitch } from '../../../src/stitched/schema.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import type { Facade, RequestScope } from '../../../src/upstream/types.ts';

const { supergraphSdl } = composeServices([
  {
    name: 'users',
    url: 'http://users',
    typeDefs: parse(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@requiresScopes"])
      type Query { me: User version: String page: Page }
      type Page { query: Query }
      type Mutation { rename(name: String): User }
      type Subscription {
        changed: User
        happened: Event
        audited: Int @requiresScopes(scopes: [["audit"]])
      }
      type User @key(fields: "id") { id: ID! name: String email: String @requiresScopes(scopes: [["email"]]) pin: Int! @requiresScopes(scopes: [["pin"]]) }
      union Event = User | Alarm
      type Alarm @requiresScopes(scopes: [["alarm"]]) { level: Int }
    `),
  },
]);
assert.ok(supergraphSdl);
const supergraph = parse(supergraphSdl);
const guards = readGuards(supergraph);

const ada = { id: '7', name: 'Ada', email: 'ada@example.com', pin: 1 };

interface Options extends Partial<Pick<Authorization, 'deny' | 'mode'>> {
  /** Scopes that the caller has. Default: all. */
  readonly scopes?: readonly string[];
  readonly mayIntrospect?: (caller: RequestScope['caller']) => boolean;
  readonly runs?: 'compiled' | 'stitched';
  readonly showsPlans?: boolean;
}

interface Started {
  readonly engine: CompiledEngine;
  /** Texts that were sent. */
  readonly sent: readonly string[];
  /** What `deny` was asked. */
  readonly asked: readonly (readonly number[])[];
  readonly run: (query: string, given?: Given) => Promise<ExecutionResult>;
  readonly runAgain: (query: string, given?: Given) => Promise<ExecutionResult> | undefined;
  readonly subscribe: (query: string) => Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;
}

interface Given {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly scopes?: readonly string[];
  readonly method?: string;
}

function start({ scopes: granted, mode = 'mask', deny, ...options }: Options = {}): Started {
  const sent: string[] = [];
  const asked: (readonly number[])[] = [];
  const data = { me: ada, version: '1', rename: ada, page: { query: { me: ada } } };
  const facade: Facade = {
    name: 'users',
    kind: 'federation',
    execute: async ({ document }) => {
      sent.push(print(document));
      return { data: structuredClone(data) };
    },
    prepare: (text) => async () => {
      sent.push(text);
      return { data: structuredClone(data) };
    },
    subscribe: async ({ document }) => {
      sent.push(print(document));
      return events();
    },
    close: async () => {},
  };
  const facades = new Map([['users', facade]]);
  const schema = stitch(supergraph, facades);
  const lacked = (requirements: readonly number[], { caller }: RequestScope): readonly number[] => {
    asked.push(requirements);
    return requirements.filter(
      (number) => !guards.requirements[number]?.scopes.some((set) => set.every((scope) => caller.scopes.has(scope))),
    );
  };
  const authorization = { guards, mode, deny: deny ?? lacked };
  const engine = createCompiledEngine({ supergraph, facades, schema, authorization, ...options });
  const scopeOf = (scopes = granted ?? ['email', 'pin', 'audit', 'alarm']): RequestScope =>
    createRequestScope({
      headers: { 'weft-query-plan': 'true' },
      signal: new AbortController().signal,
      responseHeaderRules: {},
      caller: { ...anonymous, isKnown: true, scopes: new Set(scopes) },
    });
  return {
    engine,
    sent,
    asked,
    run: (query, { variables = {}, scopes } = {}) =>
      engine.execute({
        schema,
        document: parse(query),
        variableValues: variables,
        contextValue: { scope: scopeOf(scopes) },
      }),
    runAgain: (query, { variables = {}, scopes, method = 'POST' } = {}) =>
      engine.runPrepared({ query, variables, operationName: undefined }, { req: { method }, scope: scopeOf(scopes) }),
    subscribe: (query) => engine.subscribe({ schema, document: parse(query), contextValue: { scope: scopeOf() } }),
  };
}

async function* events(): AsyncGenerator<ExecutionResult> {
  yield { data: { changed: ada, happened: { __typename: 'User', ...ada }, audited: 1 } };
  yield { data: { changed: null, happened: { __typename: 'Alarm', level: 3 }, audited: 2 } };
}

function codesOf({ errors = [] }: { readonly errors?: readonly GraphQLError[] }): readonly string[] {
  return errors.map(({ path = [], originalError }) => {
    assert.ok(originalError instanceof GatewayError);
    return `${path.join('.')} ${originalError.code}`.trim();
  });
}

/** As JSON knows it. */
function plain(result: ExecutionResult | undefined): unknown {
  return result && JSON.parse(JSON.stringify(result.data ?? null));
}

const query = '{ me { name email } }';
const withoutEmail = { me: { name: 'Ada', email: null } };

describe('asking what a caller lacks', () => {
  test('is done once a request, with one list for an operation, and not for one that touches no guard', async () => {
    const { run, runAgain, asked } = start();
    await run(query);
    await run(query);
    await runAgain(query);
    await run('{ me { name } version }');
    assert.equal(asked.length, 3);
    assert.ok(asked.every((list) => list === asked[0]));
    assert.deepEqual(
      asked[0]?.map((number) => guards.requirements[number]?.scopes),
      [[['email']]],
    );
  });

  test('may take its time', async () => {
    const { run } = start({ deny: async (requirements) => requirements });
    assert.deepEqual(plain(await run(query)), withoutEmail);
    const { run: runFully } = start({ deny: async () => [] });
    assert.deepEqual(plain(await runFully(query)), { me: { name: 'Ada', email: 'ada@example.com' } });
  });

  const broken: Readonly<Record<string, Authorization['deny']>> = {
    throws: () => {
      throw new Error('secret reason');
    },
    rejects: async () => {
      throw new Error('secret reason');
    },
  };
  for (const [way, deny] of Object.entries(broken)) {
    test(`nothing runs where it ${way}, and the client does not hear why`, async () => {
      const { run, runAgain, subscribe, sent } = start({ deny });
      for (const result of [
        await run(query),
        await runAgain(query),
        await subscribe('subscription { changed { email } }'),
      ]) {
        assert.ok(result && 'errors' in result);
        assert.equal('data' in result, false);
        assert.deepEqual(codesOf(result), ['INTERNAL_ERROR']);
        assert.doesNotMatch(JSON.stringify(result), /secret/);
      }
      assert.deepEqual(sent, []);
    });
  }

  test('an error with a code of ours is the answer as it is', async () => {
    const { run } = start({
      deny: () => {
        throw new GatewayError('IDENTITY_UNAVAILABLE', 'the policy server is down');
      },
    });
    assert.deepEqual(codesOf(await run(query)), ['IDENTITY_UNAVAILABLE']);
  });
});

for (const runs of ['compiled', 'stitched'] as const) {
  describe(`programs of one operation for different callers, ${runs}`, () => {
    test('are never mixed up', async () => {
      const { run } = start({ runs });
      const asking = '{ me { name email pin } }';
      const rights = [['email', 'pin'], ['pin'], ['email'], [], ['pin'], ['email', 'pin']];
      const answers = await Promise.all(rights.map((scopes) => run(asking, { scopes })));
      assert.deepEqual(answers.map(plain), [
        { me: { name: 'Ada', email: 'ada@example.com', pin: 1 } },
        { me: { name: 'Ada', email: null, pin: 1 } },
        { me: null },
        { me: null },
        { me: { name: 'Ada', email: null, pin: 1 } },
        { me: { name: 'Ada', email: 'ada@example.com', pin: 1 } },
      ]);
    });

    test('counts go by how an operation ran', async () => {
      const { run, engine } = start({ runs, scopes: [] });
      await run(query);
      await run('{ version }');
      assert.deepEqual(engine.counts(), { compiled: 0, stitched: 0, [runs]: 2 });
    });

    test('an operation that is too large to be taken apart is refused to who lacks anything', async () => {
      const levels = Array.from(
        { length: 15 },
        (_, n) =>
          `fragment F${n} on Query { a${n}: page { query { ...F${n + 1} } } b${n}: page { query { ...F${n + 1} } } }`,
      );
      const large = `{ ...F0 } ${levels.join(' ')} fragment F15 on Query { version }`;
      const { run, sent } = start({ runs, scopes: ['email'] });
      const result = await run(large);
      assert.deepEqual(codesOf(result), ['UNAUTHORIZED_FIELD_OR_TYPE']);
      assert.equal('data' in result, false);
      assert.deepEqual(sent, []);
    });
  });
}

describe('an operation that has run before', () => {
  test('is masked for whoever asks next', async () => {
    const { run, runAgain, sent } = start();
    await run(query);
    const result = await runAgain(query, { scopes: [] });
    assert.deepEqual(plain(result), withoutEmail);
    assert.equal(sent.at(-1), '{me{name}}');
    assert.deepEqual(plain(await runAgain(query)), { me: { name: 'Ada', email: 'ada@example.com' } });
  });

  test('is not run for a GET if it is a mutation, masked or not', async () => {
    const { run, runAgain } = start();
    const mutation = 'mutation { rename { email } }';
    await run(mutation, { scopes: [] });
    assert.equal(runAgain(mutation, { scopes: [], method: 'GET' }), undefined);
    assert.deepEqual(plain(await runAgain(mutation, { scopes: [] })), { rename: { email: null } });
  });

  test('is found by its own text only: no text stands for a masked program', async () => {
    const { run, runAgain } = start();
    await run(query, { scopes: [] });
    for (let number = 0; number < 4; number += 1) {
      for (const requirement of guards.requirements.keys()) {
        assert.equal(runAgain(`\0${number}\0${requirement}`), undefined);
      }
    }
  });

  test('checks variables before it is refused or masked', async () => {
    const { run, sent } = start({ scopes: [] });
    const { errors = [] } = await run('query ($on: Boolean!) { me { email @include(if: $on) } }', {
      variables: { on: 3 },
    });
    assert.match(errors[0]?.message ?? '', /"\$on"/);
    assert.deepEqual(sent, []);
  });

  test('shows the plan that ran', async () => {
    const { run } = start({ scopes: [], showsPlans: true });
    const { extensions } = await run(query);
    assert.doesNotMatch(String(extensions?.['queryPlan']), /email/);
    assert.match(String(extensions?.['queryPlan']), /name/);
  });
});

for (const runs of ['compiled', 'stitched'] as const) {
  describe(`the schema, ${runs}`, () => {
    const asking = [
      '{ __schema { queryType { name } } }',
      '{ version a: __type(name: "User") { name } }',
      '{ ...F } fragment F on Query { ...G } fragment G on Query { version __schema { queryType { name } } }',
      '{ page { query { x: __schema { queryType { name } } } } }',
      'query ($on: Boolean = false) { version __schema @include(if: $on) { queryType { name } } }',
    ];
    for (const text of asking) {
      test(`is not told to who may not read it: ${text}`, async () => {
        const { run, runAgain, sent } = start({ runs, mayIntrospect: ({ scopes }) => scopes.has('schema') });
        const allowed = await run(text, { scopes: ['schema'] });
        assert.equal(allowed.errors, undefined);
        const before = sent.length;
        for (const result of [await run(text), await runAgain(text)]) {
          if (result === undefined) continue;
          assert.deepEqual(codesOf(result), ['INTROSPECTION_DENIED']);
          assert.equal('data' in result, false);
        }
        assert.equal(sent.length, before);
      });
    }

    test('is told to everyone by default, and __typename always', async () => {
      assert.equal((await start({ runs }).run('{ __schema { queryType { name } } }')).errors, undefined);
      const { run } = start({ runs, mayIntrospect: () => false });
      assert.equal((await run('{ __typename me { __typename } }')).errors, undefined);
      assert.equal((await run('query A { __typename }')).errors, undefined);
    });

    test('is told beside what is masked', async () => {
      const { run } = start({ runs, scopes: [] });
      const result = await run('{ s: __schema { queryType { name } } me { email } }');
      assert.deepEqual(plain(result), { s: { queryType: { name: 'Query' } }, me: { email: null } });
    });
  });
}

describe('subscriptions', () => {
  const collect = async (started: Started, text: string): Promise<readonly ExecutionResult[]> => {
    const results = await started.subscribe(text);
    assert.ok(Symbol.asyncIterator in results);
    return Array.fromAsync(results);
  };

  test('for who lacks nothing run as ever', async () => {
    const [first] = await collect(start(), 'subscription { changed { name email } }');
    assert.deepEqual(plain(first), { changed: { name: 'Ada', email: 'ada@example.com' } });
  });

  test('what is denied is null in each event, and is not subscribed to', async () => {
    const started = start({ scopes: [] });
    const results = await collect(started, 'subscription { c: changed { id: name mail: email } }');
    assert.deepEqual(results.map(plain), [{ c: { id: 'Ada', mail: null } }, { c: null }]);
    assert.deepEqual(results.map(codesOf), [['c.mail UNAUTHORIZED_FIELD_OR_TYPE'], []]);
    assert.doesNotMatch(started.sent.join('\n'), /email/);
  });

  test('objects of a denied type are null in the events that bring them', async () => {
    const results = await collect(
      start({ scopes: [] }),
      'subscription { happened { ... on User { name } ... on Alarm { level } } }',
    );
    assert.deepEqual(results.map(plain), [{ happened: { name: 'Ada' } }, { happened: null }]);
    assert.deepEqual(results.map(codesOf), [[], ['happened UNAUTHORIZED_FIELD_OR_TYPE']]);
  });

  test('one whose field is denied is answered at once, and nobody subscribes', async () => {
    const { subscribe, sent } = start({ scopes: [] });
    const result = await subscribe('subscription { a: audited }');
    assert.ok('data' in result);
    assert.deepEqual(plain(result), { a: null });
    assert.deepEqual(codesOf(result), ['a UNAUTHORIZED_FIELD_OR_TYPE']);
    assert.deepEqual(sent, []);
  });

  test('one with anything denied is refused where operations are rejected', async () => {
    const { subscribe, sent } = start({ scopes: [], mode: 'reject' });
    const result = await subscribe('subscription { changed { name email } }');
    assert.ok('errors' in result && !('data' in result));
    assert.deepEqual(codesOf(result), ['changed.email UNAUTHORIZED_FIELD_OR_TYPE']);
    assert.deepEqual(sent, []);
  });

  test("a client that leaves ends the upstream's stream", async () => {
    const results = await start({ scopes: [] }).subscribe('subscription { changed { email } }');
    assert.ok(Symbol.asyncIterator in results);
    const iterator = results[Symbol.asyncIterator]();
    await iterator.next();
    assert.deepEqual(await iterator.return?.(), { done: true, value: undefined });
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });
});
