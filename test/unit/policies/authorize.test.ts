import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Requirement } from '../../../src/composition/guards/guards.ts';
import { GatewayError } from '../../../src/errors.ts';
import { anonymous, type Caller } from '../../../src/identity/caller.ts';
import { createAuthorizer, type Authorizer } from '../../../src/policies/authorize.ts';
import { noPolicies, type Decide } from '../../../src/policies/policy-answers.ts';
import { callerWith } from '../../support/identity-inputs.ts';

const requirements: readonly Requirement[] = [
  { authenticated: true, scopes: [], policies: [] },
  { authenticated: true, scopes: [['a', 'b'], ['c']], policies: [] },
  { authenticated: true, scopes: [], policies: [['p', 'q'], ['s']] },
  { authenticated: true, scopes: [['c']], policies: [['s']] },
];

function authorizerOf(decide: Decide = noPolicies.decide): Authorizer {
  return createAuthorizer({ guards: { requirements }, decide });
}

function denied(authorizer: Authorizer, numbers: readonly number[], caller: Caller): readonly number[] {
  const lacking = authorizer.deny(numbers, { requestId: '1', caller });
  assert.ok(!(lacking instanceof Promise), 'Expected an answer at once, but got: a promise');
  return lacking;
}

const scoped = (...scopes: readonly string[]): Caller => callerWith({ scopes: new Set(scopes) });

describe('what a caller lacks', () => {
  test('is everything for an anonymous caller, and no policy is asked', () => {
    const authorizer = authorizerOf(() => assert.fail('asked'));
    assert.deepEqual(denied(authorizer, [0, 1, 2, 3], anonymous), [0, 1, 2, 3]);
  });

  test('is every requirement of which no set of scopes is granted whole', () => {
    const authorizer = authorizerOf();
    assert.deepEqual(denied(authorizer, [0, 1], callerWith()), [1]);
    assert.deepEqual(denied(authorizer, [0, 1], scoped('a')), [1]);
    assert.deepEqual(denied(authorizer, [0, 1], scoped('a', 'b')), []);
    assert.deepEqual(denied(authorizer, [0, 1], scoped('c')), []);
  });

  test('is every requirement of which no set of policies is granted whole', () => {
    const by = (...granted: readonly string[]) => authorizerOf(() => new Set(granted));
    assert.deepEqual(denied(by('p'), [2], callerWith()), [2]);
    assert.deepEqual(denied(by('p', 'q'), [2], callerWith()), []);
    assert.deepEqual(denied(by('s'), [2], callerWith()), []);
    assert.deepEqual(denied(by('s'), [2, 3], callerWith()), [3]);
    assert.deepEqual(denied(by('s'), [2, 3], scoped('c')), []);
    assert.deepEqual(denied(by(), [3, 2], scoped('c')), [2, 3]);
  });

  test('comes in ascending order and once, in whatever order it was asked', () => {
    assert.deepEqual(denied(authorizerOf(), [3, 1, 3, 2], callerWith()), [1, 2, 3]);
  });

  test('is a requirement that does not exist', () => {
    assert.deepEqual(denied(authorizerOf(), [0, 9], callerWith()), [9]);
  });

  test('is the same frozen list wherever it is empty', () => {
    const authorizer = authorizerOf(() => new Set(['s']));
    const empty = denied(authorizer, [], anonymous);
    assert.ok(Object.isFrozen(empty));
    assert.equal(denied(authorizer, [0], callerWith()), empty);
    assert.equal(denied(authorizer, [2], callerWith()), empty);
  });
});

describe('what was found out', () => {
  test('is kept for a caller and an operation', () => {
    const authorizer = authorizerOf();
    const caller = callerWith();
    const numbers = [0, 1];
    assert.equal(denied(authorizer, numbers, caller), denied(authorizer, numbers, caller));
  });

  test('is never another caller’s, nor another operation’s', () => {
    const authorizer = authorizerOf();
    const numbers = [1, 3];
    assert.deepEqual(denied(authorizer, numbers, scoped('a', 'b')), [3]);
    assert.deepEqual(denied(authorizer, numbers, callerWith()), [1, 3]);
    const caller = scoped('a', 'b');
    assert.deepEqual(denied(authorizer, [1], caller), []);
    assert.deepEqual(denied(authorizer, [3], caller), [3]);
  });

  test('of policies is asked each time', () => {
    const granted = new Set(['s']);
    const authorizer = authorizerOf(() => granted);
    const caller = scoped('c');
    const numbers = [2, 3];
    assert.deepEqual(denied(authorizer, numbers, caller), []);
    granted.clear();
    assert.deepEqual(denied(authorizer, numbers, caller), [2, 3]);
  });
});

describe('policies', () => {
  test('are asked once for all requirements that scopes do not deny, with the request', () => {
    const asked: unknown[] = [];
    const authorizer = authorizerOf((names, caller, { requestId }) => {
      asked.push([names, caller, requestId]);
      return new Set();
    });
    const caller = scoped('c');
    denied(authorizer, [0, 1, 2, 3], caller);
    const other = callerWith();
    denied(authorizer, [3, 1], other);
    assert.deepEqual(asked, [[['p', 'q', 's'], caller, '1']]);
  });

  test('are waited for, and nobody to ask is no answer', async () => {
    const slow = authorizerOf(() => Promise.resolve(new Set(['s'])));
    assert.deepEqual(await slow.deny([2, 3], { requestId: '1', caller: callerWith() }), [3]);
    const down = authorizerOf(() => Promise.reject(new GatewayError('IDENTITY_UNAVAILABLE', 'down')));
    await assert.rejects(async () => down.deny([2], { requestId: '1', caller: callerWith() }), {
      code: 'IDENTITY_UNAVAILABLE',
    });
  });
});
