import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphQLError } from 'graphql';
import { GatewayError } from '../../../../src/errors.ts';
import { describeError } from '../../../../src/telemetry/logs/describe-error.ts';

function systemError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

test('an error is told with code, upstream, status, and what the system says of its causes', () => {
  const cause = new Error('what somebody said', { cause: systemError('connect ECONNREFUSED ::1:1', 'ECONNREFUSED') });
  const error = new GatewayError('UPSTREAM_FAILED', 'users: cut off', {
    upstream: 'users',
    upstreamStatus: 200,
    cause,
  });
  assert.deepEqual(describeError(error), {
    message: 'users: cut off',
    fields: {
      code: 'UPSTREAM_FAILED',
      upstream: 'users',
      upstreamStatus: 200,
      causes: ['[Error]', 'connect ECONNREFUSED ::1:1'],
    },
  });
});

test('an error that nobody foresaw is told with the stack of where it began', () => {
  const { fields } = describeError(new GatewayError('INTERNAL_ERROR', 'oh', { cause: new TypeError('oh') }));
  assert.match(String(fields['stack']), /^TypeError: oh\n\s+at .*describe-error\.test\.ts/);
  assert.match(String(describeError(new RangeError('oh')).fields['stack']), /^RangeError: oh\n\s+at /);
});

test('an error that quotes a value is told without its text, but with where it came from', () => {
  const quoting = [
    new GraphQLError('Int cannot represent non-integer value: "hunter2"'),
    new SyntaxError('Unexpected token h, "hunter2" is not valid JSON'),
    Object.assign(new TypeError('hunter2 is not valid'), { code: 'ERR_INVALID_ARG_VALUE' }),
  ];
  for (const cause of quoting) {
    for (const error of [
      new GatewayError('INTERNAL_ERROR', cause.message, { cause }),
      new GatewayError('INTERNAL_ERROR', `calling threw: ${cause.message}`, { cause: new Error('x', { cause }) }),
      cause,
    ]) {
      const described = describeError(error);
      assert.doesNotMatch(JSON.stringify(described), /hunter2/);
      assert.match(JSON.stringify(described), new RegExp(cause.name));
      assert.match(String(described.fields['stack']), /describe-error\.test\.ts/);
    }
  }
});

test('what an error carries for clients or by accident is not told', () => {
  const options = { exposed: { details: 'hunter2' }, exposedMessage: 'hunter2' };
  const error = Object.assign(new GatewayError('UPSTREAM_ERROR', 'm', options), {
    headers: 'hunter2',
    body: 'hunter2',
  });
  assert.doesNotMatch(JSON.stringify(describeError(error)), /hunter2/);
});

test("the text of an upstream's error is not told, wherever it is wrapped", () => {
  const cause = new GatewayError('UPSTREAM_ERROR', 'no user hunter2', { upstream: 'users' });
  for (const error of [
    cause,
    new GatewayError('UPSTREAM_ERROR', 'users: no user hunter2', { cause }),
    new GatewayError('UPSTREAM_BAD_RESPONSE', 'expected a schema, but got: no user hunter2', { cause }),
  ]) {
    const described = describeError(error);
    assert.doesNotMatch(JSON.stringify(described), /hunter2/);
    assert.match(described.message, /an upstream answered with an error$/);
  }
});

test("an upstream's own code is told", () => {
  const error = new GatewayError('UPSTREAM_ERROR', 'm', { upstream: 'users', exposed: { code: 'EMAIL_TAKEN' } });
  assert.equal(describeError(error).fields['upstreamCode'], 'EMAIL_TAKEN');
});

test('causes that go in a circle end', () => {
  const error = new Error('a');
  error.cause = error;
  assert.equal((describeError(error).fields['causes'] as readonly string[]).length, 10);
});
