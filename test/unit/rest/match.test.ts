import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RouteConfig } from '../../../src/config/types.ts';
import { createMatcher, type RouteMatch } from '../../../src/rest/match.ts';
import { hasDotDot, readRequestTarget } from '../../../src/rest/request-target.ts';
import { createLocationRewriter } from '../../../src/rest/location.ts';

const methods = ['GET', 'POST'];

function route(path: string, changes: Partial<RouteConfig> = {}): RouteConfig {
  return { path, upstream: 'users', stripPrefix: '', methods, ...changes };
}

/** Route and upstream path in one text, or the error's code, or nothing. */
function shown(match: RouteMatch | undefined): string | undefined {
  if (match === undefined) return undefined;
  return match.kind === 'served' ? `${match.route.path} -> ${match.path}` : match.error.code;
}

const match = createMatcher([
  route('/api', { stripPrefix: '/api' }),
  route('/api/users', { stripPrefix: '/api' }),
  route('/api/orders', { stripPrefix: '/api/orders' }),
  route('/whole'),
]);
const get = (target: string): string | undefined => shown(match('GET', target));

describe('matching a route', () => {
  test('the longest path on whole segments wins', () => {
    assert.equal(get('/api/users/7?a=b'), '/api/users -> /users/7?a=b');
    assert.equal(get('/api/users'), '/api/users -> /users');
    assert.equal(get('/api/usersabc'), '/api -> /usersabc');
    assert.equal(get('/apix'), undefined);
    assert.equal(get('/'), undefined);
  });

  test('the stripped prefix may be the whole path, or nothing', () => {
    assert.equal(get('/api/orders/1'), '/api/orders -> /1');
    assert.equal(get('/api/orders?a=1'), '/api/orders -> ?a=1');
    assert.equal(get('/api/orders'), '/api/orders -> ');
    assert.equal(get('/whole/a/'), '/whole -> /whole/a/');
  });

  test('percent-encoding passes on as it came', () => {
    assert.equal(get('/api/users/a%2Fb%20c?q=%41'), '/api/users -> /users/a%2Fb%20c?q=%41');
    assert.equal(get('/api/users/%E0%A4%A'), '/api/users -> /users/%E0%A4%A');
  });

  test('an encoded letter does not lead past a route', () => {
    assert.equal(get('/api/%75sers/7'), '/api/users -> /%75sers/7');
  });

  test('empty segments are kept', () => {
    assert.equal(get('/api/users//7/'), '/api/users -> /users//7/');
  });

  test('a path with ".." is refused, however it is written', () => {
    const ways = [
      '..',
      '%2e%2e',
      '.%2E',
      '%252e%252e',
      '..%2f',
      '..%5C..',
      'a%2f..',
      'a\\..\\..',
      '..;x',
      '..%3Bx',
      '../orders',
    ];
    for (const way of ways) assert.equal(get(`/api/users/${way}`), 'BAD_REQUEST', way);
    assert.equal(get('/api/users/../../x'), 'BAD_REQUEST');
  });

  test('dots that are part of a name pass', () => {
    for (const name of ['...', 'a..b', '..a', 'a..', '.', '.well-known']) {
      assert.equal(get(`/api/users/${name}`), `/api/users -> /users/${name}`);
    }
    assert.equal(get('/api/users?next=../x'), '/api/users -> /users?next=../x');
  });

  test('characters that no URI may hold are refused', () => {
    for (const target of ['/api/users/\u00e9', '/api/users/a b', '/api/users/\x7f', '/api/users?a=\u00e9']) {
      assert.equal(get(target), 'BAD_REQUEST', target);
    }
  });

  test('a method that is not served is refused with the list of those that are', () => {
    const refused = match('DELETE', '/api/users/7');
    assert.equal(refused?.kind, 'refused');
    assert.deepEqual(
      [refused.error.code, refused.error.message],
      ['METHOD_NOT_ALLOWED', 'The method must be one of GET, POST.'],
    );
    assert.deepEqual(refused.headers, { allow: 'GET, POST' });
  });

  test('a whole URL as target is matched by its path and tells its authority', () => {
    const found = match('GET', 'http://user@shop.example:81/api/users/7?a=b');
    assert.equal(shown(found), '/api/users -> /users/7?a=b');
    assert.equal(found?.kind === 'served' && found.authority, 'shop.example:81');
  });

  test('what is no path is no match', () => {
    for (const target of ['*', '', 'shop.example:80', '/api/users#a', 'ftp://a/api/users']) {
      assert.equal(get(target), undefined, target);
    }
    assert.deepEqual(readRequestTarget('http://shop.example'), { authority: 'shop.example', path: '/', query: '' });
  });

  test('routes that could not work are refused', () => {
    assert.throws(() => createMatcher([route('/a'), route('/a/')]), {
      code: 'CONFIGURATION_INVALID',
      message: 'route "/a/" is given twice',
    });
    assert.throws(() => createMatcher([route('/a', { stripPrefix: '/b' })]), {
      code: 'CONFIGURATION_INVALID',
      message: 'route "/a": "stripPrefix" must be its path or a beginning of it, but got: /b',
    });
  });

  test('a route at the root takes every path', () => {
    const all = createMatcher([route('/')]);
    assert.equal(shown(all('GET', '/x/y')), '/ -> /x/y');
    assert.equal(shown(all('GET', '/')), '/ -> /');
  });

  test('".." is found in a path of any length in little time', () => {
    assert.equal(hasDotDot('/a'.repeat(100_000)), false);
    assert.equal(hasDotDot(`${'/;'.repeat(100_000)}/..`), true);
  });
});

describe('RFC 9110 10.2.2 Location', () => {
  const users = route('/api/users', { stripPrefix: '/api' });
  const find = createMatcher([users, route('/api/orders', { stripPrefix: '/api', upstream: 'orders' })]);
  const rewrite = createLocationRewriter(find, () => ['http://10.0.0.1:8080/v1', 'http://10.0.0.2:8080']);
  const cases: [promise: string, location: string, expected: string][] = [
    ["the upstream's own URL becomes the public path", 'http://10.0.0.1:8080/v1/users/7?a=b#c', '/api/users/7?a=b#c'],
    ['so does that of another target', 'http://10.0.0.2:8080/users/7', '/api/users/7'],
    ['so does one without scheme', '//10.0.0.2:8080/users/7', '/api/users/7'],
    ['a path from the root becomes the public path', '/v1/users/7', '/api/users/7'],
    ['a path outside the base path of one target may be below that of another', '/users/7', '/api/users/7'],
    ["another server's URL stays", 'https://login.example/users/7', 'https://login.example/users/7'],
    ['another port is another server', 'http://10.0.0.1:9/v1/users/7', 'http://10.0.0.1:9/v1/users/7'],
    ['a relative path stays', '7?a=b', '7?a=b'],
    ['a path that no route of the upstream serves stays', '/orders/1', '/orders/1'],
    [
      'a longer name at the base path is not below it',
      'http://10.0.0.1:8080/v1users/7',
      'http://10.0.0.1:8080/v1users/7',
    ],
    ['what is no URL stays', 'http://[', 'http://['],
  ];
  for (const [promise, location, expected] of cases) {
    test(promise, () => assert.equal(rewrite(location, users), expected));
  }

  test('without a stripped prefix a path is already public, and a whole URL loses its server', () => {
    const whole = route('/users');
    const plain = createLocationRewriter(createMatcher([whole]), () => ['http://10.0.0.2:8080']);
    assert.equal(plain('/users/7', whole), '/users/7');
    assert.equal(plain('http://10.0.0.2:8080/users/7', whole), '/users/7');
  });
});
