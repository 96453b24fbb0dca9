import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { entryHeadOf, type EntryRules } from '../../../../src/cache/http/entry-of.ts';
import { isStorable, type StorableAsked } from '../../../../src/cache/http/storable.ts';
import { storedFields } from '../../../../src/cache/http/stored-fields.ts';
import { surrogateTags } from '../../../../src/cache/http/surrogate-tags.ts';
import { valuesPart, varyNames } from '../../../../src/cache/http/vary.ts';
import type { HttpFields } from '../../../../src/cache/http/messages.ts';

const now = Date.UTC(2031, 0, 1);
const plain: StorableAsked = { method: 'GET', hasCredentials: false, isOfOneCaller: false };
const rules: EntryRules = {
  statuses: [200, 203, 204, 206, 299, 304, 404],
  contentTypes: [],
  maxAgeMs: undefined,
  defaultMaxAgeMs: undefined,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
};

describe('RFC 9111 3 what may be kept', () => {
  const table: readonly (readonly [Partial<StorableAsked>, number, HttpFields, boolean])[] = [
    [{}, 200, {}, true],
    [{}, 404, {}, true],
    [{}, 500, {}, false],
    [{}, 206, {}, false],
    [{}, 304, {}, false],
    [{}, 200, { 'content-range': 'bytes 0-1/2' }, false],
    [{ method: 'HEAD' }, 200, {}, false],
    [{ method: 'POST' }, 200, { 'cache-control': 'max-age=9' }, false],
    [{}, 200, { 'set-cookie': ['a=b'] }, false],
    [{ isOfOneCaller: true }, 200, { 'set-cookie': ['a=b'] }, false],
    [{}, 200, { vary: '*' }, false],
    [{}, 200, { vary: 'a, *' }, false],
    [{}, 200, { vary: 'a b' }, false],
    [{}, 200, { 'cache-control': 'no-store' }, false],
    [{ isOfOneCaller: true }, 200, { 'cache-control': 'no-store' }, false],
    [{}, 200, { 'cache-control': 'private' }, false],
    [{}, 200, { 'cache-control': ['public', 'private'] }, false],
    [{ isOfOneCaller: true }, 200, { 'cache-control': 'private' }, true],
    [{ hasCredentials: true }, 200, { 'cache-control': 'max-age=9' }, false],
    [{ hasCredentials: true }, 200, { 'cache-control': 'public' }, true],
    [{ hasCredentials: true }, 200, { 'cache-control': 's-maxage=9' }, true],
    [{ hasCredentials: true }, 200, { 'cache-control': 'must-revalidate' }, true],
    [{ hasCredentials: true }, 200, { 'cache-control': 'proxy-revalidate' }, false],
    [{ hasCredentials: true, isOfOneCaller: true }, 200, { 'cache-control': 'max-age=9' }, true],
    [{}, 299, { 'cache-control': 'must-understand' }, false],
    [{}, 200, { 'cache-control': 'must-understand, no-store' }, true],
  ];
  for (const [asked, status, headers, expected] of table) {
    test(`${JSON.stringify(asked)} ${status} ${JSON.stringify(headers)}: ${expected}`, () => {
      assert.equal(isStorable({ ...plain, ...asked }, { status, headers }, rules), expected);
    });
  }
});

describe('RFC 9111 3 what is kept of it', () => {
  const head = (headers: HttpFields, changes: Partial<EntryRules> = {}) =>
    entryHeadOf(
      plain,
      { status: 200, headers, requestedAt: now, receivedAt: now },
      {
        rules: { ...rules, ...changes },
        tags: ['route:/a'],
      },
    );

  test('its times, with the age that it came with', () => {
    const kept = head({ 'cache-control': 'max-age=60, stale-while-revalidate=5, stale-if-error=7', age: '10' });
    const times = [kept?.madeAt, kept?.freshUntil, kept?.staleUntil, kept?.staleIfErrorUntil, kept?.keptUntil];
    assert.deepEqual(times, [now - 10_000, now + 50_000, now + 55_000, now + 57_000, undefined]);
  });

  test('its own tags beside those that are given', () => {
    assert.deepEqual(head({ 'cache-control': 'max-age=1', 'cache-tag': 'a,b' })?.tags, ['route:/a', 'a', 'b']);
  });

  test('an hour more where it can be asked about', () => {
    assert.equal(head({ 'cache-control': 'max-age=60', etag: '"a"' })?.keptUntil, now + 60_000 + 3_600_000);
    assert.equal(head({ 'cache-control': 'no-cache', etag: '"a"' })?.keptUntil, now + 3_600_000);
  });

  for (const value of ['max-age=0', 'no-cache', 'public']) {
    test(`nothing, where it says ${value} and cannot be asked about`, () => {
      assert.equal(head({ 'cache-control': value }), undefined);
    });
  }

  test('nothing, where it was too old when it came', () => {
    assert.equal(head({ 'cache-control': 'max-age=5', age: '5' }), undefined);
  });

  test('3.1 not the fields of the connection, nor age, length and cookies', () => {
    const fields = storedFields(
      {
        connection: 'x-hop',
        'x-hop': '1',
        'keep-alive': '5',
        age: '1',
        'content-length': '3',
        'set-cookie': 'a',
        etag: '"a"',
      },
      now,
    );
    assert.deepEqual(fields, { etag: '"a"', date: new Date(now).toUTCString() });
  });
});

describe('RFC 9111 4.1 what answers vary by', () => {
  test('is each name once, in lower case and order', () => {
    assert.deepEqual(varyNames({ vary: ['B, a', 'b,,'] }), ['a', 'b']);
    assert.deepEqual(varyNames({}), []);
  });

  test('is told apart whatever the values hold', () => {
    const seeds = ['', 'a', 'b', 'a,b', 'a, b', '1:a', '-', '+', '+a2:ab-', undefined];
    const parts = new Map<string, string>();
    for (const a of seeds) {
      for (const ab of seeds) {
        const part = valuesPart(['a', 'ab'], { a, ab });
        const meaning = JSON.stringify([a, ab]).replaceAll(', ', ',');
        assert.equal(parts.get(part) ?? meaning, meaning);
        parts.set(part, meaning);
      }
    }
    assert.equal(parts.size, 81);
  });

  test('is equal in either case only where case means nothing', () => {
    const part = (name: string, value: string): string => valuesPart([name], { [name]: value });
    assert.equal(part('accept-encoding', 'GZIP , br'), part('accept-encoding', 'gzip,br'));
    assert.notEqual(part('cookie', 'A'), part('cookie', 'a'));
  });
});

describe('tags of an upstream', () => {
  test('stand between spaces and commas, each counts once', () => {
    assert.deepEqual(surrogateTags({ 'cache-tag': 'a, b', 'surrogate-key': 'b  c' }), ['a', 'b', 'c']);
    assert.deepEqual(surrogateTags({}), []);
  });
  test('are too many, or one is too long', () => {
    const many = (count: number): string => Array.from({ length: count }, (_, index) => `t${index}`).join(' ');
    assert.equal(surrogateTags({ 'surrogate-key': many(128) })?.length, 128);
    assert.equal(surrogateTags({ 'surrogate-key': many(129) }), undefined);
    assert.equal(surrogateTags({ 'cache-tag': 'x'.repeat(256) })?.length, 1);
    assert.equal(surrogateTags({ 'cache-tag': 'x'.repeat(257) }), undefined);
  });
});
