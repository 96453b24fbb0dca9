import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { visiblePath, visibleValue } from '../../../src/upstream/hidden.ts';

const hidden = { headers: ['x-api-key'], cookies: ['session', 'a+b'], queryParameters: ['api_key', 'k%'] };

describe('headers', () => {
  test('a hidden one is not seen; all others are', () => {
    assert.equal(visibleValue('x-api-key', 'secret', hidden), undefined);
    assert.equal(visibleValue('authorization', 'Bearer a', hidden), 'Bearer a');
    assert.equal(visibleValue('x-api-key', 'secret', undefined), 'secret');
  });

  test('hidden cookies are taken out wherever they stand, as often as they stand there', () => {
    const seen = (text: string): string | undefined => visibleValue('cookie', text, hidden);
    assert.equal(seen('a=1; session=secret; b=2'), 'a=1; b=2');
    assert.equal(seen('session=secret;session=more; b="x y";  session = odd'), 'b="x y"');
    assert.equal(seen('session'), undefined);
    assert.equal(seen('session=secret;'), undefined);
    assert.equal(seen('a+b=secret; ab=1'), 'ab=1');
  });

  test('cookies stay as they came where none of them is hidden', () => {
    assert.equal(visibleValue('cookie', 'Session=1;xsession=2;;  b', hidden), 'Session=1;xsession=2;;  b');
  });
});

describe('query parameters', () => {
  const seen = (path: string): string => visiblePath(path, hidden);

  test('a hidden one is taken out wherever it stands, as often as it stands there', () => {
    assert.equal(seen('/users?api_key=secret'), '/users');
    assert.equal(seen('/users?a=1&api_key=secret&b=2'), '/users?a=1&b=2');
    assert.equal(seen('/users?api_key=1&a&api_key=2&api_key'), '/users?a');
    assert.equal(seen('?api_key=secret&a=1'), '?a=1');
  });

  test('however its name is written', () => {
    for (const name of ['%61pi_key', 'api%5Fkey', 'api%5fkey', '%61%70%69%5F%6b%65%79', '?api_key']) {
      assert.equal(seen(`/users?${name}=secret&a=1`), '/users?a=1', name);
    }
    assert.equal(seen('/users?k%25=secret&k%=secret'), '/users');
  });

  test('the rest stays as it came, byte for byte', () => {
    const rest = 'x=%41+b&&y&=z&%zz=%&api_keys=1&API_KEY=2&a=api_key&n=%E2%82%AC?&';
    assert.equal(seen(`/a%2Fb?${rest}`), `/a%2Fb?${rest}`);
    assert.equal(seen(`/a%2Fb?api_key=1&${rest}`), `/a%2Fb?${rest}`);
    assert.equal(seen('/api_key=1'), '/api_key=1');
  });
});
