import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError } from '../../../src/errors.ts';
import { formatError } from '../../../src/server/format-error.ts';
import { formatResult, printResult, statusOfResult } from '../../../src/server/graphql-answer.ts';
import { createRequestScope } from '../../../src/upstream/scope.ts';

const { signal } = new AbortController();
const scope = createRequestScope({ headers: { 'x-request-id': 'r1' }, signal, responseHeaderRules: {} });
const format = (result: Parameters<typeof formatResult>[0]) => formatResult(result, scope, formatError);
const errorOf = (code: string) => ({ message: '', extensions: { code } });

describe('a result', () => {
  test('has errors first, then data, then extensions, and none of them empty', () => {
    const error = new GatewayError('BAD_REQUEST', 'm');
    assert.deepEqual(Object.keys(format({ extensions: { a: 1 }, data: null, errors: [error] })), [
      'errors',
      'data',
      'extensions',
    ]);
    assert.deepEqual(Object.keys(format({ extensions: {}, data: {}, errors: [] })), ['data']);
  });

  test('without data and errors becomes an error: clients could make nothing of it', () => {
    for (const result of [{}, { errors: [] }]) {
      assert.deepEqual(format(result), {
        errors: [{ message: 'The gateway failed.', extensions: { code: 'INTERNAL_ERROR', requestId: 'r1' } }],
      });
    }
  });

  test('that knows its text is asked for it with its formatted errors', () => {
    assert.equal(printResult({ data: { a: 1 } }, undefined), '{"data":{"a":1}}');
    assert.equal(
      printResult({ data: { a: 1 } }, ({ data }) => `<${Object.keys(data ?? {}).join()}>`),
      '<a>',
    );
  });
});

describe('GraphQL over HTTP 6.4 Status Codes', () => {
  const json = 'application/json';
  const own = 'application/graphql-response+json';
  test('data is 200, null too, whatever the errors', () => {
    for (const type of [json, own])
      assert.equal(statusOfResult({ data: null, errors: [errorOf('FORBIDDEN')] }, type), 200);
  });
  test('an error of the document or the variables is 400, and 200 as application/json', () => {
    for (const code of ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']) {
      assert.deepEqual(
        [own, json].map((type) => statusOfResult({ errors: [errorOf(code)] }, type)),
        [400, 200],
      );
    }
  });
  test('a request that is no GraphQL request has its own status as application/json too', () => {
    for (const [code, status] of [
      ['BAD_REQUEST', 400],
      ['PAYLOAD_TOO_LARGE', 413],
      ['INTERNAL_ERROR', 500],
    ] as const) {
      assert.deepEqual(
        [own, json].map((type) => statusOfResult({ errors: [errorOf(code)] }, type)),
        [status, status],
      );
    }
  });
});
