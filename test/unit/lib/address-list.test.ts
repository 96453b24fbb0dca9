import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAddressList } from '../../../src/lib/address-list.ts';

function held(networks: readonly string[], addresses: readonly string[]): readonly string[] {
  const list = createAddressList(networks);
  return addresses.filter(list.has);
}

test('an address holds itself alone, a network all that begins as it does', () => {
  const asked = ['192.0.2.1', '192.0.2.2', '10.0.0.1', '10.255.255.255', '11.0.0.0', '2001:db8::1', '2001:db9::1'];
  assert.deepEqual(held(['192.0.2.1', '10.0.0.0/8', '2001:db8::/32'], asked), [
    '192.0.2.1',
    '10.0.0.1',
    '10.255.255.255',
    '2001:db8::1',
  ]);
});

test('the bits of a network that lie behind its prefix do not count', () => {
  assert.deepEqual(held(['10.1.2.3/8'], ['10.9.9.9']), ['10.9.9.9']);
});

test('an IPv4 address in IPv6 clothes is the IPv4 address, in the list and when asked', () => {
  const spellings = ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1'];
  assert.deepEqual(held(['192.0.2.0/24'], spellings), spellings);
  for (const one of spellings) assert.deepEqual(held([one], spellings), spellings, one);
  assert.deepEqual(held(['::ffff:192.0.2.0/120'], ['192.0.2.200', '192.0.3.1']), ['192.0.2.200']);
});

test('IPv6 networks hold no IPv4 address, and the other way round', () => {
  assert.deepEqual(held(['::/0'], ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1']), ['2001:db8::1']);
  assert.deepEqual(held(['0.0.0.0/0'], ['192.0.2.1', '2001:db8::1']), ['192.0.2.1']);
});

test('a zone does not count, and what is no address is in no list', () => {
  const all = ['0.0.0.0/0', '::/0'];
  assert.deepEqual(held(all, ['fe80::1%eth0', '', 'unknown', '10.0.0', '010.0.0.1', '10.0.0.1:80']), ['fe80::1%eth0']);
});

test('what is no network is refused with what was expected', () => {
  for (const text of ['10.0.0.0/33', '10.0.0', '::/129', 'example.com', '10.0.0.0/8/8', 'fe80::1%eth0', '10.0.0.0/']) {
    assert.throws(() => createAddressList(['10.0.0.1', text]), {
      name: 'TypeError',
      message: `Expected an IPv4 or IPv6 address or network, but got: ${text}`,
    });
  }
});

test('a list knows whether it is empty', () => {
  assert.deepEqual([createAddressList([]).isEmpty, createAddressList(['::1']).isEmpty], [true, false]);
});
