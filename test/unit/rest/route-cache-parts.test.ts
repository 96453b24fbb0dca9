import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSingleFlight } from '../../../src/cache/single-flight.ts';
import { keptQuery } from '../../../src/rest/cache/kept-query.ts';
import { RecentKeys } from '../../../src/rest/cache/recent-keys.ts';
import { createRouteCaches } from '../../../src/rest/cache/route-caches.ts';
import { routeCacheConfig } from '../../support/cached-routes.ts';
import { createMapCacheStore } from '../../support/map-cache-store.ts';
import { route } from '../../support/passthrough-gateway.ts';

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

test('a route has to do with caching only where a route of its upstream keeps answers', (t) => {
  const now = (): number => 0;
  const store = createMapCacheStore(now);
  const singleFlight = createSingleFlight({ redis: undefined, timeoutMs: 10 });
  t.after(() => singleFlight.close());
  const users = route({ cache: routeCacheConfig() });
  const alsoUsers = route({ path: '/users' });
  const orders = route({ path: '/orders', upstream: 'orders' });
  const options = { store, singleFlight, now, show: false, maxEntryBytes: 1 };
  const cacheFor = createRouteCaches([users, alsoUsers, orders], options);
  assert.deepEqual(
    [users, alsoUsers, orders].map((each) => cacheFor(each) !== undefined),
    [true, true, false],
  );
});
