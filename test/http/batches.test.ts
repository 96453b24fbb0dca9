import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import DataLoader from 'dataloader';
import { buildSchema, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import type { GraphqlContext, GraphqlHandlerOptions } from '../../src/server/graphql-server.ts';
import { serveSchema, type ServedSchema } from '../support/serve-schema.ts';
import { serveSubgraph } from '../support/serve-subgraph.ts';

const config = { path: '/graphql', maxBodyBytes: 65_536, maxBatch: 4 };
const [modern, legacy] = ['application/graphql-response+json', 'application/json'];

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly results: readonly ExecutionResult[];
}

async function ask(server: ServedSchema, batch: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(batch),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, results: JSON.parse(text) };
}

function codes({ results }: Answer): readonly unknown[] {
  return results.map(({ data, errors }) => errors?.[0]?.extensions?.['code'] ?? data);
}

type Resolver = (args: Readonly<Record<string, unknown>>, context: GraphqlContext) => unknown;

function schemaOf(fields: Readonly<Record<string, Resolver>> = {}): GraphQLSchema {
  const schema = buildSchema(`
    type Query { hello(name: String): String fails: String limited: String! doubled(n: Int!): Int wait: Int }
    type Mutation { open: Int }
    type Subscription { ticks: Int }
  `);
  const resolvers: Readonly<Record<string, Resolver>> = {
    hello: ({ name }) => `Hello ${String(name)}`,
    fails: () => {
      throw new GatewayError('UPSTREAM_FAILED', 'shop: 500', { upstream: 'shop' });
    },
    ...fields,
  };
  for (const type of ['Query', 'Mutation']) {
    const target = schema.getType(type);
    assert.ok(target && 'getFields' in target);
    for (const [name, field] of Object.entries(target.getFields())) {
      const resolve = resolvers[name];
      if (resolve)
        Object.assign(field, {
          resolve: (_: unknown, args: object, context: GraphqlContext) => resolve({ ...args }, context),
        });
    }
  }
  return schema;
}

const serve = (schema = schemaOf(), handler: Partial<GraphqlHandlerOptions> = {}) =>
  serveSchema(schema, { handler: { config, ...handler } });

describe('a batch', () => {
  test('is answered with an array of results in the order of its requests', async () => {
    await using server = await serve();
    const answer = await ask(server, [
      { query: '{ hello(name: "a") }' },
      { query: 'query($n: String) { b: hello(name: $n) }', variables: { n: 'b' } },
      { query: 'query A { __typename } query B { hello(name: "c") }', operationName: 'B' },
    ]);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    assert.deepEqual(answer.results, [
      { data: { hello: 'Hello a' } },
      { data: { b: 'Hello b' } },
      { data: { hello: 'Hello c' } },
    ]);
  });

  test('of one is answered with an array of one', async () => {
    await using server = await serve();
    assert.deepEqual((await ask(server, [{ query: '{ hello }' }])).results, [{ data: { hello: 'Hello undefined' } }]);
  });

  test(`is answered as ${modern} to whoever asks for that`, async () => {
    await using server = await serve();
    const { headers, status } = await ask(server, [{ query: '{ hello }' }], { accept: modern });
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), `${modern}; charset=utf-8`);
  });

  test('runs its requests at the same time, a mutation beside a query', async () => {
    const entered = Promise.withResolvers<void>();
    // The query ends when the mutation has run: one after the other would wait for ever.
    const schema = schemaOf({ wait: () => entered.promise.then(() => 1), open: () => (entered.resolve(), 2) });
    await using server = await serve(schema);
    const { results } = await ask(server, [{ query: '{ wait }' }, { query: 'mutation { open }' }]);
    assert.deepEqual(results, [{ data: { wait: 1 } }, { data: { open: 2 } }]);
  });

  test('is one request: its operations share what is kept for a request, and are loaded together', async () => {
    const loads: number[][] = [];
    const key = {};
    const load = async (ns: readonly number[]) => {
      loads.push([...ns]);
      return ns.map((n) => n * 2);
    };
    const schema = schemaOf({
      doubled: ({ n }, { scope }) => scope.once(key, () => new DataLoader<number, number>(load)).load(Number(n)),
    });
    await using server = await serve(schema);
    const { results } = await ask(server, [{ query: '{ doubled(n: 1) }' }, { query: '{ a: doubled(n: 2) }' }]);
    assert.deepEqual(results, [{ data: { doubled: 2 } }, { data: { a: 4 } }]);
    assert.deepEqual(loads, [[1, 2]]);
    assert.equal(server.scopes.length, 1);
  });

  test('has requests that fail in ways of their own, and others that do not notice', async () => {
    await using server = await serve();
    const answer = await ask(server, [
      { query: '{' },
      { query: '{ hello(name: "a") }' },
      { query: '{ fails }' },
      { query: 'query($n: Int!) { doubled(n: $n) }' },
    ]);
    assert.equal(answer.status, 200);
    assert.deepEqual(codes(answer), [
      'GRAPHQL_PARSE_FAILED',
      { hello: 'Hello a' },
      'UPSTREAM_FAILED',
      'BAD_USER_INPUT',
    ]);
    const ids = answer.results.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions?.['requestId']));
    assert.deepEqual(new Set(ids), new Set([answer.headers.get('x-request-id')]));
  });

  test('has an error in the place of what is no GraphQL request', async () => {
    await using server = await serve();
    const answer = await ask(server, [5, { query: '{ hello(name: "a") }' }, { query: 7 }, []]);
    assert.equal(answer.status, 200);
    assert.deepEqual(codes(answer), ['BAD_REQUEST', { hello: 'Hello a' }, 'BAD_REQUEST', 'BAD_REQUEST']);
    assert.deepEqual(
      answer.results.map(({ errors }) => errors?.[0]?.message),
      [
        'Expected a JSON object, but got: number',
        undefined,
        'Expected "query" to be a string, but got: number',
        'Expected a JSON object, but got: array',
      ],
    );
  });

  test('has no subscriptions: the one is refused, the others run', async () => {
    await using server = await serve();
    const accept = `${legacy}, text/event-stream`;
    const answer = await ask(server, [{ query: 'subscription { ticks }' }, { query: '{ hello }' }], { accept });
    assert.deepEqual(codes(answer), ['BAD_REQUEST', { hello: 'Hello undefined' }]);
    assert.equal(
      answer.results[0]?.errors?.[0]?.message,
      'Expected queries and mutations in a batch, but got: subscription',
    );
  });

  test('of nothing but streams is refused with 406 before a mutation of it runs', async () => {
    let runs = 0;
    await using server = await serve(schemaOf({ open: () => ++runs }));
    const body = JSON.stringify([{ query: 'mutation { open }' }]);
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const response = await fetch(server.endpoint, { method: 'POST', headers, body });
    assert.equal(response.status, 406);
    assert.match(await response.text(), /NOT_ACCEPTABLE/);
    assert.equal(runs, 0);
  });

  test('has the status of its requests where all are refused alike, else 200', async () => {
    await using server = await serve();
    const invalid = { query: '{ nothing }' };
    assert.equal((await ask(server, [invalid, invalid], { accept: modern })).status, 400);
    assert.equal((await ask(server, [invalid, invalid])).status, 200);
    assert.equal((await ask(server, [invalid, { query: '{ hello }' }], { accept: modern })).status, 200);
  });

  test('keeps the text of a result that knows its own', async () => {
    const execute = () => ({ data: { a: 1 }, stringify: () => '{"data":{"a":1.0}}' });
    await using server = await serve(schemaOf(), { execute });
    const { text } = await ask(server, [{ query: '{ hello }' }, { query: '{' }]);
    assert.match(text, /^\[\{"data":\{"a":1\.0\}\},\{"errors":\[/);
  });

  test('brings headers of upstream answers back once', async () => {
    const schema = schemaOf({
      doubled: ({ n }, { scope }) => {
        scope.responseHeaders.collect({ 'set-cookie': [`n=${String(n)}`] });
        return n;
      },
    });
    await using server = await serve(schema);
    const { headers } = await ask(server, [{ query: '{ doubled(n: 1) }' }, { query: '{ a: doubled(n: 2) }' }]);
    assert.deepEqual(headers.getSetCookie(), ['n=1', 'n=2']);
  });

  for (const hook of ['onRequest', 'onRequestParse', 'onParams', 'onParse', 'onExecute', 'onResultProcess']) {
    test(`whose policy fails in ${hook} has that error for each request, without its message`, async () => {
      const failing = {
        [hook]: () => {
          throw new Error('password is hunter2');
        },
      };
      await using server = await serve(schemaOf(), { plugins: [failing] });
      const answer = await ask(server, [{ query: '{ hello }' }, 5, { query: '{ a: hello }' }]);
      assert.deepEqual(codes(answer), ['INTERNAL_ERROR', 'BAD_REQUEST', 'INTERNAL_ERROR']);
      assert.doesNotMatch(answer.text, /hunter2/);
    });
  }

  test('that a policy refuses before any operation of it is read has what the policy says for each', async () => {
    const refusing = {
      onRequestParse: () => {
        throw new GatewayError('ACCESS_DENIED', 'Not today.');
      },
    };
    await using server = await serve(schemaOf(), { plugins: [refusing] });
    const answer = await ask(server, [{ query: '{ hello }' }, { query: '{ a: hello }' }]);
    assert.equal(answer.status, 403);
    assert.deepEqual(codes(answer), ['ACCESS_DENIED', 'ACCESS_DENIED']);
  });
});

describe('a batch is refused whole', () => {
  const refused: readonly [what: string, batch: unknown[], code: string, message: string][] = [
    [
      'without a request',
      [],
      'BAD_REQUEST',
      'Expected a batch of one GraphQL request or more, but got: an empty array',
    ],
    [
      'above the limit',
      Array.from({ length: 5 }, () => ({ query: 'mutation { open }' })),
      'BATCH_TOO_LARGE',
      'Expected a batch of at most 4 GraphQL requests, but got: 5',
    ],
  ];
  for (const [what, batch, code, message] of refused) {
    test(`${what}, with 400 and what was expected, and nothing of it runs`, async () => {
      let runs = 0;
      await using server = await serve(schemaOf({ open: () => ++runs }));
      const response = await ask(server, batch);
      const { errors } = JSON.parse(response.text) as ExecutionResult;
      assert.equal(response.status, 400);
      assert.equal(errors?.[0]?.extensions?.['code'], code);
      assert.equal(errors?.[0]?.message, message);
      assert.equal(runs, 0);
    });
  }

  test('where the configuration says nothing of batches', async () => {
    await using server = await serveSchema(schemaOf());
    const response = await ask(server, [{ query: '{ hello }' }]);
    assert.equal(response.status, 400);
    assert.match(response.text, /got: array\. Batches are not supported\./);
  });

  test('up to the limit it is not', async () => {
    await using server = await serve();
    const { results } = await ask(
      server,
      Array.from({ length: 4 }, () => ({ query: '{ hello }' })),
    );
    assert.equal(results.length, 4);
  });
});

describe('a batch of the compiled engine', () => {
  test('answers known operations beside new ones, in order, and sends only the new ones to be parsed', async () => {
    await using server = await serveSubgraph({ handler: { config } });
    const known = { query: 'query($id: ID!) { name(id: $id) }', variables: { id: '1' } };
    await ask(server, [known]);
    server.newTexts.length = 0;
    const fresh = (id: string) => ({ query: `{ name(id: "${id}") }` });
    const answer = await ask(server, [fresh('7'), known, fresh('8'), { ...known, variables: { id: '2' } }]);
    assert.deepEqual(
      answer.results.map(({ data }) => data?.['name']),
      ['name 7', 'name 1', 'name 8', 'name 2'],
    );
    assert.deepEqual(server.newTexts, [fresh('7').query, fresh('8').query]);
  });

  test('of known operations alone goes past the parser, also where variables of one do not fit', async () => {
    await using server = await serveSubgraph({ handler: { config } });
    const query = 'query($id: ID!) { name(id: $id) }';
    const mutation = 'mutation { rename }';
    await ask(server, [{ query, variables: { id: '1' } }, { query: mutation }]);
    server.newTexts.length = 0;
    const answer = await ask(server, [{ query: mutation }, { query }, { query, variables: { id: '3' } }]);
    assert.deepEqual(codes(answer), [{ rename: 'renamed' }, 'BAD_USER_INPUT', { name: 'name 3' }]);
    assert.deepEqual(server.newTexts, []);
  });

  test('has the error of a known operation that fails in its place', async () => {
    await using server = await serveSubgraph({
      handler: {
        config,
        runPrepared: ({ query }) => {
          if (query.includes('throws')) throw new Error('password is hunter2');
          return query.includes('rejects') ? Promise.reject(new Error('password is hunter2')) : undefined;
        },
      },
    });
    const answer = await ask(server, [{ query: '{ throws }' }, { query: '{ rejects }' }, { query: '{ name(id: 1) }' }]);
    assert.deepEqual(codes(answer), ['INTERNAL_ERROR', 'INTERNAL_ERROR', { name: 'name 1' }]);
    assert.doesNotMatch(answer.text, /hunter2/);
  });
});
