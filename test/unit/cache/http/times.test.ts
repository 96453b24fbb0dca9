import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ageOf, initialAge } from '../../../../src/cache/http/age.ts';
import { directivesOf, millisecondsIn } from '../../../../src/cache/http/directives.ts';
import { freshnessLifetime } from '../../../../src/cache/http/freshness.ts';
import { readHttpDate } from '../../../../src/cache/http/http-date.ts';
import type { HttpFields } from '../../../../src/cache/http/messages.ts';
import { allowsMaxStale, staleWindows } from '../../../../src/cache/http/stale.ts';

const now = Date.UTC(2031, 0, 1);
const at = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();
const none = { maxAgeMs: undefined, defaultMaxAgeMs: undefined };
const answer = (headers: HttpFields, requestedAt = now) => ({ status: 200, headers, requestedAt, receivedAt: now });

describe('RFC 9110 5.6.7 dates', () => {
  const time = Date.UTC(1994, 10, 6, 8, 49, 37);
  for (const text of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
    test(`"${text}" is read`, () => assert.equal(readHttpDate(text), time));
  }
  for (const text of ['0', '-1', '9999', '', 'never', '1994-11-06T08:49:37Z', 'Sun, 99 Nov 1994 08:49:37 GMT']) {
    test(`"${text}" is no date`, () => assert.equal(readHttpDate(text), undefined));
  }
  test('two dates are none', () => assert.equal(readHttpDate([at(0), at(1)]), undefined));
});

describe('RFC 9111 4.2.1 lifetimes', () => {
  const table: readonly (readonly [HttpFields, number | undefined])[] = [
    [{}, undefined],
    [{ 'last-modified': at(-1e6) }, undefined],
    [{ 'cache-control': 'public' }, undefined],
    [{ 'cache-control': 'max-age=5' }, 5000],
    [{ 'cache-control': ['max-age=5', 'x'] }, 5000],
    [{ 'cache-control': 'max-age="5"' }, 5000],
    [{ 'cache-control': 'MAX-AGE=5' }, 5000],
    [{ 'cache-control': 'max-age=-5' }, 0],
    [{ 'cache-control': 'max-age' }, 0],
    [{ 'cache-control': 'max-age=5, s-maxage=7' }, 7000],
    [{ 'cache-control': 'max-age=5, s-maxage=0' }, 0],
    [{ 'cache-control': 'max-age=5, no-cache' }, 0],
    [{ 'cache-control': 'max-age=5', expires: at(99) }, 5000],
    [{ expires: at(9), date: at(-1) }, 10_000],
    [{ expires: at(9) }, 9000],
    [{ expires: at(-9) }, 0],
    [{ expires: '0' }, 0],
    [{ expires: [at(9), at(99)] }, 0],
    [{ 'cache-control': 'max-age=99999999999999999999' }, 2_147_483_648_000],
  ];
  for (const [headers, lifetime] of table) {
    test(`${JSON.stringify(headers)} is fresh for ${lifetime}`, () => {
      assert.equal(freshnessLifetime(answer(headers), none), lifetime);
    });
  }

  test('what is configured stands in where nothing is said, and bounds what is', () => {
    const rules = { maxAgeMs: 4000, defaultMaxAgeMs: 3000 };
    assert.equal(freshnessLifetime(answer({}), rules), 3000);
    assert.equal(freshnessLifetime(answer({ 'cache-control': 'max-age=2' }), rules), 2000);
    assert.equal(freshnessLifetime(answer({ 'cache-control': 'max-age=9' }), rules), 4000);
  });

  test('1.2.2 seconds that are not there are none', () => {
    assert.equal(millisecondsIn(directivesOf({ 'cache-control': 'max-age=1' }), 'min-fresh'), undefined);
  });
});

describe('RFC 9111 4.2.3 ages', () => {
  const table: readonly (readonly [HttpFields, number, number])[] = [
    [{}, 0, 0],
    [{}, 300, 300],
    [{ age: '7' }, 300, 7300],
    [{ age: '7, 9' }, 0, 7000],
    [{ age: '7.5' }, 0, 0],
    [{ age: '-7' }, 0, 0],
    [{ date: at(-9) }, 0, 9000],
    [{ date: at(-9), age: '7' }, 3000, 10_000],
    [{ date: at(9) }, 0, 0],
    [{ date: 'today' }, 0, 0],
  ];
  for (const [headers, delayMs, age] of table) {
    test(`${JSON.stringify(headers)} that took ${delayMs} ms is ${age} ms old`, () => {
      assert.equal(initialAge(answer(headers, now - delayMs)), age);
    });
  }

  test('a date of this very second makes no age', () => {
    assert.equal(initialAge({ ...answer({ date: at(0) }), receivedAt: now + 999, requestedAt: now + 999 }), 0);
  });

  test('an age has whole seconds and is never below 0', () => {
    assert.equal(ageOf({ madeAt: now - 1999 }, now), 1);
    assert.equal(ageOf({ madeAt: now + 1999 }, now), 0);
  });
});

describe('RFC 9111 4.2.4 and RFC 5861 stale answers', () => {
  const configured = { staleWhileRevalidateMs: 1000, staleIfErrorMs: 2000 };
  const nothing = { staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
  const table = [
    ['max-age=1', configured],
    ['max-age=1, stale-while-revalidate=5', { staleWhileRevalidateMs: 5000, staleIfErrorMs: 2000 }],
    ['max-age=1, stale-if-error=0', { staleWhileRevalidateMs: 1000, staleIfErrorMs: 0 }],
    ['s-maxage=1', nothing],
    ['s-maxage=1, stale-while-revalidate=5', { staleWhileRevalidateMs: 5000, staleIfErrorMs: 0 }],
    ['must-revalidate, stale-if-error=5', nothing],
    ['proxy-revalidate, stale-if-error=5', nothing],
    ['no-cache, stale-if-error=5', nothing],
  ] as const;
  for (const [value, windows] of table) {
    test(`${value} gives ${JSON.stringify(windows)}`, () => {
      assert.deepEqual(staleWindows({ 'cache-control': value }, configured), windows);
    });
  }

  for (const value of ['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=1']) {
    test(`${value} stands above max-stale`, () => assert.equal(allowsMaxStale({ 'cache-control': value }), false));
  }
  test('max-age does not', () => assert.equal(allowsMaxStale({ 'cache-control': 'max-age=1' }), true));
});
