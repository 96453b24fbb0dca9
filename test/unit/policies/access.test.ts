import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AccessRule } from '../../../src/config/identity-types.ts';
import { GatewayError } from '../../../src/errors.ts';
import { anonymous, type Caller } from '../../../src/identity/caller.ts';
import { InsufficientScope } from '../../../src/identity/challenge.ts';
import { createAccess, createDoorAccess, type Access } from '../../../src/policies/access.ts';
import { noPolicies, type Decide } from '../../../src/policies/policy-answers.ts';
import { callerWith } from '../../support/identity-inputs.ts';

const request = { requestId: '1' };

function ruleWith(given: Partial<AccessRule>): AccessRule {
  return { authenticated: false, scopes: [], roles: [], tiers: [], consumers: [], policies: [], ...given };
}

/** What is found at once: `allowed`, or code and message. */
function found(access: Access, caller: Caller): string {
  const error = access.check(caller, request);
  assert.ok(!(error instanceof Promise));
  assert.equal(access.allows(caller, request), error === undefined);
  return error === undefined ? 'allowed' : `${error.code}: ${error.message}`;
}

function foundBy(rule: Partial<AccessRule>, caller: Caller, decide: Decide = noPolicies.decide): string {
  return found(createAccess(ruleWith(rule), decide), caller);
}

const missing = 'CREDENTIALS_MISSING: Expected credentials, but got: none';
const known = callerWith({ scopes: new Set(['a', 'b']), roles: new Set(['r']), tier: 't', consumer: 'c' });

describe('an access rule', () => {
  test('that names nothing holds for everyone', () => {
    assert.equal(foundBy({}, anonymous), 'allowed');
    assert.equal(foundBy({}, known), 'allowed');
  });

  test('that names anything asks an anonymous caller for credentials', () => {
    const rules: readonly Partial<AccessRule>[] = [
      { authenticated: true },
      { scopes: [['a']] },
      { roles: ['r'] },
      { tiers: ['t'] },
      { consumers: ['c'] },
      { policies: [['p']] },
    ];
    for (const rule of rules)
      assert.equal(
        foundBy(rule, anonymous, () => new Set(['p'])),
        missing,
      );
  });

  const expected: readonly [promise: string, rule: Partial<AccessRule>, outcome: string][] = [
    ['asks for a known caller', { authenticated: true }, 'allowed'],
    ['asks for one of the sets of scopes whole', { scopes: [['x'], ['a', 'b']] }, 'allowed'],
    [
      'names the scopes that would do',
      { scopes: [['a', 'x'], ['y']] },
      'ACCESS_DENIED: The caller lacks a scope. Expected: a and x, or y',
    ],
    ['asks for one of the roles', { roles: ['x', 'r'] }, 'allowed'],
    ['denies without one', { roles: ['x', 'y'] }, 'ACCESS_DENIED: The caller lacks a role that is expected here.'],
    ['asks for one of the tiers', { tiers: ['x', 't'] }, 'allowed'],
    ['denies another tier', { tiers: ['x'] }, 'ACCESS_DENIED: The caller is not of a tier that is expected here.'],
    ['asks for one of the consumers', { consumers: ['c'] }, 'allowed'],
    [
      'denies another consumer without naming those who may',
      { consumers: ['x'] },
      'ACCESS_DENIED: The caller is not a consumer that is expected here.',
    ],
    [
      'asks for all that it names',
      { scopes: [['a']], roles: ['r'], tiers: ['x'], consumers: ['c'] },
      'ACCESS_DENIED: The caller is not of a tier that is expected here.',
    ],
  ];
  for (const [promise, rule, outcome] of expected) {
    test(promise, () => assert.equal(foundBy(rule, known), outcome));
  }

  test('denies a caller without tier or consumer where it names some', () => {
    assert.match(foundBy({ tiers: ['t'] }, callerWith()), /^ACCESS_DENIED/);
    assert.match(foundBy({ consumers: ['c'] }, callerWith()), /^ACCESS_DENIED/);
  });

  test('gives the scopes of a denial for the challenge', () => {
    const error = createAccess(ruleWith({ scopes: [['x', 'y'], ['z']] }), noPolicies.decide).check(known, request);
    assert.ok(error instanceof InsufficientScope);
    assert.deepEqual(error.scopes, ['x', 'y']);
  });
});

describe('policies of a rule', () => {
  const rule = { policies: [['p', 'q'], ['s']] };
  const denied = 'ACCESS_DENIED: A policy does not grant this to the caller.';

  test('must be granted, one of the sets whole', () => {
    assert.equal(
      foundBy(rule, known, () => new Set(['p', 'q'])),
      'allowed',
    );
    assert.equal(
      foundBy(rule, known, () => new Set(['s'])),
      'allowed',
    );
    assert.equal(
      foundBy(rule, known, () => new Set(['p'])),
      denied,
    );
    assert.equal(foundBy(rule, known), denied);
  });

  test('are not asked for a caller who may not anyway', () => {
    const never: Decide = () => assert.fail('asked');
    assert.equal(foundBy({ ...rule, authenticated: true }, anonymous, never), missing);
    assert.match(foundBy({ ...rule, roles: ['x'] }, known, never), /lacks a role/);
    assert.equal(foundBy({ roles: ['r'] }, known, never), 'allowed');
  });

  test('are waited for where nobody knows yet, and nobody to ask is no answer', async () => {
    const granting = createAccess(ruleWith(rule), () => Promise.resolve(new Set(['s'])));
    assert.equal(await granting.check(known, request), undefined);
    assert.equal(await granting.allows(known, request), true);
    const denying = createAccess(ruleWith(rule), () => Promise.resolve(new Set<string>()));
    assert.equal((await denying.check(known, request))?.message, 'A policy does not grant this to the caller.');
    assert.equal(await denying.allows(known, request), false);
    const down = createAccess(ruleWith(rule), () => Promise.reject(new GatewayError('IDENTITY_UNAVAILABLE', 'down')));
    await assert.rejects(async () => down.allows(known, request), { code: 'IDENTITY_UNAVAILABLE' });
  });
});

describe('a door', () => {
  const expected: readonly [
    anonymous: boolean,
    rule: Partial<AccessRule> | undefined,
    stranger: string,
    known: string,
  ][] = [
    [true, undefined, 'allowed', 'allowed'],
    [false, undefined, missing, 'allowed'],
    [true, {}, 'allowed', 'allowed'],
    [false, {}, missing, 'allowed'],
    [true, { roles: ['r'] }, missing, 'allowed'],
    [false, { roles: ['x'] }, missing, 'ACCESS_DENIED: The caller lacks a role that is expected here.'],
  ];
  for (const [isOpen, rule, stranger, friend] of expected) {
    const who = `${isOpen ? 'open to anonymous callers' : 'closed'}, with ${rule ? JSON.stringify(rule) : 'no rule'}`;
    test(`${who}: an anonymous caller is ${stranger}, a known one ${friend}`, () => {
      const access = rule && ruleWith(rule);
      const door = createDoorAccess({ anonymous: isOpen, access }, noPolicies.decide);
      assert.deepEqual([found(door, anonymous), found(door, known)], [stranger, friend]);
    });
  }
});
