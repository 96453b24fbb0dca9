import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mostRestrictiveCacheControl, readCacheControl } from '../../../src/lib/cache-control.ts';

describe('RFC 9111 5.2.2 most restrictive cache-control', () => {
  const cases: [promise: string, values: (string | undefined)[], merged: string | undefined][] = [
    ['no-store wins alone', ['public, max-age=60', 'no-store, max-age=5'], 'no-store'],
    ['no-cache takes lifetimes away', ['max-age=60', 'no-cache'], 'no-cache'],
    ['no-cache with field names counts as no-cache', ['max-age=60', 'no-cache="set-cookie, x-a"'], 'no-cache'],
    [
      'private takes public and s-maxage away',
      ['public, s-maxage=60, max-age=60', 'private, s-maxage=30'],
      'private, max-age=30',
    ],
    ['the smallest lifetime counts', ['max-age=60', 'max-age=5', 'max-age=600'], 'max-age=5'],
    [
      's-maxage stays where all say it',
      ['max-age=60, s-maxage=10', 'max-age=20, s-maxage=30'],
      'max-age=20, s-maxage=10',
    ],
    ['s-maxage of some bounds the common lifetime', ['max-age=60, s-maxage=10', 'max-age=20'], 'max-age=10'],
    ['an answer without a lifetime has none', ['max-age=60', 'must-revalidate'], 'max-age=0, must-revalidate'],
    ['an answer without the field allows no reuse', ['public, max-age=60', undefined], 'max-age=0'],
    [
      'public and immutable stay only where all say them',
      ['public, max-age=9, immutable', 'max-age=9, immutable'],
      'max-age=9, immutable',
    ],
    ['public of all stays', ['public, max-age=9', 'max-age=8, public'], 'public, max-age=8'],
    [
      'restrictions of one hold for all',
      ['max-age=9, no-transform', 'max-age=9, proxy-revalidate'],
      'max-age=9, proxy-revalidate, no-transform',
    ],
    [
      'stale answers are allowed only where all allow them',
      ['max-age=9, stale-if-error=60, stale-while-revalidate=5', 'max-age=9, stale-if-error=30'],
      'max-age=9, stale-if-error=30',
    ],
    ['a lifetime that cannot be read is 0', ['max-age=soon', 'max-age=9'], 'max-age=0'],
    ['a directive given twice counts with its smaller number', ['max-age=60, max-age=5'], 'max-age=5'],
    ['names are read in any case', ['Max-Age=5, PRIVATE'], 'private, max-age=5'],
    ['nothing said is nothing to say', [undefined, undefined], undefined],
  ];
  for (const [promise, values, merged] of cases) {
    test(promise, () => assert.equal(mostRestrictiveCacheControl(values), merged));
  }

  test('the order of the calls does not matter', () => {
    const values = ['public, max-age=60', 'private, max-age=10', 'max-age=30, no-transform'];
    assert.equal(mostRestrictiveCacheControl(values), mostRestrictiveCacheControl(values.toReversed()));
  });

  test('a comma in quotes parts no directives', () => {
    assert.deepEqual(
      [...readCacheControl('private="a, no-store", max-age="7"')],
      [
        ['private', 'a, no-store'],
        ['max-age', '7'],
      ],
    );
  });
});
