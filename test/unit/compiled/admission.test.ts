import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildASTSchema, execute, GraphQLError, parse, print, type DocumentNode, type ExecutionResult } from 'graphql';
import type {
  Admission,
  Admitted,
  AdmittedRequest,
  ExaminedOperation,
  FieldUse,
} from '../../../src/compiled/admission.ts';
import { createCompiledEngine, type CompiledEngine } from '../../../src/compiled/engine.ts';
import { compose } from '../../../src/composition/compose.ts';
import { readFieldLimits } from '../../../src/composition/field-limits/field-limits.ts';
import { readGuards } from '../../../src/composition/guards/guards.ts';
import { GatewayError } from '../../../src/errors.ts';
import { anonymous } from '../../../src/identity/caller.ts';
import { createFieldLimiting } from '../../../src/limits/field-limits.ts';
import { createMemoryLimiter } from '../../../src/limits/memory-limiter.ts';
import { formatError } from '../../../src/server/format-error.ts';
import { stitch } from '../../../src/stitched/schema.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';
import type { Facade, RequestScope } from '../../../src/upstream/types.ts';

const sdl = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])
  input By { id: ID n: Int = 5 }
  type Query {
    me: User
    version: String
    search(q: String = "all", by: By, id: ID): String @rateLimit(max: 2, window: "1m", identityArgs: ["q", "by.id", "by.n", "id"])
    bulk(ids: [ID!]): String @rateLimit(max: 5, window: "1m", arrayLengthField: "ids", message: "Less at once.")
    page: Page
  }
  type Page { query: Query }
  type Mutation { rename(name: String): User @rateLimit(max: 1, window: "1h") }
  type Subscription { changed: User ticked: Int @rateLimit(max: 1, window: "1m") }
  type User @key(fields: "id") {
    id: ID!
    name: String @rateLimit(max: 2, window: "1m")
    email: String @requiresScopes(scopes: [["email"]])
    friends: [User!]
  }
`);
const supergraph = parse(compose([{ name: 'users', file: 'users', url: 'http://users', sdl }]));
const upstream = buildASTSchema(sdl, { assumeValidSDL: true });
const guards = readGuards(supergraph);
const fieldLimits = readFieldLimits(supergraph);
const firstLimit = guards.requirements.length;

/** Number of the limit of a field. */
function limitOf(coordinate: string): number {
  const index = fieldLimits.limits.findIndex((limit) => limit.coordinate === coordinate);
  assert.ok(index >= 0, coordinate);
  return firstLimit + index;
}

const bob = { id: '8', name: 'Bob', email: 'bob@example.com' };
const ada = { id: '7', name: 'Ada', email: 'ada@example.com', friends: [bob, bob] };
const data = {
  me: ada,
  version: '1',
  search: 'found',
  bulk: 'done',
  rename: ada,
  page: { query: { search: 'found' } },
};

type Variables = Readonly<Record<string, unknown>>;

async function answer(document: DocumentNode, variableValues: Variables): Promise<ExecutionResult> {
  const result = await execute({ schema: upstream, document, rootValue: data, variableValues });
  assert.equal(result.errors, undefined);
  return result;
}

async function* events(): AsyncGenerator<ExecutionResult> {
  yield { data: { changed: ada, ticked: 1 } };
  yield { data: { changed: ada, ticked: 2 } };
}

interface Options {
  readonly runs?: 'compiled' | 'stitched' | undefined;
  readonly mode?: 'mask' | 'reject';
  /** Whether the caller has the scope `email`. Default true. */
  readonly mayReadEmail?: boolean;
  readonly admit?: Admission<ExaminedOperation>['admit'];
  readonly showsPlans?: boolean;
  readonly refusesUncounted?: boolean;
}

function start({ runs = 'compiled', mode = 'mask', mayReadEmail = true, admit, ...options }: Options = {}) {
  const sent: string[] = [];
  const log: string[] = [];
  const examined: ExaminedOperation[] = [];
  const admitted: { readonly examined: ExaminedOperation; readonly request: AdmittedRequest }[] = [];
  const facade: Facade = {
    name: 'users',
    kind: 'federation',
    execute: ({ document, variables }) => {
      sent.push(print(document));
      return answer(document, variables);
    },
    prepare: (text) => async (variables) => {
      sent.push(text);
      const { data: found } = await answer(parse(text), variables === '' ? {} : (JSON.parse(variables) as Variables));
      return { data: found };
    },
    subscribe: async ({ document }) => {
      sent.push(print(document));
      return events();
    },
    close: async () => {},
  };
  const facades = new Map([['users', facade]]);
  const schema = stitch(supergraph, facades);
  const admission: Admission<ExaminedOperation> = {
    ...(options.refusesUncounted === false && { refusesUncounted: false }),
    examine: (given) => {
      examined.push(given);
      return given;
    },
    admit: (given, request) => {
      log.push('admit');
      admitted.push({ examined: given, request });
      return admit ? admit(given, request) : { limited: [] };
    },
  };
  const engine: CompiledEngine = createCompiledEngine({
    ...{ supergraph, facades, schema, runs, fieldLimits, admission },
    ...(options.showsPlans && { showsPlans: true }),
    authorization: {
      guards,
      mode,
      deny: (requirements) => {
        log.push('deny');
        return mayReadEmail ? [] : requirements;
      },
    },
  });
  const scopeOf = (): RequestScope =>
    createRequestScope({
      headers: { 'weft-query-plan': 'true' },
      signal: new AbortController().signal,
      responseHeaderRules: {},
      caller: { ...anonymous, isKnown: true },
    });
  const run = (query: string, variables: Variables = {}) =>
    engine.execute({ schema, document: parse(query), variableValues: variables, contextValue: { scope: scopeOf() } });
  const runAgain = (query: string, variables: Variables = {}) =>
    engine.runPrepared({ query, variables, operationName: undefined }, { req: { method: 'POST' }, scope: scopeOf() });
  const subscribe = (query: string) =>
    engine.subscribe({ schema, document: parse(query), contextValue: { scope: scopeOf() } });
  return { engine, sent, log, examined, admitted, run, runAgain, subscribe, scopeOf };
}

/** Says that these fields are used up. */
const without =
  (...coordinates: readonly string[]): NonNullable<Options['admit']> =>
  () => ({ limited: coordinates.map(limitOf) });

function codesOf({ errors = [] }: { readonly errors?: readonly GraphQLError[] }): readonly string[] {
  return errors.map(({ path = [], originalError }) => {
    assert.ok(originalError instanceof GatewayError);
    return `${path.join('.')} ${originalError.code}`.trim();
  });
}

const plain = ({ data: found }: ExecutionResult): unknown => JSON.parse(JSON.stringify(found ?? null));

/** What admission is shown of the fields of an operation, as `Type.field arguments`. */
async function usesOf(query: string, { variables = {}, ...options }: Options & { readonly variables?: object } = {}) {
  const { run, admitted } = start(options);
  await run(query, { ...variables });
  const [first] = admitted;
  assert.ok(first);
  const uses: readonly FieldUse[] = first.examined.fieldUses?.(first.request.variables) ?? [];
  return uses.map(({ number, arguments: given }) => {
    const text = JSON.stringify(given);
    return `${fieldLimits.limits[number - firstLimit]?.coordinate}${text === '{}' ? '' : ` ${text}`}`;
  });
}

for (const runs of ['compiled', 'stitched'] as const) {
  describe(`admission, ${runs}`, () => {
    test('looks at an operation once, and is asked before each run', async () => {
      const { run, runAgain, examined, admitted } = start({ runs });
      const query = 'query ($q: String) { search(q: $q) }';
      await run(query, { q: 'a' });
      await run(query, { q: 'b' });
      await runAgain(query, { q: 'c' });
      assert.equal(examined.length, 1);
      assert.equal(print(examined[0]?.document ?? parse('{ a }')), print(parse(query)));
      assert.equal(examined[0]?.operation?.fields[0]?.name, 'search');
      assert.equal(examined[0]?.plan === undefined, runs === 'stitched');
      const variables = admitted.map(({ request }) => request.variables['q']);
      assert.deepEqual(variables, runs === 'compiled' ? ['a', 'b', 'c'] : ['a', 'b']);
      for (const { examined: each } of admitted) assert.equal(each, examined[0]);
    });

    test('that answers at once holds nothing up', async () => {
      const { run, sent, runAgain } = start({ runs });
      const running = run('{ version }');
      if (runs === 'compiled') assert.deepEqual(sent, ['{version}']);
      await running;
      const again = runAgain('{ version }');
      if (runs === 'compiled') assert.equal(sent.length, 2);
      await again;
    });

    test('may take its time', async () => {
      const { run } = start({ runs, admit: async () => ({ limited: [limitOf('User.name')] }) });
      const result = await run('{ me { name id } }');
      assert.deepEqual(plain(result), { me: { name: null, id: '7' } });
      assert.deepEqual(codesOf(result), ['me.name RATE_LIMITED']);
    });

    test('that refuses is the whole answer, and nothing is asked', async () => {
      const refused = [new GraphQLError('no')];
      const { run, runAgain, subscribe, sent } = start({ runs, admit: () => ({ refused }) });
      const results = [await run('{ version }'), await subscribe('subscription { changed { id } }')];
      if (runs === 'compiled') results.push((await runAgain('{ version }')) ?? {});
      for (const result of results) assert.deepEqual(result, { errors: refused });
      assert.deepEqual(sent, []);
    });

    const broken: Readonly<Record<string, NonNullable<Options['admit']>>> = {
      throws: () => {
        throw new Error('secret reason');
      },
      rejects: async () => {
        throw new Error('secret reason');
      },
    };
    for (const [way, admit] of Object.entries(broken)) {
      test(`nothing runs where it ${way}, and the client does not hear why`, async () => {
        const { run, sent } = start({ runs, admit });
        const result = await run('{ version }');
        assert.deepEqual(codesOf(result), ['INTERNAL_ERROR']);
        assert.doesNotMatch(JSON.stringify(result), /secret/);
        assert.deepEqual(sent, []);
      });
    }

    test('an error with a code of ours is the answer as it is', async () => {
      const admit = () => Promise.reject(new GatewayError('LIMIT_UNAVAILABLE', 'the store is down'));
      assert.deepEqual(codesOf(await start({ runs, admit }).run('{ version }')), ['LIMIT_UNAVAILABLE']);
    });

    test('is asked after it is known what the caller may read, and about that alone', async () => {
      const { run, log, admitted, examined } = start({ runs, mayReadEmail: false });
      const result = await run('{ me { email id } search }');
      assert.deepEqual(log, ['deny', 'admit']);
      assert.deepEqual(codesOf(result), ['me.email UNAUTHORIZED_FIELD_OR_TYPE']);
      const shown = JSON.stringify(admitted[0]?.examined.operation);
      assert.match(shown, /search/);
      assert.doesNotMatch(shown, /email/);
      await run('{ me { email id } search }');
      assert.equal(examined.length, 2, 'the whole, and what is left');
    });

    test('is not asked about what is refused for something that the caller may not read', async () => {
      const { run, log } = start({ runs, mayReadEmail: false, mode: 'reject' });
      const query = 'query ($on: Boolean!) { me { email @include(if: $on) id } search }';
      assert.deepEqual(codesOf(await run(query, { on: true })), ['me.email UNAUTHORIZED_FIELD_OR_TYPE']);
      assert.deepEqual(log, ['deny']);
      assert.equal((await run(query, { on: false })).errors, undefined);
      assert.deepEqual(log, ['deny', 'deny', 'admit']);
      assert.match((await run(query, { on: 3 })).errors?.[0]?.message ?? '', /"\$on"/);
      assert.deepEqual(log, ['deny', 'deny', 'admit', 'deny']);
    });

    test('what is used up is masked also where operations are rejected for what may not be read', async () => {
      const { run } = start({ runs, mode: 'reject', admit: without('User.name') });
      assert.deepEqual(codesOf(await run('{ me { name id } }')), ['me.name RATE_LIMITED']);
    });

    test('finish sees every result, masked or not, and wrong variables too', async () => {
      const finish = (result: ExecutionResult): ExecutionResult => ({
        ...result,
        extensions: { seen: result.errors?.map(({ message }) => message) ?? [] },
      });
      const query = 'query ($on: Boolean! = true) { version me { name @include(if: $on) } }';
      const whole = start({ runs, admit: () => ({ limited: [], finish }) });
      assert.deepEqual((await whole.run(query)).extensions, { seen: [] });
      const part = start({ runs, admit: () => ({ limited: [limitOf('User.name')], finish }) });
      assert.deepEqual((await part.run(query)).extensions, { seen: ['"User.name" was asked for too often.'] });
      for (const { run } of [whole, part])
        assert.match(String((await run(query, { on: 3 })).extensions?.['seen']), /"\$on"/);
    });

    test('each request hears its own reason, at all places of a field', async () => {
      let count = 0;
      const admit = (): Admitted => {
        count += 1;
        const exposed = { rateLimit: { retryAfter: count } };
        const numbers = [limitOf('User.name'), limitOf('Query.search')].toSorted((a, b) => a - b);
        const refusals = numbers.map((number) => ({
          message: number === limitOf('Query.search') ? 'Slowly.' : undefined,
          exposed,
        }));
        return { limited: numbers, refusals };
      };
      const { run, scopeOf } = start({ runs, admit });
      for (const retryAfter of [1, 2]) {
        const { errors = [] } = await run('{ s: search me { friends { n: name } } }');
        const formatted = errors.map((error) => formatError(error, scopeOf()));
        const of = { code: 'RATE_LIMITED', rateLimit: { retryAfter } };
        const expected = [
          ['s', 'Slowly.'],
          ['me.friends.0.n', '"User.name" was asked for too often.'],
          ['me.friends.1.n', '"User.name" was asked for too often.'],
        ];
        assert.deepEqual(
          formatted.map(({ path = [], message }) => [path.join('.'), message]),
          expected,
        );
        for (const { extensions } of formatted)
          assert.deepEqual({ ...extensions, requestId: undefined }, { ...of, requestId: undefined });
      }
    });

    test('an operation that is too large to be taken apart runs only where it asks for no field that has a limit', async () => {
      const large = (field: string): string => {
        const levels = Array.from(
          { length: 15 },
          (_, n) =>
            `fragment F${n} on Query { a${n}: page { query { ...F${n + 1} } } b${n}: page { query { ...F${n + 1} } } }`,
        );
        return `{ ...F0 } ${levels.join(' ')} fragment F15 on Query { x: ${field} }`;
      };
      const { run, admitted, sent } = start({ runs, admit: () => ({ refused: [new GraphQLError('asked')] }) });
      const limited = await run(large('search'));
      assert.deepEqual(codesOf(limited), ['DOCUMENT_LIMIT_EXCEEDED']);
      assert.equal(admitted.length, 0);
      assert.equal((await run(large('version'))).errors?.[0]?.message, 'asked');
      assert.equal(admitted[0]?.examined.operation, undefined);
      const measuring = start({
        runs,
        refusesUncounted: false,
        admit: () => ({ refused: [new GraphQLError('asked')] }),
      });
      assert.equal((await measuring.run(large('search'))).errors?.[0]?.message, 'asked');
      assert.deepEqual(sent, []);
    });
  });

  describe(`uses of limited fields, ${runs}`, () => {
    const expected: readonly (readonly [what: string, query: string, uses: readonly string[], variables?: object])[] = [
      ['of an operation without any', '{ version me { id } }', []],
      ['with default values', '{ search }', ['Query.search {"q":"all"}']],
      [
        'with values of the document',
        '{ search(q: "x", by: { id: 7 }) }',
        ['Query.search {"q":"x","by":{"id":"7","n":5}}'],
      ],
      [
        'with variables, as the schema reads them',
        'query ($q: String, $id: ID, $other: Int = 3) { search(q: $q, id: $id, by: { id: $id, n: $other }) }',
        ['Query.search {"q":"x","by":{"id":"7","n":3},"id":"7"}'],
        { q: 'x', id: 7 },
      ],
      ['with variables that are not given', 'query ($q: String) { search(q: $q) }', ['Query.search {"q":"all"}']],
      ['with lists', 'query ($ids: [ID!]) { bulk(ids: $ids) }', ['Query.bulk {"ids":["1","2"]}'], { ids: [1, '2'] }],
      ['with one value for a list', '{ bulk(ids: 1) }', ['Query.bulk {"ids":["1"]}']],
      [
        'under several aliases count each',
        '{ a: search(q: "x") b: search(q: "x") }',
        ['Query.search {"q":"x"}', 'Query.search {"q":"x"}'],
      ],
      [
        'twice at one place count once',
        '{ search search ...F ... { search } } fragment F on Query { search }',
        ['Query.search {"q":"all"}'],
      ],
      [
        'at one place under several conditions count once',
        'query ($on: Boolean = true) { search @include(if: $on) ... @include(if: $on) { search } search }',
        ['Query.search {"q":"all"}'],
      ],
      ['in lists count once', '{ me { friends { name friends { name } } } }', ['User.name', 'User.name']],
      [
        'below each other',
        '{ search page { query { search } } }',
        ['Query.search {"q":"all"}', 'Query.search {"q":"all"}'],
      ],
      [
        'of a mutation',
        'mutation { a: rename(name: "a") { id } b: rename(name: "b") { name } }',
        ['Mutation.rename', 'Mutation.rename', 'User.name'],
      ],
      [
        'below what is left out',
        'query ($on: Boolean!) { me @skip(if: $on) { name } search @include(if: $on) }',
        ['Query.search {"q":"all"}'],
        { on: true },
      ],
      ['where variables do not fit', 'query ($ids: [ID!]) { bulk(ids: $ids) }', [], { ids: [{}] }],
    ];
    for (const [what, query, uses, variables = {}] of expected) {
      test(what, async () => assert.deepEqual(await usesOf(query, { runs, variables }), uses));
    }
  });

  describe(`subscriptions, ${runs}`, () => {
    const collect = async (results: AsyncIterable<ExecutionResult> | ExecutionResult) => {
      assert.ok(Symbol.asyncIterator in results);
      return Array.fromAsync(results);
    };

    test('are admitted once, at their start, and finish sees each event', async () => {
      const finish = (result: ExecutionResult): ExecutionResult => ({ ...result, extensions: { seen: true } });
      const { subscribe, admitted } = start({ runs, admit: () => ({ limited: [], finish }) });
      const results = await collect(await subscribe('subscription { changed { name } }'));
      assert.deepEqual(results.map(plain), [{ changed: { name: 'Ada' } }, { changed: { name: 'Ada' } }]);
      assert.deepEqual(
        results.map(({ extensions }) => extensions),
        [{ seen: true }, { seen: true }],
      );
      assert.equal(admitted.length, 1);
    });

    test('what is used up is null in each event', async () => {
      const { subscribe, sent } = start({ runs, admit: without('User.name') });
      const results = await collect(await subscribe('subscription { c: changed { id n: name } }'));
      assert.deepEqual(results.map(plain), [{ c: { id: '7', n: null } }, { c: { id: '7', n: null } }]);
      assert.deepEqual(results.map(codesOf), [['c.n RATE_LIMITED'], ['c.n RATE_LIMITED']]);
      assert.doesNotMatch(sent.join('\n'), /name/);
    });

    test('one whose field is used up is answered at once, and nobody subscribes', async () => {
      const refusals = [{ message: 'Later.', exposed: {} }];
      const { subscribe, sent } = start({
        runs,
        admit: () => ({ limited: [limitOf('Subscription.ticked')], refusals }),
      });
      const result = await subscribe('subscription { ticked }');
      assert.ok('data' in result);
      assert.deepEqual(plain(result), { ticked: null });
      assert.equal(result.errors?.[0]?.message, 'Later.');
      assert.deepEqual(sent, []);
    });
  });

  test(`limits, ${runs}: what the directives say holds from the first request to the last`, async () => {
    const limiting = createFieldLimiting({
      limits: fieldLimits.limits,
      firstLimit,
      config: { mode: 'enforce', algorithm: 'fixed-window', onOutage: 'allow' },
    });
    assert.ok(limiting);
    const limiter = createMemoryLimiter({ now: () => 0, maxKeys: 100 });
    const admit: Options['admit'] = async ({ fieldUses }, { variables }) => {
      const uses = fieldUses?.(variables) ?? [];
      if (uses.length === 0) return { limited: [] };
      const { charges, settle } = limiting.collect(uses, 'ada');
      const limited = await settle(await limiter.charge(charges));
      return { limited: limited.map(({ number }) => number), refusals: limited.map(limiting.refusalOf) };
    };
    const { run, sent } = start({ runs, admit });
    const query = 'query ($q: String, $ids: [ID!]) { version search(q: $q) bulk(ids: $ids) }';
    assert.equal((await run(query, { q: 'a', ids: [1, 2, 3] })).errors, undefined);
    const second = await run(query, { q: 'a', ids: [1, 2, 3] });
    assert.deepEqual(
      second.errors?.map(({ path, message }) => [path, message]),
      [[['bulk'], 'Less at once.']],
    );
    const before = sent.length;
    const third = await run(query, { q: 'a', ids: [1, 2] });
    assert.deepEqual(plain(third), { version: '1', search: null, bulk: 'done' });
    assert.doesNotMatch(sent.slice(before).join(), /search/);
    const { originalError } = third.errors?.[0] ?? {};
    assert.ok(originalError instanceof GatewayError);
    assert.equal(originalError.message, '"Query.search" was asked for too often.');
    const limit = '@rateLimit Query.search 2/1m by q,by.id,by.n,id';
    assert.deepEqual(originalError.exposed, { rateLimit: { limit, max: 2, windowMs: 60_000, retryAfter: 60 } });
    assert.deepEqual(codesOf(await run(query, { q: 'b', ids: [] })), ['bulk RATE_LIMITED']);
  });
}

test('the plan that is shown stands beside what finish adds', async () => {
  const finish = (result: ExecutionResult): ExecutionResult => ({ ...result, extensions: { cost: 1 } });
  const { run } = start({ showsPlans: true, admit: () => ({ limited: [], finish }) });
  const { extensions } = await run('{ version }');
  assert.equal(extensions?.['cost'], 1);
  assert.match(String(extensions?.['queryPlan']), /version/);
});
