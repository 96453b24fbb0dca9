import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAddress, createAddressRules } from '../../../src/policies/addresses.ts';

test('without rules every address may come in, an unknown one too', () => {
  const allows = createAddressRules({ allow: [], deny: [] });
  assert.deepEqual([allows('192.0.2.1'), allows('::1'), allows(undefined)], [true, true, true]);
});

test('with an allow list only what it names passes', () => {
  const allows = createAddressRules({ allow: ['10.0.0.0/8', '2001:db8::/32'], deny: [] });
  assert.deepEqual(['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1', '11.0.0.1', '2001:db9::1'].map(allows), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('what is denied is denied although it is allowed too', () => {
  const allows = createAddressRules({ allow: ['10.0.0.0/8'], deny: ['10.0.0.66'] });
  assert.deepEqual(['10.0.0.65', '10.0.0.66', '::ffff:10.0.0.66'].map(allows), [true, false, false]);
});

test('with a deny list alone everything else passes', () => {
  const allows = createAddressRules({ allow: [], deny: ['192.0.2.0/24'] });
  assert.deepEqual(['192.0.2.1', '192.0.3.1', '::1'].map(allows), [false, true, true]);
});

test('where there is any rule an unknown address does not pass', () => {
  assert.equal(createAddressRules({ allow: ['0.0.0.0/0', '::/0'], deny: [] })(undefined), false);
  assert.equal(createAddressRules({ allow: [], deny: ['192.0.2.1'] })(undefined), false);
});

test('a refusal has a code and tells nothing of the rules', () => {
  const allows = createAddressRules({ allow: [], deny: ['192.0.2.1'] });
  assert.throws(() => checkAddress(allows, '192.0.2.1'), {
    code: 'ADDRESS_DENIED',
    status: 403,
    publicMessage: 'Requests from this address are not served.',
  });
  checkAddress(allows, '192.0.2.2');
});

test('what is no address and no network is a mistake of the configuration', () => {
  assert.throws(() => createAddressRules({ allow: [], deny: ['10.0.0.0/99'] }), {
    code: 'CONFIGURATION_INVALID',
    message: 'addresses.deny: Expected an IPv4 or IPv6 address or network, but got: 10.0.0.0/99',
  });
});
