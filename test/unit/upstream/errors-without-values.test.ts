import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphQLError, parse } from 'graphql';
import { GatewayError } from '../../../src/errors.ts';
import { readErrors, writeErrors } from '../../../src/policies/cache/kept-errors.ts';
import { callError } from '../../../src/upstream/failure.ts';
import { createLocalFacade } from '../../../src/upstream/facade/local.ts';
import { readUpstreamErrors } from '../../../src/upstream/facade/graphql/errors.ts';
import { readOutcome } from '../../../src/upstream/facade/rest/outcome.ts';
import { newScope } from '../../support/rest-facade.ts';

/** Messages of internal errors go to the log: values of clients and texts of upstreams must not be in them. */

test('a value that does not fit the schema is not in the message, its place is', async () => {
  const facade = createLocalFacade({
    sdl: parse('type Query { top: [Top!] } type Top { count: Int }'),
    declarations: { Query: { top: () => [{ count: 1 }, { count: 'planted' }] } },
    upstreams: {},
  });
  const { errors } = await facade.execute({ document: parse('{ top { count } }'), variables: {}, scope: newScope() });
  const error = errors?.[0]?.originalError;
  assert.ok(error instanceof GatewayError);
  assert.equal(error.message, 'gateway: the value at "top.1.count" does not fit the schema');
  assert.equal(error.code, 'INTERNAL_ERROR');
});

test('what a function throws is its author’s own text, and stays', async () => {
  const facade = createLocalFacade({
    sdl: parse('type Query { top: Int }'),
    declarations: {
      Query: {
        top: () => {
          throw new TypeError('no such table');
        },
      },
    },
    upstreams: {},
  });
  const { errors } = await facade.execute({ document: parse('{ top }'), variables: {}, scope: newScope() });
  assert.match(errors?.[0]?.originalError?.message ?? '', /no such table$/);
});

test('an upstream’s text is where the configuration lets clients read it, and in no message', () => {
  const read = (errors: { readonly message?: string }) =>
    readUpstreamErrors([{ message: 'no planted', extensions: { code: 'NONE' } }], {
      config: { name: 'shop', errors },
      rootKeys: new Set(),
    })[0]?.originalError;
  for (const errors of [{}, { message: 'message' }]) {
    const error = read(errors);
    assert.ok(error instanceof GatewayError);
    assert.equal(error.message, 'upstream "shop" answered with an error of code NONE');
  }
  assert.equal((read({ message: 'message' }) as GatewayError).publicMessage, 'no planted');
});

test('kept errors are told without the text that clients read', () => {
  const originalError = new GatewayError('UPSTREAM_ERROR', 'inside', { upstream: 'shop', exposedMessage: 'planted' });
  const [kept] = readErrors(writeErrors([new GraphQLError('planted', { originalError })]));
  assert.equal(kept?.message, 'planted');
  assert.ok(kept.originalError instanceof GatewayError);
  assert.equal(kept.originalError.message, 'UPSTREAM_ERROR, kept with the answer');
});

test('a time to wait is told where it is a number of seconds', () => {
  const messageFor = (retryAfter: string): string => {
    try {
      readOutcome(
        { status: 429, headers: { 'retry-after': retryAfter }, body: '' },
        { config: { name: 'users', errors: {} }, method: 'GET', path: '/users/{id}' },
      );
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  assert.equal(messageFor('120'), 'users: GET /users/{id} answered 429, retry-after: 120');
  for (const text of ['planted', '120 planted', '1'.repeat(20)])
    assert.equal(messageFor(text), 'users: GET /users/{id} answered 429');
});

test('a failed call names its path, without a query, where it has one', () => {
  const of = (path: string): string =>
    callError('UPSTREAM_TIMEOUT', { upstream: 'shop', method: 'POST', path }, 'late').message;
  assert.equal(of('/a/{id}?b=planted'), 'shop: POST /a/{id}: late');
  assert.equal(of(''), 'shop: POST: late');
});
