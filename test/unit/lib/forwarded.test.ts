import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forwardedElement, plainAddress } from '../../../src/lib/forwarded.ts';

describe('RFC 7239 4 Forwarded', () => {
  test('an IPv4 client and a host without port stand as they are', () => {
    const element = forwardedElement({ address: '192.0.2.1', host: 'shop.example', protocol: 'https' });
    assert.equal(element, 'for=192.0.2.1;host=shop.example;proto=https');
  });

  test('an IPv6 client stands in brackets and quotes, a host with port in quotes', () => {
    const element = forwardedElement({ address: '2001:db8::17', host: 'localhost:4000', protocol: 'http' });
    assert.equal(element, 'for="[2001:db8::17]";host="localhost:4000";proto=http');
  });

  test('a quote in the host cannot end the value', () => {
    const element = forwardedElement({ address: '192.0.2.1', host: 'a";for=evil\\', protocol: 'http' });
    assert.equal(element, 'for=192.0.2.1;host="a\\";for=evil\\\\";proto=http');
  });

  test('a client whose address is gone is unknown', () => {
    assert.equal(forwardedElement({ address: undefined, host: undefined, protocol: 'http' }), 'for=unknown;proto=http');
  });

  test('an address is told without IPv6 mapping and zone', () => {
    assert.equal(plainAddress('::ffff:127.0.0.1'), '127.0.0.1');
    assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
    assert.equal(plainAddress('::ffff:7f00:1'), '127.0.0.1');
    assert.equal(plainAddress('2001:db8::ffff:1'), '2001:db8::ffff:1');
    assert.equal(plainAddress('unknown'), 'unknown');
  });
});
