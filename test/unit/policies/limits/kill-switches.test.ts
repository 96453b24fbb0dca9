import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KillSwitch } from '../../../../src/config/limit-types.ts';
import {
  disabledError,
  retryAfterOf,
  switchesOf,
  switchesOfRoute,
  switchThatIsOn,
  type SwitchedOperation,
} from '../../../../src/policies/limits/kill-switches.ts';

const none: KillSwitch = { kinds: [], names: [], fields: [], routes: [], until: undefined, message: undefined };
const checkout: SwitchedOperation = {
  kind: 'mutation',
  name: 'Checkout',
  fields: new Set(['Mutation.pay', 'Order.id']),
};

function isMeant(of: Partial<KillSwitch>, operation: SwitchedOperation = checkout): boolean {
  return switchesOf([{ ...none, ...of }], operation).length === 1;
}

test('a switch is about what fits all that it names', () => {
  assert.equal(isMeant({ kinds: ['mutation'] }), true);
  assert.equal(isMeant({ kinds: ['query', 'subscription'] }), false);
  assert.equal(isMeant({ names: ['Checkout', 'Other'] }), true);
  assert.equal(isMeant({ names: ['Other'] }), false);
  assert.equal(isMeant({ names: ['Checkout'] }, { ...checkout, name: undefined }), false);
  assert.equal(isMeant({ fields: ['Query.a', 'Mutation.pay'] }), true);
  assert.equal(isMeant({ fields: ['Query.pay'] }), false);
  assert.equal(isMeant({ kinds: ['mutation'], names: ['Checkout'], fields: ['Mutation.pay'] }), true);
  assert.equal(isMeant({ kinds: ['query'], names: ['Checkout'], fields: ['Mutation.pay'] }), false);
});

test('a switch of routes is about no operation, and one of operations about no route', () => {
  const ofRoute = { ...none, routes: ['/api/orders'] };
  assert.equal(isMeant(ofRoute), false);
  assert.deepEqual(switchesOfRoute([ofRoute, none], '/api/orders'), [ofRoute]);
  assert.deepEqual(switchesOfRoute([ofRoute, none], '/api'), []);
});

test('a switch is on until its time, to the millisecond', () => {
  const timed = { ...none, until: 5000 };
  assert.equal(switchThatIsOn([timed], 4999), timed);
  assert.equal(switchThatIsOn([timed], 5000), undefined);
  assert.equal(switchThatIsOn([timed, none], 5000), none);
  assert.equal(retryAfterOf(timed, 3500), 2);
  assert.equal(retryAfterOf(none, 0), undefined);
});

test('clients read what the configuration says, and until when', () => {
  const { code, publicMessage, exposed } = disabledError({ ...none, until: 0, message: 'Back at noon.' });
  assert.deepEqual(
    [code, publicMessage, exposed],
    ['OPERATION_DISABLED', 'Back at noon.', { until: '1970-01-01T00:00:00.000Z' }],
  );
  assert.equal(disabledError(none).exposed, undefined);
});
