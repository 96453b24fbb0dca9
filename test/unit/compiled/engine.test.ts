import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { buildSchema, parse, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { createCompiledEngine, type CompiledEngine } from '../../../src/compiled/engine.ts';
import { buildSourceSchemas } from '../../../src/composition/source-schemas.ts';
import { compose } from '../../../src/composition/compose.ts';
import type { Facade } from '../../../src/upstream/types.ts';
import { testScope } from '../../support/graphql-upstream.ts';
import { listenToNotices } from '../../support/notices.ts';

const sdl = parse(
  'type Query { me(id: ID = "7"): User version: String } type User @key(fields: "id") { id: ID! name: String }',
);
const { sources } = buildSourceSchemas(
  [{ name: 'users', kind: 'federation', file: 'users', sdl, filled: [] }],
  () => 'http://users',
);
const supergraph = parse(compose(sources));

/** What clients see; `strange` is of no upstream, so no plan can bring it. Run stitched, fields answer `stitched`. */
function clientSchema(): GraphQLSchema {
  const schema = buildSchema(
    'type Query { me(id: ID = "7"): User version: String strange: String } type User { id: ID! name: String } type Subscription { tick: Int }',
  );
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) field.resolve = () => 'stitched';
  return schema;
}

interface Started {
  readonly engine: CompiledEngine;
  /** Texts that were made ready, and variables that were sent. */
  readonly prepared: readonly string[];
  readonly sent: readonly string[];
  readonly run: (
    query: string,
    given?: { readonly variables?: object; readonly operationName?: string },
  ) => Promise<ExecutionResult>;
}

function start(given: { readonly maxBytes?: number; readonly prepare?: Facade['prepare'] } = {}): Started {
  const prepared: string[] = [];
  const sent: string[] = [];
  const facade: Facade = {
    name: 'users',
    kind: 'federation',
    execute: () => assert.fail('only prepared fetches are sent'),
    prepare:
      given.prepare ??
      ((text) => {
        prepared.push(text);
        return async (variables) => {
          sent.push(variables);
          return { data: { me: { id: '7', name: 'Ada' }, version: '1' } };
        };
      }),
    close: async () => {},
  };
  const schema = clientSchema();
  const engine = createCompiledEngine({ supergraph, facades: new Map([['users', facade]]), schema, ...given });
  return {
    engine,
    prepared,
    sent,
    run: async (query, { variables = {}, operationName } = {}) => {
      const result = await engine.execute({
        schema,
        document: parse(query),
        variableValues: { ...variables },
        contextValue: { scope: testScope() },
        ...(operationName !== undefined && { operationName }),
      });
      const { data } = result;
      // As JSON knows it: objects of graphql-js inherit nothing.
      return data ? { ...result, data: JSON.parse(JSON.stringify(data)) as Record<string, unknown> } : result;
    },
  };
}

test('an operation is planned and compiled once per text and name', async () => {
  const { run, prepared, engine } = start();
  const two = 'query A { me { name } } query B { version }';
  for (const operationName of ['A', 'B', 'A', 'B']) await run(two, { operationName });
  assert.equal(prepared.length, 2);
  await run('{ me { name } }');
  await run('{ me { name } }');
  assert.equal(prepared.length, 3);
  assert.deepEqual(engine.counts(), { compiled: 6, stitched: 0 });
});

test('programs are kept within their bound, the least recently used go first', async () => {
  const { run, prepared } = start({ maxBytes: 12_000 });
  const query = (alias: string): string => `{ ${alias}: version }`;
  await run(query('a'));
  for (let count = 0; count < 20; count += 1) {
    await run(query(`b${count}`));
    await run(query('a'));
  }
  assert.equal(prepared.length, 21);
  await run(query('b0'));
  assert.equal(prepared.length, 22);
});

test('variables are checked before anything is sent, and sent as the client gave them', async () => {
  const { run, sent } = start();
  const query = 'query ($id: ID!, $with: Boolean = true) { me(id: $id) { name @include(if: $with) } }';
  const wrong = await run(query, { variables: { id: { no: 'object' } } });
  assert.equal(wrong.data, undefined);
  assert.match(wrong.errors?.[0]?.message ?? '', /"\$id" has invalid value/);
  assert.deepEqual(sent, []);
  assert.deepEqual((await run(query, { variables: { id: 7 } })).data, { me: { name: 'Ada' } });
  assert.deepEqual(JSON.parse(sent[0] ?? ''), { id: 7 });
});

test('introspection is answered beside what upstreams answer, with variables too', async () => {
  const { run } = start();
  const query =
    'query ($type: String!) { t: __type(name: $type) { name } version k: __typename __schema { queryType { name } } }';
  const { data } = await run(query, { variables: { type: 'User' } });
  assert.deepEqual(data, { t: { name: 'User' }, version: '1', k: 'Query', __schema: { queryType: { name: 'Query' } } });
});

test('what the planner declines runs stitched, and is told once', async (t: TestContext) => {
  const notices = listenToNotices(t);
  const { run, engine } = start();
  for (let count = 0; count < 3; count += 1) assert.deepEqual((await run('{ strange }')).data, { strange: 'stitched' });
  assert.deepEqual(engine.counts(), { compiled: 0, stitched: 3 });
  assert.equal(notices.all.length, 1);
  assert.equal(notices.all[0]?.level, 'info');
  assert.match(notices.all[0]?.message ?? '', /declines/);
});

test('a plan that fails to build is logged with its operation and runs stitched', async (t: TestContext) => {
  const notices = listenToNotices(t);
  const { run } = start({
    prepare: () => {
      throw new TypeError('broken facade');
    },
  });
  assert.deepEqual((await run('query Broken { version }')).data, { version: 'stitched' });
  assert.equal(notices.all[0]?.level, 'error');
  assert.match(notices.all[0]?.message ?? '', /broken facade\nquery Broken \{\n {2}version\n\}/);
});

test('an operation that is not there is refused, and its name is not kept', async () => {
  const { run, prepared } = start();
  const { errors } = await run('query A { version }', { operationName: 'Other' });
  assert.match(errors?.[0]?.message ?? '', /Unknown operation named "Other"/);
  assert.match(
    (await run('query A { version } query B { version }')).errors?.[0]?.message ?? '',
    /Must provide operation name/,
  );
  assert.deepEqual(prepared, []);
});

test('names that anyone may invent push no program out', async () => {
  const { run, prepared } = start({ maxBytes: 12_000 });
  await run('query A { version }');
  for (let count = 0; count < 50; count += 1) await run('query A { version }', { operationName: `Invented${count}` });
  await run('query A { version }');
  assert.equal(prepared.length, 1);
});
