import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError } from '../../../src/errors.ts';
import { formatError } from '../../../src/server/format-error.ts';
import { formatResult, printResult, statusOfBatch, statusOfResult } from '../../../src/server/graphql-answer.ts';
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
  test('a document that is beyond a limit or costs too much is 400, and 200 as application/json', () => {
    for (const code of ['DOCUMENT_LIMIT_EXCEEDED', 'OPERATION_TOO_COSTLY']) {
      assert.deepEqual(
        [own, json].map((type) => statusOfResult({ errors: [errorOf(code)] }, type)),
        [400, 200],
        code,
      );
    }
  });
  test('a hash whose text is not known is no failure as application/json: clients send the text then', () => {
    for (const [code, status] of [
      ['PERSISTED_QUERY_NOT_FOUND', 404],
      ['PERSISTED_QUERY_NOT_SUPPORTED', 400],
    ] as const) {
      assert.deepEqual(
        [own, json].map((type) => statusOfResult({ errors: [errorOf(code)] }, type)),
        [status, 200],
        code,
      );
    }
  });
  test('what is refused for the moment or for who asks has its own status as application/json too', () => {
    for (const [code, status] of [
      ['RATE_LIMITED', 429],
      ['LIMIT_UNAVAILABLE', 503],
      ['OPERATION_DISABLED', 503],
      ['OPERATION_NOT_TRUSTED', 403],
      ['PERSISTED_QUERY_MISMATCH', 400],
      ['BATCH_TOO_LARGE', 400],
    ] as const) {
      assert.deepEqual(
        [own, json].map((type) => statusOfResult({ errors: [errorOf(code)] }, type)),
        [status, status],
        code,
      );
    }
  });
  test('a field that is limited leaves the answer 200', () => {
    for (const type of [json, own]) {
      assert.equal(statusOfResult({ data: { a: null }, errors: [errorOf('RATE_LIMITED')] }, type), 200);
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

describe('the status of a batch', () => {
  const [json, own] = ['application/json', 'application/graphql-response+json'];
  const data = { data: {} };
  const [limited, invalid] = ['RATE_LIMITED', 'GRAPHQL_VALIDATION_FAILED'].map((code) => ({ errors: [errorOf(code)] }));
  assert.ok(limited && invalid);

  test('is 200 where one has data, whatever the others are', () => {
    for (const batch of [[data], [data, limited], [limited, limited, data]])
      assert.equal(statusOfBatch(batch, own), 200);
  });
  test('is that of all where all are refused alike', () => {
    assert.equal(statusOfBatch([limited], own), 429);
    assert.equal(statusOfBatch([limited, limited], json), 429);
    assert.equal(statusOfBatch([invalid, invalid], own), 400);
    assert.equal(statusOfBatch([invalid, invalid], json), 200);
  });
  test('is 200 where all are refused, but not alike', () => {
    assert.equal(statusOfBatch([limited, invalid], own), 200);
  });
});
