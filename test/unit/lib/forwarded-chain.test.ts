import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readForwardedElement, readNodeAddress, walkChain } from '../../../src/lib/forwarded-chain.ts';

describe('RFC 7239 6 Node Identifiers', () => {
  test('addresses are read with and without brackets and port, in their one spelling', () => {
    const nodes = {
      '192.0.2.1': '192.0.2.1',
      '192.0.2.1:4711': '192.0.2.1',
      '192.0.2.1:_port': '192.0.2.1',
      '[2001:db8::17]': '2001:db8::17',
      '[2001:DB8:0:0::17]:4711': '2001:db8::17',
      '2001:db8::17': '2001:db8::17',
      '::ffff:192.0.2.1': '192.0.2.1',
      '[::ffff:c000:201]': '192.0.2.1',
    };
    for (const [node, address] of Object.entries(nodes)) assert.equal(readNodeAddress(node), address, node);
  });

  test('unknown, made-up names and nonsense are no address', () => {
    const nodes = [
      'unknown',
      '_hidden',
      '_SEVKISEK',
      '',
      '192.0.2',
      '192.0.2.256',
      '[192.0.2.1]',
      '[2001:db8::17',
      'a.b',
    ];
    const more = ['192.0.2.1:', '192.0.2.1:999999', '010.0.0.1', 'fe80::1%eth0', '192.0.2.1 192.0.2.2', 'localhost'];
    for (const node of [...nodes, ...more]) assert.equal(readNodeAddress(node), undefined, node);
  });
});

describe('RFC 7239 4 Forwarded', () => {
  const read = (element: string): Record<string, string> | undefined => {
    const parameters = readForwardedElement(element);
    return parameters && Object.fromEntries(parameters);
  };

  test('parameters are read in any letter case, as tokens and quoted', () => {
    assert.deepEqual(read('For="[2001:db8:cafe::17]:4711"'), { for: '[2001:db8:cafe::17]:4711' });
    assert.deepEqual(read('for=192.0.2.60;proto=http; by=203.0.113.43;HOST="a\\"b;c,d"'), {
      for: '192.0.2.60',
      proto: 'http',
      by: '203.0.113.43',
      host: 'a"b;c,d',
    });
    assert.deepEqual(read('for=192.0.2.60;'), { for: '192.0.2.60' });
  });

  test('a parameter that should be quoted and is not is read all the same', () => {
    assert.deepEqual(read('for=[2001:db8::1]:80'), { for: '[2001:db8::1]:80' });
  });

  test('a parameter that comes twice, an open quote and what is no pair make it unreadable', () => {
    for (const element of ['for=a;for=b', 'for="a', 'for', '=a', 'for=a b', 'for = a', 'for=a"b"']) {
      assert.equal(read(element), undefined, element);
    }
  });
});

describe('a chain', () => {
  const trusted = new Set(['10.0.0.1', '10.0.0.2']);
  const hopsOf = (text: string): readonly string[] | undefined | 'none' => {
    const chain = walkChain(text, readNodeAddress, (address) => trusted.has(address));
    return typeof chain === 'object' ? chain.hops : chain;
  };

  test('is read from the right to the first address that is not trusted', () => {
    assert.deepEqual(hopsOf('192.0.2.1'), ['192.0.2.1']);
    assert.deepEqual(hopsOf('192.0.2.66, 192.0.2.1, 10.0.0.2,10.0.0.1'), ['192.0.2.1', '10.0.0.2', '10.0.0.1']);
  });

  test('whose addresses are all trusted begins with the leftmost', () => {
    assert.deepEqual(hopsOf('10.0.0.2, 10.0.0.1'), ['10.0.0.2', '10.0.0.1']);
  });

  test('of nothing but empty elements says nothing', () => {
    for (const text of ['', ' ', ',', ' , ,']) assert.equal(hopsOf(text), 'none', JSON.stringify(text));
    assert.deepEqual(hopsOf('192.0.2.1,, 10.0.0.1,'), ['192.0.2.1', '10.0.0.1']);
  });

  test('with an element that cannot be read on the way says nothing to be believed', () => {
    assert.equal(hopsOf('192.0.2.1, unknown, 10.0.0.1'), undefined);
    assert.equal(hopsOf('nonsense'), undefined);
  });

  test('may hold nonsense where the client wrote it', () => {
    assert.deepEqual(hopsOf('nonsense, "", <script>, 192.0.2.1'), ['192.0.2.1']);
  });

  test('is cut so that an open quote of the client swallows nothing that proxies append', () => {
    const elementOf = (text: string): string | undefined => {
      const chain = walkChain(
        text,
        (element) => readForwardedElement(element)?.get('for'),
        () => false,
      );
      return typeof chain === 'object' ? chain.element : chain;
    };
    assert.equal(elementOf('for="1.1.1.1, for=192.0.2.1;host=a'), 'for=192.0.2.1;host=a');
    assert.equal(elementOf('for="1.1.1.1, for="[2001:db8::1]"'), 'for="[2001:db8::1]"');
    assert.equal(elementOf('for=1.1.1.1, for=192.0.2.1;host="a,b\\",c"'), 'for=192.0.2.1;host="a,b\\",c"');
  });
});
