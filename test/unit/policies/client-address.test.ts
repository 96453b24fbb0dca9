import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import { createTrustedProxies, type ClientInfo } from '../../../src/policies/client-address.ts';

const proxies = createTrustedProxies(['10.0.0.0/8', '2001:db8:aaaa::/48']);

/** Whom a request with these fields, from this side of a connection, is from. */
function clientOf(headers: IncomingHttpHeaders, peer = '10.0.0.1', url = '/'): ClientInfo {
  return proxies.clientOf({ socket: { remoteAddress: peer }, headers: { host: 'shop.example', ...headers }, url });
}

function addressOf(headers: IncomingHttpHeaders, peer?: string): string | undefined {
  return clientOf(headers, peer).address;
}

describe('without a trusted proxy', () => {
  test('the client is the other side of the connection, whatever it says', () => {
    const forged = {
      forwarded: 'for=192.0.2.1;host=evil.example;proto=https',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
    };
    const expected = {
      address: '203.0.113.9',
      host: 'shop.example',
      protocol: 'http',
      isFromTrustedProxy: false,
      hops: [],
    };
    assert.deepEqual(clientOf(forged, '203.0.113.9'), expected);
    const nobody = createTrustedProxies([]);
    const given = {
      socket: { remoteAddress: '::ffff:203.0.113.9' },
      headers: { host: 'shop.example', ...forged },
      url: '/',
    };
    assert.deepEqual(nobody.clientOf(given), expected);
  });

  test('a socket that is gone has no address, and is no proxy', () => {
    const given = { socket: { remoteAddress: undefined }, headers: { 'x-forwarded-for': '192.0.2.1' }, url: '/' };
    const { address, isFromTrustedProxy } = proxies.clientOf(given);
    assert.deepEqual([address, isFromTrustedProxy], [undefined, false]);
  });

  test('the host is that of a whole URL as target, else that of the field', () => {
    const hostOf = (url: string, host?: string): string | undefined => clientOf({ host }, '203.0.113.9', url).host;
    assert.equal(hostOf('http://user@shop.example:80/a?b', 'other.example'), 'shop.example:80');
    assert.equal(hostOf('/http://evil.example/', 'other.example'), 'other.example');
    assert.equal(hostOf('/', ''), undefined);
    assert.equal(hostOf('/', undefined), undefined);
  });
});

describe('behind trusted proxies', () => {
  for (const [name, write] of [
    ['x-forwarded-for', (list: readonly string[]) => list.join(', ')],
    ['forwarded', (list: readonly string[]) => list.map((one) => `for="${one}"`).join(', ')],
  ] as const) {
    const from = (...list: readonly string[]): string | undefined => addressOf({ [name]: write(list) });

    test(`${name} names the client`, () => {
      assert.equal(from('192.0.2.1'), '192.0.2.1');
      assert.equal(from('192.0.2.1:4711'), '192.0.2.1');
      assert.equal(from('[2001:db8::17]:4711'), '2001:db8::17');
      assert.equal(from('[2001:db8::17]'), '2001:db8::17');
      assert.equal(from('::ffff:192.0.2.1'), '192.0.2.1');
    });

    test(`${name} is read from the right over trusted proxies: what the client wrote itself does not count`, () => {
      assert.equal(from('127.0.0.1', '192.0.2.1'), '192.0.2.1');
      assert.equal(from('127.0.0.1', '192.0.2.1', '10.0.0.3', '2001:db8:aaaa::1', '::ffff:10.0.0.2'), '192.0.2.1');
      assert.equal(from('garbage', '192.0.2.1', '10.0.0.3'), '192.0.2.1');
    });

    test(`${name} of trusted addresses alone names the leftmost`, () => {
      assert.equal(from('10.0.0.9', '10.0.0.3'), '10.0.0.9');
    });

    test(`${name} whose client cannot be read leaves it unknown, never the proxy`, () => {
      for (const one of ['unknown', '_hidden', 'garbage', '192.0.2.256']) {
        assert.equal(from(one), undefined, one);
        assert.equal(from('192.0.2.1', one, '10.0.0.3'), undefined, one);
      }
    });

    test(`an empty ${name} says nothing`, () => {
      assert.equal(addressOf({ [name]: '' }), '10.0.0.1');
    });
  }

  test('the client is the proxy itself where it says nothing, as with its health checks', () => {
    assert.deepEqual(clientOf({}), {
      address: '10.0.0.1',
      host: 'shop.example',
      protocol: 'http',
      isFromTrustedProxy: true,
      hops: [],
    });
  });

  test('a trusted proxy may come by IPv6 or in IPv6 clothes', () => {
    assert.equal(addressOf({ 'x-forwarded-for': '192.0.2.1' }, '::ffff:10.0.0.1'), '192.0.2.1');
    assert.equal(addressOf({ 'x-forwarded-for': '192.0.2.1' }, '2001:db8:aaaa::1'), '192.0.2.1');
    assert.equal(addressOf({ 'x-forwarded-for': '192.0.2.1' }, '2001:db8:aaab::1'), '2001:db8:aaab::1');
  });

  test('an open quote in forwarded does not swallow what the proxy appends', () => {
    assert.equal(addressOf({ forwarded: 'for="127.0.0.1, for=192.0.2.1' }), '192.0.2.1');
    assert.equal(addressOf({ forwarded: 'for="127.0.0.1, for="[2001:db8::1]";proto=https' }), '2001:db8::1');
  });

  test('two fields that agree on the client are believed', () => {
    const both = { forwarded: 'for="[2001:DB8::0:1]"', 'x-forwarded-for': '10.9.9.9, 2001:db8::1, 10.0.0.2' };
    assert.equal(addressOf(both), '2001:db8::1');
  });

  test('two fields that name two clients leave it unknown: one of them is forged', () => {
    const forged = { forwarded: 'for=127.0.0.1', 'x-forwarded-for': '192.0.2.1' };
    assert.deepEqual([clientOf(forged).address, clientOf(forged).hops], [undefined, []]);
    assert.equal(addressOf({ forwarded: 'for=unknown', 'x-forwarded-for': '192.0.2.1' }), undefined);
  });

  test('the hops are the client and the trusted proxies after it', () => {
    assert.deepEqual(clientOf({ 'x-forwarded-for': '127.0.0.1, 192.0.2.1, 10.0.0.3' }).hops, ['192.0.2.1', '10.0.0.3']);
  });
});

describe('host and protocol behind trusted proxies', () => {
  const ways = (headers: IncomingHttpHeaders): readonly unknown[] => {
    const { host, protocol } = clientOf(headers);
    return [host, protocol];
  };

  test("are those of the client's element of forwarded", () => {
    const forwarded =
      'for=127.0.0.1;host=evil.example;proto=http, for=192.0.2.1;host="a.example:8443";proto=HTTPS, for=10.0.0.2;host=b';
    assert.deepEqual(ways({ forwarded }), ['a.example:8443', 'https']);
  });

  test('are the last of x-forwarded-host and -proto', () => {
    const fields = { 'x-forwarded-host': 'evil.example, a.example', 'x-forwarded-proto': 'http,https' };
    assert.deepEqual(ways(fields), ['a.example', 'https']);
    assert.deepEqual(ways({ ...fields, 'x-forwarded-for': '192.0.2.1' }), ['a.example', 'https']);
  });

  test('are those of the request where they are none', () => {
    for (const wrong of ['', 'a b', 'a.example/', 'a@b', '"a"', '[::1', 'a:123456', 'a'.repeat(256)]) {
      assert.deepEqual(
        ways({ 'x-forwarded-host': wrong, 'x-forwarded-proto': 'ftp' }),
        ['shop.example', 'http'],
        wrong,
      );
    }
    assert.deepEqual(ways({ forwarded: 'for=192.0.2.1;host="a b";proto=ws' }), ['shop.example', 'http']);
  });

  test('are those of the request where the two kinds of fields do not say the same', () => {
    const address = { forwarded: 'for=192.0.2.1;host=a.example;proto=https', 'x-forwarded-for': '192.0.2.1' };
    assert.deepEqual(ways(address), ['shop.example', 'http']);
    assert.deepEqual(ways({ ...address, 'x-forwarded-host': 'b', 'x-forwarded-proto': 'https' }), [
      'shop.example',
      'https',
    ]);
    assert.deepEqual(ways({ ...address, 'x-forwarded-host': 'a.example' }), ['a.example', 'http']);
    assert.deepEqual(ways({ forwarded: 'for=192.0.2.1', 'x-forwarded-host': 'evil.example' }), [
      'shop.example',
      'http',
    ]);
  });
});

test('what is no address and no network is a mistake of the configuration', () => {
  assert.throws(() => createTrustedProxies(['proxy.internal']), {
    code: 'CONFIGURATION_INVALID',
    message: 'trustedProxies: Expected an IPv4 or IPv6 address or network, but got: proxy.internal',
  });
});

test('what is trusted can be asked', () => {
  assert.deepEqual(['10.1.1.1', '11.1.1.1', 'nonsense'].map(proxies.isTrusted), [true, false, false]);
});
