import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientNetwork } from '../../../src/lib/client-network.ts';

test('an IPv4 address is one client', () => {
  assert.equal(clientNetwork('192.0.2.7'), '192.0.2.7');
});

test('the addresses of one IPv6 network of 64 bits are one client, however they are written', () => {
  const same = ['2001:db8:0:1::1', '2001:db8:0:1:ffff:0:0:9', '2001:DB8::1:0:0:0:5', '2001:db8:0:1::%eth0'];
  for (const address of same) assert.equal(clientNetwork(address), '2001:db8:0:1::/64', address);
});

test('another network is another client', () => {
  assert.equal(clientNetwork('2001:db8:0:2::1'), '2001:db8:0:2::/64');
  assert.equal(clientNetwork('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(clientNetwork('::1'), '0:0:0:0::/64');
  assert.equal(clientNetwork('fe80::1'), 'fe80:0:0:0::/64');
});

test('an IPv4 part at the end counts as two groups', () => {
  assert.equal(clientNetwork('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64');
  assert.equal(clientNetwork('1:2:3::4:192.0.2.1'), '1:2:3:0::/64');
});
