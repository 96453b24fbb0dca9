import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keptQuery } from '../../../src/rest/cache/kept-query.ts';
import { RecentKeys } from '../../../src/rest/cache/recent-keys.ts';

describe('the query parameters that count', () => {
  const table = [
    ['/a', ['b'], '/a'],
    ['/a?b=1&c=2', undefined, '/a?b=1&c=2'],
    ['/a?c=2&b=1', ['b', 'c'], '/a?b=1&c=2'],
    ['/a?b=2&x&b=1', ['b'], '/a?b=2&b=1'],
    ['/a?x=1', ['b'], '/a'],
    ['/a?%62=1', ['b'], '/a?%62=1'],
    ['/a?b+c=1', ['b c'], '/a?b+c=1'],
    ['/a?&&b', ['b'], '/a?b'],
  ] as const;
  for (const [path, names, expected] of table) {
    test(`of ${path} by ${JSON.stringify(names)}: ${expected}`, () => assert.equal(keptQuery(path, names), expected));
  }
});

describe('keys that are remembered', () => {
  test('are forgotten in time', () => {
    const keys = new RecentKeys(10, 100);
    keys.add('a', 0);
    assert.deepEqual([keys.has('a', 9), keys.has('a', 10), keys.has('b', 0)], [true, false, false]);
    keys.delete('a');
    assert.equal(keys.has('a', 9), false);
  });

  test('are never more than as many, and the last half of them stays', () => {
    const keys = new RecentKeys(10, 100);
    for (let index = 0; index < 1000; index += 1) keys.add(String(index), 0);
    const known = Array.from({ length: 1000 }, (_, index) => keys.has(String(index), 0));
    assert.ok(known.filter(Boolean).length <= 100);
    assert.ok(known.slice(950).every(Boolean));
  });
});
