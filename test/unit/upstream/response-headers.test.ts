import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ResponseHeaderRule } from '../../../src/config/types.ts';
import { GatewayError } from '../../../src/errors.ts';
import { checkResponseHeaderRules, ResponseHeaders } from '../../../src/upstream/response-headers.ts';

const append: ResponseHeaderRule = 'append';

type Headers = Readonly<Record<string, string | string[]>>;

function collected(
  rules: Record<string, ResponseHeaderRule>,
  ...answers: Headers[]
): ReturnType<ResponseHeaders['entries']> {
  const headers = new ResponseHeaders(rules);
  for (const answer of answers) headers.collect(answer);
  return headers.entries();
}

describe('response headers of upstream calls', () => {
  test('a header that no rule names does not come back', () => {
    assert.deepEqual(collected({ 'x-a': 'first' }, { 'x-b': '1', 'set-cookie': ['a=1'] }), []);
  });

  test('append keeps every value of every call, and set-cookie as separate entries', () => {
    assert.deepEqual(
      collected(
        { 'set-cookie': 'append', 'x-a': 'append' },
        { 'set-cookie': ['a=1', 'b=2'] },
        { 'set-cookie': 'c=3', 'x-a': '1' },
      ),
      [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['set-cookie', 'c=3'],
        ['x-a', '1'],
      ],
    );
  });

  test('first keeps the values of the first call that has the header', () => {
    assert.deepEqual(collected({ 'x-a': 'first' }, {}, { 'x-a': '1' }, { 'x-a': '2' }), [['x-a', '1']]);
  });

  test('most-restrictive merges cache-control over all calls', () => {
    assert.deepEqual(
      collected(
        { 'cache-control': 'most-restrictive' },
        { 'cache-control': 'public, max-age=60' },
        { 'cache-control': ['private', 'max-age=10'] },
      ),
      [['cache-control', 'private, max-age=10']],
    );
  });

  test('a call without cache-control allows no reuse of the merged answer', () => {
    const rules = { 'cache-control': 'most-restrictive' } as const;
    assert.deepEqual(collected(rules, { 'cache-control': 'max-age=60' }, {}), [['cache-control', 'max-age=0']]);
    assert.deepEqual(collected(rules, {}, {}), []);
    assert.deepEqual(collected(rules), []);
  });

  test('headers of the connection and of the body never come back, whatever the rules say', () => {
    const names = ['connection', 'keep-alive', 'transfer-encoding', 'trailer', 'te', 'upgrade', 'proxy-authenticate'];
    for (const name of [...names, 'content-length', 'content-encoding', 'content-type']) {
      assert.deepEqual(collected({ [name]: append }, { [name]: 'x' }), [], name);
      assert.throws(() => checkResponseHeaderRules({ [name]: append }), GatewayError, name);
    }
  });

  test('a header that the upstream nominates in connection does not come back', () => {
    assert.deepEqual(collected({ 'x-hop': 'append' }, { connection: 'close, X-Hop', 'x-hop': '1' }), []);
  });

  test('a value with a line break does not come back', () => {
    assert.deepEqual(collected({ 'x-a': 'append' }, { 'x-a': ['a\r\nset-cookie: b', 'c'] }), [['x-a', 'c']]);
  });

  test('a name that every object inherits is no header', () => {
    assert.deepEqual(collected({ ['constructor' as string]: append }, {}), []);
  });

  test('most-restrictive is refused for any header but cache-control', () => {
    assert.doesNotThrow(() => checkResponseHeaderRules({ 'cache-control': 'most-restrictive', vary: 'append' }));
    assert.throws(() => checkResponseHeaderRules({ vary: 'most-restrictive' }), {
      code: 'CONFIGURATION_INVALID',
      message: '"responseHeaders.vary": "most-restrictive" is for "cache-control" only; use "append" or "first"',
    });
  });

  test('a rule for what is no lower-case header name is refused', () => {
    assert.throws(() => checkResponseHeaderRules({ 'X-A': 'first' }), /must be a header name in lower case/);
    assert.throws(() => checkResponseHeaderRules({ 'x a': 'first' }), /must be a header name in lower case/);
  });
});
