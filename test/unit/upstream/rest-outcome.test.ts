import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError } from '../../../src/index.ts';
import { readOutcome } from '../../../src/upstream/facade/rest/outcome.ts';
import type { UpstreamResponse } from '../../../src/upstream/types.ts';
import type { ErrorCode } from '../../../src/index.ts';

const json = { 'content-type': 'application/json' };

function read(response: Partial<UpstreamResponse>, errors = {}): ReturnType<typeof readOutcome> {
  const whole: UpstreamResponse = { status: 200, headers: json, body: '{"a":1}', ...response };
  return readOutcome(whole, { config: { name: 'users', errors }, method: 'GET', path: '/users/7' });
}

function failure(response: Partial<UpstreamResponse>, errors = {}): GatewayError {
  try {
    read(response, errors);
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error;
  }
  throw new assert.AssertionError({ message: 'expected an error' });
}

describe('what a REST status means', () => {
  const table: readonly (readonly [number, ErrorCode])[] = [
    [301, 'UPSTREAM_BAD_RESPONSE'],
    [304, 'UPSTREAM_BAD_RESPONSE'],
    [400, 'UNPROCESSABLE'],
    [401, 'UNAUTHENTICATED'],
    [402, 'UPSTREAM_REJECTED'],
    [403, 'FORBIDDEN'],
    [405, 'UPSTREAM_REJECTED'],
    [409, 'CONFLICT'],
    [410, 'UPSTREAM_REJECTED'],
    [422, 'UNPROCESSABLE'],
    [429, 'UPSTREAM_RATE_LIMITED'],
    [500, 'UPSTREAM_FAILED'],
    [503, 'UPSTREAM_FAILED'],
  ];
  for (const [status, code] of table) {
    test(`${status} is ${code}, and names upstream, call and status`, () => {
      const error = failure({ status });
      assert.deepEqual([error.code, error.upstream, error.upstreamStatus], [code, 'users', status]);
      assert.equal(error.message, `users: GET /users/7 answered ${status}`);
    });
  }

  test('404 says that there is none; its error tells a client nothing of the call', () => {
    const outcome = read({ status: 404 });
    assert.ok(outcome.kind === 'missing');
    assert.deepEqual([outcome.error.code, outcome.error.publicMessage], ['NOT_FOUND', 'Nothing was found.']);
    assert.match(String(outcome.error.cause), /users: GET \/users\/7 answered 404/);
  });

  test('429 keeps Retry-After in its message', () => {
    assert.match(failure({ status: 429, headers: { 'retry-after': '30' } }).message, /answered 429, retry-after: 30$/);
  });
});

describe('success', () => {
  for (const headers of [
    json,
    { 'content-type': 'application/hal+json; charset=utf-8' },
    { 'content-type': 'Application/JSON' },
  ]) {
    test(`${headers['content-type']} is read`, () => {
      assert.deepEqual(read({ headers }), { kind: 'body', body: { a: 1 }, origin: 'GET /users/7 answered 200' });
    });
  }

  test('204 and blank bodies are empty, whatever their type', () => {
    for (const body of ['', ' \n']) assert.equal(read({ status: 204, headers: {}, body }).kind, 'empty');
  });

  const unusable: readonly (readonly [string, Partial<UpstreamResponse>])[] = [
    ['text/html', { headers: { 'content-type': 'text/html' } }],
    ['no content-type', { headers: {} }],
    ['application/jsonp', { headers: { 'content-type': 'application/jsonp' } }],
    ['cut-off JSON', { body: '{"secret":' }],
  ];
  for (const [what, response] of unusable) {
    test(`${what} is an unusable answer, and its content is not in the message`, () => {
      const error = failure(response);
      assert.deepEqual([error.code, error.upstream, error.upstreamStatus], ['UPSTREAM_BAD_RESPONSE', 'users', 200]);
      assert.match(error.message, /^users: GET \/users\/7 answered 200 with a body that is not JSON/);
      assert.doesNotMatch(error.message + String(error.cause), /secret/);
    });
  }
});

describe('error bodies', () => {
  const body = JSON.stringify({ error: { code: 'taken', message: 'In use.', fields: { email: 'x' } } });
  const paths = { message: 'error.message', code: 'error.code', details: 'error.fields' };

  test('stay inside where nothing is configured', () => {
    const error = failure({ status: 409, body });
    assert.equal(error.publicMessage, 'A service reports a conflict with its present state.');
    assert.equal(error.exposed, undefined);
  });

  test('are shown at the configured paths, and nowhere else', () => {
    const error = failure({ status: 409, body }, paths);
    assert.equal(error.publicMessage, 'In use.');
    assert.deepEqual(error.exposed, { code: 'taken', details: { email: 'x' } });
    assert.deepEqual(failure({ status: 409, body }, { message: 'error.message' }).exposed, undefined);
  });

  test('that are no JSON, or lack a path, show nothing', () => {
    for (const other of ['<html>', '{}', '{"error":{"message":{"a":1}}}']) {
      const error = failure({ status: 500, body: other }, paths);
      assert.deepEqual([error.publicMessage, error.exposed], ['A service failed.', undefined]);
    }
  });
});
