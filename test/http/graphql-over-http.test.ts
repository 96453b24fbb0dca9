import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, test } from 'node:test';
import { buildSchema, GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import { clientSignal } from '../../src/server/client-signal.ts';
import { createGraphqlLane } from '../../src/server/graphql-lane.ts';
import type { GraphqlContext } from '../../src/server/graphql-server.ts';
import type { InternalErrorEvent } from '../../src/telemetry/channels.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import { serveSchema, type ServedSchema } from '../support/serve-schema.ts';

type Resolver = (args: Readonly<Record<string, unknown>>, context: GraphqlContext) => unknown;
type Fields = Readonly<Record<string, Resolver>>;

/** The first argument of each resolver is the field's arguments; a field without one gives its name. */
function schemaOf(sdl: string, resolvers: Readonly<Record<string, Fields>> = {}): GraphQLSchema {
  const schema = buildSchema(sdl);
  for (const [type, fields] of Object.entries(resolvers)) {
    for (const [field, resolve] of Object.entries(fields)) {
      const target = schema.getType(type);
      assert.ok(target && 'getFields' in target);
      const definition = target.getFields()[field];
      assert.ok(definition && 'resolve' in definition);
      if (type === 'Subscription') definition.subscribe = (_source, args, context) => resolve(args, context);
      else definition.resolve = (_source, args, context) => resolve(args, context);
    }
  }
  return schema;
}

const greetings = schemaOf('type Query { hello(name: String!): String } type Mutation { greet: String }', {
  Query: { hello: ({ name }) => `Hello ${String(name)}` },
  Mutation: { greet: () => 'greeted' },
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ExecutionResult & { readonly errors?: readonly { readonly message: string }[] };
}

async function post(server: ServedSchema, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

async function get(server: ServedSchema, parameters: Record<string, string>, accept?: string): Promise<Answer> {
  const url = `${server.endpoint}?${new URLSearchParams(parameters).toString()}`;
  const response = await fetch(url, { headers: accept === undefined ? {} : { accept } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

const [modern, legacy] = ['application/graphql-response+json', 'application/json'];

function codeOf({ body }: Answer): unknown {
  return body.errors?.[0]?.extensions?.['code'];
}

/** Runs with the internal errors that are published meanwhile. */
async function withPublished<T>(run: (published: readonly InternalErrorEvent[]) => Promise<T>): Promise<T> {
  const published: InternalErrorEvent[] = [];
  const listener = (event: unknown): void => void published.push(event as InternalErrorEvent);
  subscribe('weft:error', listener);
  try {
    return await run(published);
  } finally {
    unsubscribe('weft:error', listener);
  }
}

describe('a request', () => {
  test('by POST is answered with data, its own id and no other headers of ours', async () => {
    await using server = await serveSchema(greetings);
    const answer = await post(server, { query: 'query A($n: String!) { hello(name: $n) }', variables: { n: 'Ada' } });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { data: { hello: 'Hello Ada' } });
    assert.equal(answer.headers.get('x-request-id'), server.scopes[0]?.requestId);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  });

  test('by GET is read from the query string, with variables, operation name and extensions', async () => {
    await using server = await serveSchema(greetings);
    const query = 'query A { a: hello(name: "a") } query B($n: String!) { b: hello(name: $n) }';
    const answer = await get(server, { query, operationName: 'B', variables: '{"n":"B"}', extensions: '{"x":1}' });
    assert.deepEqual(answer.body, { data: { b: 'Hello B' } });
    assert.equal(answer.headers.get('vary'), 'accept');
  });

  test('whose variables in the query string are not JSON is refused with 400', async () => {
    await using server = await serveSchema(greetings);
    const answer = await get(server, { query: '{ __typename }', variables: '{n:1}' });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.errors?.[0]?.message, 'Expected "variables" to be JSON, but got: text that is not JSON');
  });

  const misshapen: readonly [body: unknown, message: string][] = [
    ['{"query":', 'Expected the request body to be JSON, but got: text that is not JSON'],
    ['', 'Expected the request body to be JSON, but got: nothing'],
    ['"text"', 'Expected a JSON object, but got: string'],
    ['null', 'Expected a JSON object, but got: null'],
    [[{ query: '{ __typename }' }], 'Expected one GraphQL request, but got: array. Batches are not supported.'],
    [{ variables: {} }, 'Expected "query" to be a string, but got: nothing'],
    [{ query: 5 }, 'Expected "query" to be a string, but got: number'],
    [{ query: '{ a }', variables: [] }, 'Expected "variables" to be an object, but got: array'],
    [{ query: '{ a }', operationName: true }, 'Expected "operationName" to be a string, but got: boolean'],
    [{ query: '{ a }', extensions: 'x' }, 'Expected "extensions" to be an object, but got: string'],
  ];
  for (const [body, message] of misshapen) {
    test(`is refused with 400 and what was expected: ${message}`, async () => {
      await using server = await serveSchema(greetings);
      const answer = await post(server, body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.errors?.[0]?.message, message);
      assert.equal(codeOf(answer), 'BAD_REQUEST');
      assert.equal(answer.body.errors?.[0]?.extensions?.['requestId'], answer.headers.get('x-request-id'));
    });
  }

  test('that is not UTF-8 is refused with 400, not read with other characters', async () => {
    await using server = await serveSchema(greetings);
    const body = Buffer.concat([Buffer.from('{"query":"{ a }'), Buffer.from([0xff]), Buffer.from('"}')]);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(server.endpoint, { method: 'POST', headers, body });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /to be UTF-8/);
  });

  for (const type of ['text/plain', 'application/graphql', 'application/json; charset=latin1', 'x']) {
    test(`of content type ${type} is refused with 415`, async () => {
      await using server = await serveSchema(greetings);
      const answer = await post(server, { query: '{ __typename }' }, { 'content-type': type });
      assert.equal(answer.status, 415);
      assert.equal(codeOf(answer), 'UNSUPPORTED_MEDIA_TYPE');
    });
  }

  test('of content type application/json is read whatever the case and quotes of its utf-8 charset', async () => {
    await using server = await serveSchema(greetings);
    for (const type of ['Application/JSON', 'application/json;charset="UTF-8"', 'application/json ; charset=utf8']) {
      const answer = await post(server, { query: '{ __typename }' }, { 'content-type': type });
      assert.equal(answer.status, 200, type);
    }
  });

  test('with a content coding is refused with 415, not unpacked', async () => {
    await using server = await serveSchema(greetings);
    const answer = await post(server, { query: '{ __typename }' }, { 'content-encoding': 'gzip' });
    assert.equal(answer.status, 415);
  });

  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    test(`by ${method} is refused with 405 and what is allowed`, async () => {
      await using server = await serveSchema(greetings);
      const response = await fetch(server.endpoint, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'GET, POST');
      assert.match(await response.text(), /METHOD_NOT_ALLOWED/);
    });
  }

  test('for a mutation by GET is refused with 405 by the policy, and does not run', async () => {
    await using server = await serveSchema(greetings);
    const answer = await get(server, { query: 'mutation { greet }' });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get('allow'), 'POST');
    assert.equal(answer.body.errors?.[0]?.message, 'A mutation must come by POST, but this one came by GET.');
    assert.equal(answer.body.data, undefined);
  });

  test('whose host makes no URL is refused with 400, without a stack', async () => {
    await using server = await serveSchema(greetings);
    const answer = await raw(server, 'GET /graphql?query=%7Ba%7D HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /BAD_REQUEST/);
    assert.doesNotMatch(answer, /node_modules|\n\s+at /);
  });
});

/** Sends bytes and reads all that comes back until the server closes the connection. */
async function raw(server: ServedSchema, text: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('a body above the limit', () => {
  test('is refused with 413 by its content-length, and the client can read why', async () => {
    await using server = await serveSchema(greetings, { config: { maxBodyBytes: 100 } });
    const answer = await post(server, { query: '{ __typename }', extensions: { padding: 'x'.repeat(2_000_000) } });
    assert.equal(answer.status, 413);
    assert.equal(codeOf(answer), 'PAYLOAD_TOO_LARGE');
    assert.match(answer.body.errors?.[0]?.message ?? '', /at most 100 bytes/);
  });

  test('is refused by its content-length before any of it is sent', async () => {
    await using server = await serveSchema(greetings, { config: { maxBodyBytes: 100 } });
    const headers = { 'content-type': 'application/json', 'content-length': 101 };
    const req = request(server.endpoint, { method: 'POST', headers });
    req.flushHeaders();
    const [response] = await once(req, 'response');
    assert.equal(response.statusCode, 413);
    response.resume();
    req.destroy();
  });

  test('is refused with 413 by counting where no content-length tells', async () => {
    await using server = await serveSchema(greetings, { config: { maxBodyBytes: 100 } });
    const req = request(server.endpoint, { method: 'POST', headers: { 'content-type': 'application/json' } });
    for (let part = 0; part < 10; part++) req.write(' '.repeat(50));
    const [response] = await once(req, 'response');
    assert.equal(response.statusCode, 413);
    assert.equal(response.headers.connection, 'close');
    response.resume();
    req.destroy();
  });

  test('is read up to the very limit', async () => {
    const body = JSON.stringify({ query: '{ __typename }' });
    await using server = await serveSchema(greetings, { config: { maxBodyBytes: body.length } });
    assert.equal((await post(server, body)).status, 200);
    assert.equal((await post(server, `${body} `)).status, 413);
  });
});

describe('the media type of an answer', () => {
  const cases: readonly [accept: string, type: string][] = [
    ['*/*', legacy],
    ['application/*', legacy],
    [modern, modern],
    [`${modern}, ${legacy};q=0.9`, modern],
    [`${legacy}, ${modern}`, legacy],
    [`${legacy};q=0.5, ${modern}`, modern],
    [`${legacy};q=0, */*`, modern],
    ['text/html;q=0.1, */*;q=0.2', legacy],
    ['text/event-stream, application/json;q=0.1', legacy],
  ];
  for (const [accept, type] of cases) {
    test(`for "${accept}" is ${type}`, async () => {
      await using server = await serveSchema(greetings);
      const { status, headers } = await post(server, { query: '{ __typename }' }, { accept });
      assert.equal(status, 200);
      assert.equal(headers.get('content-type'), `${type}; charset=utf-8`);
    });
  }

  test('that cannot be had is refused with 406 before a mutation runs', async () => {
    let runs = 0;
    const schema = schemaOf('type Query { a: Int } type Mutation { count: Int }', {
      Mutation: { count: () => ++runs },
    });
    await using server = await serveSchema(schema);
    const answer = await post(server, { query: 'mutation { count }' }, { accept: 'text/csv' });
    assert.equal(answer.status, 406);
    assert.equal(codeOf(answer), 'NOT_ACCEPTABLE');
    assert.equal(runs, 0);
  });
});

describe('the status of an answer', () => {
  const documents: readonly [what: string, request: object, code: string][] = [
    ['a document that does not parse', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
    ['a document that does not fit the schema', { query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['variables that do not fit', { query: 'query($n: String!) { hello(name: $n) }' }, 'BAD_USER_INPUT'],
    ['an unknown operation name', { query: 'query A { __typename }', operationName: 'B' }, 'BAD_USER_INPUT'],
  ];
  for (const [what, body, code] of documents) {
    test(`to ${what} is 400 as ${modern}, and 200 as ${legacy}`, async () => {
      await using server = await serveSchema(greetings);
      for (const [accept, status] of [[modern, 400] as const, [legacy, 200] as const]) {
        const answer = await post(server, body, { accept });
        assert.equal(answer.status, status);
        assert.equal(codeOf(answer), code);
        assert.equal('data' in answer.body, false);
        assert.equal(answer.body.errors?.[0]?.extensions?.['requestId'], answer.headers.get('x-request-id'));
      }
    });
  }

  test('is the same when the document is sent again and comes from a cache', async () => {
    await using server = await serveSchema(greetings);
    for (const query of ['{', '{ nothing }']) {
      const answers = [await post(server, { query }), await post(server, { query })];
      const [first, again] = answers.map(({ body }) =>
        body.errors?.map(({ message, locations }) => ({ message, locations })),
      );
      assert.deepEqual(first, again);
    }
  });

  test('is 200 where a field failed, whatever the media type', async () => {
    const schema = schemaOf('type Query { a: Int b: Int }', {
      Query: {
        a: () => 1,
        b: () => {
          throw new GatewayError('UPSTREAM_TIMEOUT', 'stock: no answer in 800 ms', { upstream: 'stock' });
        },
      },
    });
    await using server = await serveSchema(schema);
    const answer = await post(server, { query: '{ a b }' }, { accept: modern });
    assert.equal(answer.status, 200);
    const requestId = answer.headers.get('x-request-id');
    assert.deepEqual(answer.body, {
      errors: [
        {
          message: 'A service did not answer in time.',
          locations: [{ line: 1, column: 5 }],
          path: ['b'],
          extensions: { code: 'UPSTREAM_TIMEOUT', upstream: 'stock', requestId },
        },
      ],
      data: { a: 1, b: null },
    });
  });
});

describe('a request that may not be served now, or not to whoever asks,', () => {
  const refusals = [
    ['RATE_LIMITED', 429],
    ['LIMIT_UNAVAILABLE', 503],
    ['OPERATION_DISABLED', 503],
    ['ACCESS_DENIED', 403],
  ] as const;
  for (const [code, status] of refusals) {
    const error = new GatewayError(code, 'Expected fewer requests.', {
      exposed: { rateLimit: { limit: 'per-caller' } },
    });

    test(`is answered ${status} with ${code} and what goes with it, at the entrance and past it, whatever the media type`, async () => {
      const lane = createGraphqlLane({
        config: { path: '/graphql', graphiql: false, firstOperation: undefined },
        enter: (req, res) => {
          res.setHeader('retry-after', '3');
          const scope = createRequestScope({
            headers: req.headers,
            signal: clientSignal(res),
            responseHeaderRules: {},
          });
          return { is: 'refused', scope, error };
        },
        handlerFor: () => assert.fail('must not be asked'),
      });
      const execute = ({ contextValue }: ExecutionArgs) => {
        (contextValue as GraphqlContext).res.setHeader('retry-after', '3');
        return { errors: [new GraphQLError('x', { originalError: error })] };
      };
      await using entrance = await serveSchema(greetings, { lanes: { graphql: lane } });
      await using past = await serveSchema(greetings, { handler: { execute } });
      for (const server of [entrance, past]) {
        for (const accept of [modern, legacy]) {
          const answer = await post(server, { query: '{ __typename }' }, { accept });
          assert.equal(answer.status, status);
          assert.equal(answer.headers.get('retry-after'), '3');
          const extensions = answer.body.errors?.[0]?.extensions;
          assert.equal(extensions?.['code'], code);
          assert.deepEqual(extensions?.['rateLimit'], { limit: 'per-caller' });
        }
      }
    });
  }
});

describe('an error nobody foresaw', () => {
  test('in a resolver keeps its message and stack from the client, and gives them to the log with the request id', async () => {
    const schema = schemaOf('type Query { a: Int }', {
      Query: {
        a: () => {
          throw new Error('password is hunter2');
        },
      },
    });
    await using server = await serveSchema(schema);
    await withPublished(async (published) => {
      const { body, headers } = await post(server, { query: '{ a }' });
      assert.doesNotMatch(JSON.stringify(body), /hunter2|node_modules|\bat /);
      assert.equal(body.errors?.[0]?.message, 'The gateway failed.');
      assert.equal(body.errors?.[0]?.extensions?.['code'], 'INTERNAL_ERROR');
      assert.equal(published.length, 1);
      assert.equal(published[0]?.error.message, 'password is hunter2');
      assert.equal(published[0]?.requestId, headers.get('x-request-id'));
    });
  });

  const hooks = ['onRequest', 'onResponse', 'onRequestParse', 'onParams', 'onParse', 'onExecute', 'onResultProcess'];
  for (const hook of hooks) {
    test(`in the hook ${hook} of a policy is answered 500 without message or stack`, async () => {
      const failing = {
        [hook]: () => {
          throw new Error('password is hunter2');
        },
      };
      await using server = await serveSchema(greetings, { handler: { plugins: [failing] } });
      await withPublished(async (published) => {
        const { status, body, headers } = await post(server, { query: '{ __typename }' });
        assert.equal(status, 500);
        assert.deepEqual(body, {
          errors: [
            {
              message: 'The gateway failed.',
              extensions: { code: 'INTERNAL_ERROR', requestId: headers.get('x-request-id') },
            },
          ],
        });
        assert.deepEqual(
          published.map(({ error }) => error.message),
          ['password is hunter2'],
        );
      });
    });
  }
});

describe('headers', () => {
  test('that upstream calls left for the client come back, several set-cookie as several', async () => {
    const schema = schemaOf('type Query { a: Int }', {
      Query: {
        a: (_args, { scope }) => {
          scope.responseHeaders.collect({ 'set-cookie': ['a=1', 'b=2; path=/'], 'cache-control': 'max-age=5' });
          return 1;
        },
      },
    });
    await using server = await serveSchema(schema);
    const { headers } = await post(server, { query: '{ a }' });
    assert.deepEqual(headers.getSetCookie(), ['a=1', 'b=2; path=/']);
    assert.equal(headers.get('cache-control'), 'max-age=5');
  });

  test('carry the id that the client gave its request', async () => {
    await using server = await serveSchema(greetings);
    const { headers } = await post(server, { query: '{' }, { 'x-request-id': 'client-7' });
    assert.equal(headers.get('x-request-id'), 'client-7');
  });
});

describe('an executor of our own', () => {
  test('runs the operation and may give the text of its answer', async () => {
    const execute = () => ({ data: { a: 1 }, stringify: () => '{"data":{"a":1.0}}' });
    await using server = await serveSchema(schemaOf('type Query { a: Int }'), { handler: { execute } });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(server.endpoint, { method: 'POST', headers, body: '{"query":"{ a }"}' });
    assert.equal(await response.text(), '{"data":{"a":1.0}}');
  });
});

describe('a client that leaves', () => {
  const gate = () => {
    const entered = Promise.withResolvers<AbortSignal>();
    const schema = schemaOf('type Query { wait: Int }', {
      Query: {
        wait: (_args, { scope }) => {
          entered.resolve(scope.signal);
          return new Promise((_resolve, reject) =>
            scope.signal.addEventListener('abort', () => reject(new Error('left'))),
          );
        },
      },
    });
    return { schema, entered: entered.promise };
  };

  test('aborts what runs for it, and nothing is logged as an error', async () => {
    const { schema, entered } = gate();
    await using server = await serveSchema(schema);
    await withPublished(async (published) => {
      const client = new AbortController();
      const headers = { 'content-type': 'application/json' };
      const asked = fetch(server.endpoint, {
        method: 'POST',
        headers,
        body: '{"query":"{ wait }"}',
        signal: client.signal,
      });
      const signal = await entered;
      assert.equal(signal.aborted, false);
      const aborted = once(signal, 'abort');
      client.abort();
      await assert.rejects(asked, { name: 'AbortError' });
      await aborted;
      await server.close();
      assert.deepEqual(published, []);
    });
  });

  test('aborts all its pipelined requests', async () => {
    const { schema, entered } = gate();
    await using server = await serveSchema(schema);
    const socket = connect(server.port, '127.0.0.1');
    const ask = `GET /graphql?query=${encodeURIComponent('{ wait }')} HTTP/1.1\r\nhost: a\r\n\r\n`;
    socket.write(ask.repeat(3));
    await entered;
    // A pipelined request is read when the one before it was, so all are there with the last of them.
    while (server.scopes.length < 3) await new Promise(setImmediate);
    const aborted = server.scopes.map(({ signal }) => once(signal, 'abort'));
    socket.destroy();
    await Promise.all(aborted);
  });

  test('is not made of one that got its answer', async () => {
    await using server = await serveSchema(greetings);
    await post(server, { query: '{ __typename }' });
    await server.close();
    assert.deepEqual(
      server.scopes.map(({ signal }) => signal.aborted),
      [false],
    );
  });
});

test('a route that has the paths around the endpoint does not take the endpoint', async () => {
  await using served = await serveSchema(greetings, {
    config: { path: '/api/graphql' },
    lanes: {
      routes: (_req, res) => {
        res.end('a route');
        return true;
      },
    },
  });
  const answered = await fetch(`${served.endpoint}?query=${encodeURIComponent('{ hello(name: "you") }')}`);
  assert.deepEqual(await answered.json(), { data: { hello: 'Hello you' } });
  assert.equal(await (await fetch(`${served.endpoint}/below`)).text(), 'a route');
});
