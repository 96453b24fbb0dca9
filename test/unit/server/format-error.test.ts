import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, beforeEach, describe, test } from 'node:test';
import { GraphQLError, parse, type GraphQLErrorOptions } from 'graphql';
import { GatewayError } from '../../../src/errors.ts';
import { formatError, statusOfFormatted } from '../../../src/server/format-error.ts';
import type { InternalErrorEvent } from '../../../src/telemetry/channels.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';

const headers = { 'x-request-id': 'r1' };
const scopeOf = (signal = new AbortController().signal) =>
  createRequestScope({ headers, signal, responseHeaderRules: {} });

let published: InternalErrorEvent[] = [];
const listener = (event: unknown): void => void published.push(event as InternalErrorEvent);
subscribe('weft:error', listener);
beforeEach(() => {
  published = [];
});
after(() => unsubscribe('weft:error', listener));

const messages = (): readonly string[] => published.map(({ error }) => error.message);
const failed = new GatewayError('UPSTREAM_FAILED', 'http://10.0.0.7 said no', {
  upstream: 'orders',
  upstreamStatus: 500,
});
const failedForClients = {
  message: 'A service failed.',
  extensions: { code: 'UPSTREAM_FAILED', upstream: 'orders', upstreamStatus: 500, requestId: 'r1' },
};

describe('an error of the gateway', () => {
  const wrapped: readonly [how: string, error: unknown][] = [
    ['thrown', failed],
    ['as originalError', new GraphQLError('http://10.0.0.7 said no', { originalError: failed })],
    [
      'deep',
      new GraphQLError('a', {
        originalError: new GraphQLError('b', { originalError: new Error('c', { cause: failed }) }),
      }),
    ],
    [
      'one of several',
      new GraphQLError('a', { originalError: new AggregateError([new Error('x'), failed], 'x, http') }),
    ],
    ['one of several that were thrown', new AggregateError([failed], 'http')],
  ];
  for (const [how, error] of wrapped) {
    test(`${how} gives its public sentence, and its own message to the log`, () => {
      assert.deepEqual(formatError(error, scopeOf()), failedForClients);
      assert.deepEqual(published, [{ error: failed, requestId: 'r1' }]);
    });
  }

  test('keeps place and path', () => {
    const document = parse('{ orders }');
    const options: GraphQLErrorOptions = { nodes: document.definitions[0], path: ['orders', 0], originalError: failed };
    const { locations, path } = formatError(new GraphQLError('x', options), scopeOf());
    assert.deepEqual({ locations, path }, { locations: [{ line: 1, column: 1 }], path: ['orders', 0] });
  });

  test('about what the client sent keeps its message and is not logged', () => {
    const error = new GatewayError('BAD_REQUEST', 'Expected "query" to be a string');
    assert.deepEqual(formatError(error, scopeOf()), {
      message: 'Expected "query" to be a string',
      extensions: { code: 'BAD_REQUEST', requestId: 'r1' },
    });
    assert.deepEqual(published, []);
  });

  test('shows what the configuration exposes: message, code and details, and is logged all the same', () => {
    const exposed = { code: 'OUT_OF_STOCK', details: [{ field: 'amount' }] };
    const options = { upstream: 'orders', upstreamStatus: 422, exposed, exposedMessage: 'Only 2 left' };
    assert.deepEqual(
      formatError(new GatewayError('UNPROCESSABLE', 'orders: POST /orders gave 422', options), scopeOf()),
      {
        message: 'Only 2 left',
        extensions: {
          code: 'OUT_OF_STOCK',
          details: [{ field: 'amount' }],
          upstream: 'orders',
          upstreamStatus: 422,
          requestId: 'r1',
        },
      },
    );
    assert.deepEqual(messages(), ['orders: POST /orders gave 422']);
  });

  test('lets what is exposed stand for the code, never for the upstream or the request id', () => {
    const exposed = { code: 17, upstream: 'x', upstreamStatus: 1, requestId: 'forged' };
    const error = new GatewayError('UPSTREAM_ERROR', 'm', { upstream: 'orders', upstreamStatus: 200, exposed });
    assert.deepEqual(formatError(error, scopeOf()).extensions, {
      code: '17',
      upstream: 'orders',
      upstreamStatus: 200,
      requestId: 'r1',
    });
    const odd = new GatewayError('UPSTREAM_ERROR', 'm', { exposed: { code: { a: 1 } } });
    assert.equal(formatError(odd, scopeOf()).extensions?.['code'], 'UPSTREAM_ERROR');
  });

  test('of automatic persisted queries has the text that clients know it by, whatever the log is told', () => {
    for (const [code, message] of [
      ['PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound'],
      ['PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported'],
    ] as const) {
      const error = new GatewayError(code, 'no text of hash ab12');
      assert.deepEqual(formatError(error, scopeOf()), { message, extensions: { code, requestId: 'r1' } });
    }
  });

  test('of a limit shows what the limit says of itself', () => {
    const rateLimit = { limit: 'per-caller', retryAfter: 3 };
    const error = new GatewayError('RATE_LIMITED', 'Limit "per-caller" is reached.', { exposed: { rateLimit } });
    assert.deepEqual(formatError(error, scopeOf()), {
      message: 'Limit "per-caller" is reached.',
      extensions: { rateLimit, code: 'RATE_LIMITED', requestId: 'r1' },
    });
  });

  test('at many paths is logged once a request', () => {
    const scope = scopeOf();
    for (const path of ['a', 'b', 'c'])
      formatError(new GraphQLError('x', { path: [path], originalError: failed }), scope);
    assert.equal(published.length, 1);
    formatError(failed, scopeOf());
    assert.equal(published.length, 2);
  });

  test('among others is logged with the others', () => {
    const other = new GatewayError('UPSTREAM_TIMEOUT', 'users: no answer');
    formatError(new AggregateError([failed, other]), scopeOf());
    assert.deepEqual(messages(), ['http://10.0.0.7 said no', 'users: no answer']);
  });
});

describe('an error of GraphQL about the request', () => {
  const [operation] = parse('query A($n: Int!) { a }').definitions;
  const variable = operation?.kind === 'OperationDefinition' ? operation.variableDefinitions?.[0] : undefined;
  const cases: readonly [what: string, error: GraphQLError, code: string][] = [
    ['syntax', new GraphQLError('m', { extensions: { code: 'GRAPHQL_PARSE_FAILED' } }), 'GRAPHQL_PARSE_FAILED'],
    [
      'validation',
      new GraphQLError('m', { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }),
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'operation name',
      new GraphQLError('m', { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }),
      'BAD_USER_INPUT',
    ],
    ['a variable', new GraphQLError('m', { nodes: variable, originalError: new GraphQLError('m') }), 'BAD_USER_INPUT'],
  ];
  for (const [what, error, code] of cases) {
    test(`(${what}) keeps its message, has the code ${code} and is not logged`, () => {
      const { message, extensions } = formatError(error, scopeOf());
      assert.deepEqual({ message, extensions }, { message: 'm', extensions: { code, requestId: 'r1' } });
      assert.deepEqual(published, []);
    });
  }
});

describe('any other error', () => {
  const cases: readonly [what: string, error: unknown][] = [
    ['an Error', new Error('secret')],
    ['an Error of a field', new GraphQLError('secret', { path: ['a'], originalError: new Error('secret') })],
    ['a GraphQLError without a cause', new GraphQLError('secret', { path: ['a'] })],
    [
      'a GraphQLError that claims an upstream',
      new GraphQLError('secret', { extensions: { code: 'X', upstream: 'y' } }),
    ],
    [
      'an error of a field with the code of a request error',
      new GraphQLError('secret', { path: ['a'], extensions: { code: 'GRAPHQL_PARSE_FAILED' } }),
    ],
    ['a string', 'secret'],
    ['an error that is its own cause', ownCause()],
  ];
  for (const [what, error] of cases) {
    test(`(${what}) says nothing but that the gateway failed; the log has its message`, () => {
      const { message, extensions } = formatError(error, scopeOf());
      assert.equal(message, 'The gateway failed.');
      assert.deepEqual(extensions, { code: 'INTERNAL_ERROR', requestId: 'r1' });
      assert.deepEqual(messages(), ['secret']);
      assert.equal(published[0]?.error.cause, error);
    });
  }

  test('after the client has left is the client that left, and is not logged', () => {
    const { extensions } = formatError(new DOMException('aborted', 'AbortError'), scopeOf(AbortSignal.abort()));
    assert.equal(extensions?.['code'], 'CLIENT_CLOSED_REQUEST');
    assert.deepEqual(published, []);
  });

  test('in a chain without end is not followed for ever', () => {
    class Endless extends Error {
      override get cause(): unknown {
        return new Endless('secret');
      }
    }
    assert.equal(formatError(new Endless('secret'), scopeOf()).message, 'The gateway failed.');
  });
});

function ownCause(): Error {
  const error = new Error('secret');
  error.cause = error;
  return error;
}

test("the status of an error alone is its code's, and 500 for a code that is none of ours", () => {
  assert.equal(statusOfFormatted({ message: '', extensions: { code: 'UPSTREAM_TIMEOUT' } }), 504);
  assert.equal(statusOfFormatted({ message: '', extensions: { code: 'toString' } }), 500);
  assert.equal(statusOfFormatted({ message: '' }), 500);
});
