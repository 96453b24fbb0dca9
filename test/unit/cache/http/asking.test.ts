import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isNotModified, validationFields } from '../../../../src/cache/http/conditions.ts';
import { freshenedFields, headFits, isAbout } from '../../../../src/cache/http/freshen.ts';
import { invalidatedPaths, invalidates, uriTag } from '../../../../src/cache/http/invalidation.ts';
import type { HttpFields } from '../../../../src/cache/http/messages.ts';
import { readWishes, useOf } from '../../../../src/cache/http/wishes.ts';
import type { Entry } from '../../../../src/cache/types.ts';

const now = Date.UTC(2031, 0, 1);
const at = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();

describe('RFC 9111 4.3.1 what an upstream is asked by', () => {
  test('is the entity tag and the date, as they were given', () => {
    assert.deepEqual(validationFields({ etag: 'W/"a"', 'last-modified': at(0) }), {
      'if-none-match': 'W/"a"',
      'if-modified-since': at(0),
    });
  });
  for (const headers of [{}, { etag: 'a' }, { etag: ['"a"', '"b"'] }, { 'last-modified': 'today' }]) {
    test(`is nothing where there is only ${JSON.stringify(headers)}`, () => {
      assert.equal(validationFields(headers), undefined);
    });
  }
});

describe('RFC 9111 4.3.2 whether a client has the answer', () => {
  const table: readonly (readonly [HttpFields, HttpFields, boolean])[] = [
    [{ 'if-none-match': '"a"' }, { etag: '"a"' }, true],
    [{ 'if-none-match': 'W/"a"' }, { etag: '"a"' }, true],
    [{ 'if-none-match': '"a"' }, { etag: 'W/"a"' }, true],
    [{ 'if-none-match': '"b", "a"' }, { etag: '"a"' }, true],
    [{ 'if-none-match': '"b,a"' }, { etag: '"a"' }, false],
    [{ 'if-none-match': '"aa"' }, { etag: '"a"' }, false],
    [{ 'if-none-match': 'a' }, { etag: '"a"' }, false],
    [{ 'if-none-match': '*' }, {}, true],
    [{ 'if-none-match': '"a"' }, {}, false],
    [{ 'if-none-match': '"b"', 'if-modified-since': at(9) }, { etag: '"a"', 'last-modified': at(0) }, false],
    [{ 'if-modified-since': at(0) }, { 'last-modified': at(0) }, true],
    [{ 'if-modified-since': at(-1) }, { 'last-modified': at(0) }, false],
    [{ 'if-modified-since': at(0) }, { date: at(-1) }, true],
    [{ 'if-modified-since': '9999' }, { 'last-modified': at(0) }, false],
    [{}, { etag: '"a"' }, false],
  ];
  for (const [asked, stored, expected] of table) {
    test(`${JSON.stringify(asked)} of ${JSON.stringify(stored)}: ${expected}`, () => {
      assert.equal(isNotModified(asked, stored), expected);
    });
  }
});

describe('RFC 9111 4.3.4 what a 304 is about', () => {
  const table: readonly (readonly [string | undefined, string | undefined, boolean])[] = [
    ['"a"', undefined, true],
    ['"a"', '"a"', true],
    ['"a"', '"b"', false],
    ['"a"', 'W/"a"', true],
    ['W/"a"', '"a"', false],
    [undefined, '"a"', false],
    ['"a"', 'a', false],
  ];
  for (const [etag, came, expected] of table) {
    test(`${came} about ${etag}: ${expected}`, () => assert.equal(isAbout({ etag }, { etag: came }), expected));
  }

  test('3.2 its fields take the place of those kept, but for those of the body', () => {
    const stored = { etag: '"a"', 'content-type': 'a/b', 'content-encoding': 'gzip', 'x-a': '1', 'x-b': '1' };
    const came = { 'content-type': 'c/d', 'content-encoding': 'br', 'content-length': '0', 'x-a': '2', date: at(1) };
    assert.deepEqual(freshenedFields(stored, came, now), { ...stored, 'x-a': '2', date: at(1) });
  });

  test('4.3.5 an answer to HEAD fits by tag, date and length', () => {
    const kept = { headers: { etag: '"a"', 'last-modified': at(0) }, body: Buffer.from('four') };
    assert.equal(headFits(kept, {}), true);
    assert.equal(headFits(kept, { etag: '"a"', 'last-modified': at(0), 'content-length': '4' }), true);
    assert.equal(headFits(kept, { etag: '"b"' }), false);
    assert.equal(headFits(kept, { 'last-modified': at(1) }), false);
    assert.equal(headFits(kept, { 'content-length': '5' }), false);
  });
});

describe('RFC 9111 4.4 what is made invalid', () => {
  test('by methods that may change something, where they do not fail', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE']) assert.equal(invalidates(method, 204), true);
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) assert.equal(invalidates(method, 200), false);
    assert.deepEqual(
      [199, 200, 399, 400, 500].map((status) => invalidates('POST', status)),
      [false, true, true, false, false],
    );
  });

  const table: readonly (readonly [string, HttpFields, readonly string[]])[] = [
    ['/a?b', {}, ['/a?b']],
    ['/a', { location: '/v1/b?c=d#e' }, ['/a', '/b?c=d']],
    ['/a/b', { location: 'c' }, ['/a/b', '/a/c']],
    ['/a', { location: 'http://h:1/v1/b', 'content-location': '/v1/c' }, ['/a', '/b', '/c']],
    ['/a', { location: 'http://h:2/v1/b' }, ['/a']],
    ['/a', { location: 'https://h:1/v1/b' }, ['/a']],
    ['/a', { location: '//evil/v1/b' }, ['/a']],
    ['/a', { location: '/v2/b' }, ['/a']],
    ['/a', { location: '/v11/b' }, ['/a']],
    ['/a', { location: 'http://[' }, ['/a']],
  ];
  for (const [path, headers, expected] of table) {
    test(`${path} with ${JSON.stringify(headers)}: ${expected.join(' ')}`, () => {
      assert.deepEqual(invalidatedPaths(path, headers, ['http://h:1/v1']), expected);
    });
  }

  test('a URI has one tag, however it is spelt, and no other of any upstream has it', () => {
    assert.equal(uriTag('a', '/b/../c'), uriTag('a', '/c'));
    assert.notEqual(uriTag('a', '/c'), uriTag('b', '/c'));
    assert.notEqual(uriTag('a', '/c'), uriTag('a', '/c?'.concat('d')));
    assert.ok(uriTag('a', `/${'x'.repeat(9000)}`).length <= 256);
  });
});

describe('RFC 9111 5.2.1 what clients want', () => {
  const entry: Entry = {
    ...{ status: 200, headers: {}, body: Buffer.from(''), tags: [] },
    ...{ madeAt: now - 10_000, freshUntil: now + 10_000, staleUntil: now + 15_000, staleIfErrorUntil: now + 10_000 },
  };
  const table: readonly (readonly [string | undefined, number, string])[] = [
    [undefined, 0, 'fresh'],
    [undefined, 9.999, 'fresh'],
    [undefined, 10, 'refresh'],
    [undefined, 15, 'validate'],
    ['no-cache', 0, 'validate'],
    ['max-age=10', 0, 'fresh'],
    ['max-age=9', 0, 'validate'],
    ['max-age=soon', 0, 'validate'],
    ['min-fresh=10', 0, 'fresh'],
    ['min-fresh=11', 0, 'validate'],
    ['max-stale', 99, 'stale'],
    ['max-stale=20', 29, 'stale'],
    ['max-stale=20', 30, 'validate'],
    ['max-stale=20, max-age=5', 20, 'validate'],
    ['no-transform', 0, 'fresh'],
  ];
  for (const [value, seconds, use] of table) {
    test(`${value} after ${seconds} s: ${use}`, () => {
      const wishes = readWishes(value === undefined ? {} : { 'cache-control': value });
      assert.equal(useOf(entry, now + seconds * 1000, wishes), use);
    });
  }

  test('a request that says nothing wants nothing', () => {
    assert.equal(readWishes({ pragma: 'no-cache' }), undefined);
  });
});
