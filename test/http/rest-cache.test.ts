import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import type { RouteCacheConfig } from '../../src/config/cache-types.ts';
import { startCachedRoutes, startTime, type CachedRoutes } from '../support/cached-routes.ts';
import type { FakeAnswer, FakeUpstream } from '../support/fake-upstream.ts';
import { ask, type Answer } from '../support/passthrough-gateway.ts';

/** One request, and what it must come to. */
interface Step {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly sends?: string;
  /** Seconds that pass before it. */
  readonly after?: number;
  /** Which answer of the upstream the client gets, counted from 1; 0: no body. */
  readonly gets?: number;
  readonly status?: number;
  readonly is?: 'hit' | 'miss' | 'stale' | 'bypass';
  /** Fields of the answer; undefined: not there. */
  readonly has?: Readonly<Record<string, string | undefined>>;
  /** Fields of the last call to the upstream. */
  readonly asks?: Readonly<Record<string, string | undefined>>;
  /** How many calls the upstream has had by now. */
  readonly calls: number;
}

interface Case {
  readonly name: string;
  readonly config?: Partial<RouteCacheConfig>;
  /** The upstream's in turn; the last one stands for all that follow. */
  readonly answers: readonly FakeAnswer[];
  readonly steps: readonly Step[];
}

const fresh = (more: OutgoingHttpHeaders = {}): FakeAnswer => ({ headers: { 'cache-control': 'max-age=60', ...more } });
const saying = (cacheControl: string, more: OutgoingHttpHeaders = {}): FakeAnswer =>
  fresh({ 'cache-control': cacheControl, ...more });
const httpDate = (seconds: number): string => new Date(startTime + seconds * 1000).toUTCString();
const bearer = { authorization: 'Bearer a' };
const tag = '"v1"';
const notModified = (more: OutgoingHttpHeaders = {}): FakeAnswer => ({ status: 304, headers: more });
const down: FakeAnswer = { status: 503 };

/** Two requests of which the second is answered from the cache, or is not. */
const kept: readonly Step[] = [
  { calls: 1, is: 'miss' },
  { calls: 1, gets: 1, is: 'hit' },
];
const notKept: readonly Step[] = [
  { calls: 1, is: 'miss' },
  { calls: 2, gets: 2 },
];

const cases: readonly Case[] = [
  // 3 Storing
  { name: '3 an answer with max-age is kept', answers: [fresh()], steps: kept },
  { name: '3 an answer that says nothing is not kept', answers: [{}], steps: notKept },
  { name: '3 no-store is obeyed', answers: [saying('no-store, max-age=60')], steps: notKept },
  {
    name: '3 no-store is obeyed in any case and in any place',
    answers: [saying('max-age=60, x="a, b" , NO-Store')],
    steps: notKept,
  },
  {
    name: '3 private answers are not kept in a shared cache',
    answers: [saying('private, max-age=60')],
    steps: notKept,
  },
  { name: '3 private with field names is private', answers: [saying('private="x-a", max-age=60')], steps: notKept },
  { name: "3 an answer with set-cookie is one client's", answers: [fresh({ 'set-cookie': 'a=b' })], steps: notKept },
  {
    name: '3 a 404 with max-age is kept',
    answers: [{ ...fresh(), status: 404 }],
    steps: [
      { calls: 1, status: 404 },
      { calls: 1, gets: 1, status: 404 },
    ],
  },
  {
    name: '3 a status that is not configured is not kept',
    answers: [{ ...fresh(), status: 302 }],
    steps: [
      { calls: 1, status: 302 },
      { calls: 2, status: 302 },
    ],
  },
  {
    name: '3 a status that is configured is kept',
    config: { statuses: [302] },
    answers: [{ ...fresh(), status: 302 }],
    steps: [
      { calls: 1, status: 302 },
      { calls: 1, status: 302 },
    ],
  },
  {
    name: '3 a 500 is not kept',
    answers: [{ ...fresh(), status: 500 }],
    steps: [
      { calls: 1, status: 500 },
      { calls: 2, status: 500 },
    ],
  },
  {
    name: '3 a media type that is not configured is not kept',
    config: { contentTypes: ['application/json'] },
    answers: [fresh({ 'content-type': 'text/html' })],
    steps: notKept,
  },
  {
    name: '3 a media type that is configured is kept, whatever its parameters',
    config: { contentTypes: ['application/json'] },
    answers: [fresh({ 'content-type': 'application/JSON; charset=utf-8' })],
    steps: kept,
  },
  {
    name: '3.1 fields of one connection are not kept',
    answers: [fresh({ connection: 'x-hop, keep-alive', 'x-hop': '1', 'x-end': '2' })],
    steps: [{ calls: 1 }, { calls: 1, has: { 'x-hop': undefined, 'x-end': '2' } }],
  },
  {
    name: '3.3 a part is not kept',
    answers: [{ ...fresh({ 'content-range': 'bytes 0-1/9' }), status: 206 }],
    steps: [
      { calls: 1, status: 206 },
      { calls: 2, status: 206 },
    ],
  },
  {
    name: '3.3 a request for a part passes, with an answer at hand',
    answers: [fresh()],
    steps: [
      { calls: 1 },
      { calls: 2, gets: 2, is: 'bypass', headers: { range: 'bytes=0-1' }, asks: { range: 'bytes=0-1' } },
      { calls: 2, gets: 1, is: 'hit' },
    ],
  },
  {
    name: '3.5 an answer to authorization is not kept',
    answers: [fresh()],
    steps: [
      { calls: 1, headers: bearer },
      { calls: 2, gets: 2, headers: bearer },
      { calls: 3, gets: 3 },
    ],
  },
  {
    name: '3.5 public lets it be kept',
    answers: [saying('public, max-age=60')],
    steps: [
      { calls: 1, headers: bearer },
      { calls: 1, gets: 1 },
    ],
  },
  {
    name: '3.5 s-maxage lets it be kept',
    answers: [saying('s-maxage=60')],
    steps: [
      { calls: 1, headers: bearer },
      { calls: 1, gets: 1 },
    ],
  },
  {
    name: '3.5 must-revalidate lets it be kept',
    answers: [saying('must-revalidate, max-age=60')],
    steps: [
      { calls: 1, headers: bearer },
      { calls: 1, gets: 1 },
    ],
  },
  {
    name: '3.5 a configured lifetime is none of them',
    config: { defaultMaxAgeMs: 60_000 },
    answers: [{}],
    steps: [
      { calls: 1, headers: bearer },
      { calls: 2, gets: 2, headers: bearer },
    ],
  },
  {
    name: '3.5 a cookie is as much as authorization',
    config: { defaultMaxAgeMs: 60_000 },
    answers: [{}],
    steps: [
      { calls: 1, headers: { cookie: 's=1' } },
      { calls: 2, gets: 2 },
    ],
  },
  {
    name: '5.2.2.3 must-understand beside no-store: a known status is kept',
    answers: [saying('must-understand, no-store, max-age=60')],
    steps: kept,
  },
  {
    name: '5.2.2.3 must-understand: an unknown status is not kept',
    config: { statuses: [299] },
    answers: [{ ...saying('must-understand, max-age=60'), status: 299 }],
    steps: [
      { calls: 1, status: 299 },
      { calls: 2, status: 299 },
    ],
  },

  // 4.1 Vary
  {
    name: '4.1 an answer is for requests with equal values of what it varies by',
    answers: [fresh({ vary: 'Accept-Language, accept-encoding' })],
    steps: [
      { calls: 1, headers: { 'accept-language': 'de' } },
      { calls: 1, gets: 1, headers: { 'accept-language': 'de' } },
      { calls: 2, gets: 2, headers: { 'accept-language': 'en' } },
      { calls: 2, gets: 1, headers: { 'accept-language': 'de' } },
      { calls: 2, gets: 2, headers: { 'accept-language': 'EN' } },
    ],
  },
  {
    name: '4.1 a field that is missing differs from one that is empty',
    answers: [fresh({ vary: 'x-a' })],
    steps: [{ calls: 1 }, { calls: 2, gets: 2, headers: { 'x-a': '' } }, { calls: 2, gets: 1 }],
  },
  {
    name: '4.1 white space around commas counts for nothing',
    answers: [fresh({ vary: 'x-a' })],
    steps: [
      { calls: 1, headers: { 'x-a': 'b, c' } },
      { calls: 1, gets: 1, headers: { 'x-a': ' b ,c' } },
    ],
  },
  { name: '4.1 what varies by everything is not kept', answers: [fresh({ vary: '*' })], steps: notKept },
  {
    name: '4.1 what varies by what the gateway writes is not kept',
    answers: [fresh({ vary: 'x-forwarded-for' })],
    steps: notKept,
  },
  {
    name: '4.1 an answer that varies by one name more leaves no request the wrong one',
    answers: [fresh({ vary: 'x-a' }), fresh({ vary: 'x-a, x-b' }), fresh({ vary: 'x-a' })],
    steps: [
      { calls: 1, headers: { 'x-a': '1' } },
      { calls: 2, gets: 2, headers: { 'x-a': '2', 'x-b': '1' } },
      { calls: 3, gets: 3, headers: { 'x-a': '2', 'x-b': '2' } },
      { calls: 3, gets: 2, headers: { 'x-a': '2', 'x-b': '1' } },
    ],
  },

  // 4.2 Freshness
  {
    name: '4.2.1 s-maxage stands above max-age',
    answers: [saying('max-age=5, s-maxage=60')],
    steps: [{ calls: 1 }, { calls: 1, after: 59, is: 'hit' }, { calls: 2, after: 1, is: 'miss' }],
  },
  { name: '4.2.1 max-age stands above expires', answers: [fresh({ expires: httpDate(-5) })], steps: kept },
  {
    name: '4.2.1 expires counts from date',
    answers: [{ headers: { expires: httpDate(10), date: httpDate(0) } }],
    steps: [{ calls: 1 }, { calls: 1, after: 9 }, { calls: 2, after: 1 }],
  },
  {
    name: '4.2.1 of two lifetimes the shorter counts',
    answers: [saying('max-age=100, max-age=10')],
    steps: [{ calls: 1 }, { calls: 1, after: 9 }, { calls: 2, after: 1 }],
  },
  { name: '4.2.1 a lifetime that is no number is none', answers: [saying('max-age=1.5')], steps: notKept },
  { name: '5.3 expires that is no date has passed', answers: [{ headers: { expires: '9999' } }], steps: notKept },
  {
    name: '4.2.2 nothing is guessed of last-modified',
    answers: [{ headers: { 'last-modified': httpDate(-1e6) } }],
    steps: notKept,
  },
  {
    name: '4.2.2 a configured lifetime stands in for answers that say nothing',
    config: { defaultMaxAgeMs: 10_000 },
    answers: [{}],
    steps: [{ calls: 1 }, { calls: 1, after: 9, is: 'hit' }, { calls: 2, after: 1 }],
  },
  {
    name: '4.2.2 and not for those that say something',
    config: { defaultMaxAgeMs: 10_000 },
    answers: [saying('no-store')],
    steps: notKept,
  },
  {
    name: '4.2.1 the longest configured lifetime holds',
    config: { maxAgeMs: 5000 },
    answers: [fresh()],
    steps: [{ calls: 1 }, { calls: 1, after: 4 }, { calls: 2, after: 1 }],
  },
  {
    name: '4.2.3 age grows with time',
    answers: [fresh()],
    steps: [
      { calls: 1, has: { age: undefined } },
      { calls: 1, after: 7, has: { age: '7' } },
    ],
  },
  {
    name: '4.2.3 the age that an answer comes with counts',
    answers: [fresh({ age: '50' })],
    steps: [{ calls: 1 }, { calls: 1, after: 9, has: { age: '59' } }, { calls: 2, after: 1 }],
  },
  {
    name: '4.2.3 so does a date that lies back',
    answers: [fresh({ date: httpDate(-40) })],
    steps: [{ calls: 1 }, { calls: 1, after: 19, has: { age: '59' } }, { calls: 2, after: 1 }],
  },
  {
    name: '5.1 an age that is no number is read over',
    answers: [fresh({ age: 'old' })],
    steps: [{ calls: 1 }, { calls: 1, has: { age: '0' } }],
  },

  // 4.2.4 Stale answers
  {
    name: '4.2.4 an answer past its time is not served unasked',
    answers: [saying('max-age=5')],
    steps: [{ calls: 1 }, { calls: 2, after: 5, gets: 2 }],
  },
  {
    name: '4.2.4 where the upstream fails, an answer past its time is an error',
    answers: [saying('max-age=5'), down],
    steps: [{ calls: 1 }, { calls: 2, after: 5, status: 503 }],
  },
  {
    name: 'RFC 5861 4 stale-if-error: the upstream fails, and the old answer stands in',
    answers: [saying('max-age=5, stale-if-error=10'), down],
    steps: [
      { calls: 1 },
      { calls: 2, after: 14, gets: 1, is: 'stale', has: { age: '14' } },
      { calls: 3, after: 1, status: 503 },
    ],
  },
  {
    name: 'RFC 5861 4 configured: so too',
    config: { staleIfErrorMs: 10_000 },
    answers: [saying('max-age=5'), down],
    steps: [{ calls: 1 }, { calls: 2, after: 14, gets: 1, is: 'stale' }, { calls: 3, after: 1, status: 503 }],
  },
  {
    name: 'RFC 5861 4 an error of the client is no failure',
    answers: [saying('max-age=5, stale-if-error=10'), { status: 400 }],
    steps: [{ calls: 1 }, { calls: 2, after: 6, status: 400 }],
  },
  ...['must-revalidate', 'proxy-revalidate', 'no-cache'].map((directive): Case => ({
    name: `4.2.4 ${directive} forbids it`,
    config: { staleIfErrorMs: 10_000, staleWhileRevalidateMs: 10_000 },
    answers: [saying(`max-age=5, stale-if-error=10, ${directive}`, { etag: tag }), down],
    steps: [{ calls: 1 }, { calls: 2, after: 6, status: 503 }],
  })),
  {
    name: '4.2.4 s-maxage forbids what is configured',
    config: { staleIfErrorMs: 10_000 },
    answers: [saying('s-maxage=5'), down],
    steps: [{ calls: 1 }, { calls: 2, after: 6, status: 503 }],
  },

  // 4.3 Validation
  {
    name: '4.3.1 a kept answer is asked about by its validators',
    answers: [saying('max-age=5', { etag: tag, 'last-modified': httpDate(-99) }), notModified()],
    steps: [
      { calls: 1 },
      { calls: 2, after: 5, gets: 1, status: 200, asks: { 'if-none-match': tag, 'if-modified-since': httpDate(-99) } },
    ],
  },
  {
    name: "4.3.1 the client's own conditions are not asked with it",
    answers: [saying('max-age=5', { etag: tag }), notModified()],
    steps: [
      { calls: 1 },
      {
        calls: 2,
        after: 5,
        gets: 1,
        status: 200,
        headers: { 'if-none-match': '"v0"' },
        asks: { 'if-none-match': tag },
      },
    ],
  },
  {
    name: '4.3.1 what has no validator is fetched anew',
    answers: [saying('max-age=5, stale-if-error=9')],
    steps: [
      { calls: 1 },
      { calls: 2, after: 5, gets: 2, asks: { 'if-none-match': undefined, 'if-modified-since': undefined } },
    ],
  },
  {
    name: '4.3.2 a client that has the answer is told so',
    answers: [fresh({ etag: tag, 'content-type': 'text/plain', vary: 'x-a' })],
    steps: [
      { calls: 1 },
      {
        calls: 1,
        status: 304,
        gets: 0,
        headers: { 'if-none-match': `"v0", W/${tag}` },
        has: { etag: tag, 'content-type': undefined, 'content-length': undefined, vary: 'x-a', age: '0' },
      },
    ],
  },
  {
    name: '4.3.2 if-modified-since by last-modified',
    answers: [fresh({ 'last-modified': httpDate(-50) })],
    steps: [
      { calls: 1 },
      { calls: 1, status: 304, headers: { 'if-modified-since': httpDate(-50) } },
      { calls: 1, status: 200, gets: 1, headers: { 'if-modified-since': httpDate(-51) } },
    ],
  },
  {
    name: '4.3.2 if-none-match stands above if-modified-since',
    answers: [fresh({ etag: tag, 'last-modified': httpDate(-50) })],
    steps: [
      { calls: 1 },
      { calls: 1, status: 200, gets: 1, headers: { 'if-none-match': '"v2"', 'if-modified-since': httpDate(0) } },
    ],
  },
  {
    name: '4.3.2 a client that has it is told so by the answer that comes',
    answers: [fresh({ etag: tag })],
    steps: [
      { calls: 1, status: 304, gets: 0, headers: { 'if-none-match': tag }, asks: { 'if-none-match': undefined } },
      { calls: 1, gets: 1, is: 'hit' },
    ],
  },
  {
    name: '4.3.3 a new answer takes the place of the old one',
    answers: [saying('max-age=5', { etag: tag }), saying('max-age=5', { etag: '"v2"' })],
    steps: [{ calls: 1 }, { calls: 2, after: 5, gets: 2 }, { calls: 2, gets: 2, is: 'hit', has: { etag: '"v2"' } }],
  },
  {
    name: '4.3.3 also where it may not be kept',
    answers: [saying('max-age=5', { etag: tag }), saying('no-store'), notModified()],
    steps: [
      { calls: 1 },
      { calls: 2, after: 5, gets: 2 },
      { calls: 3, asks: { 'if-none-match': undefined }, status: 304, gets: 0 },
    ],
  },
  {
    name: '4.3.3 an error leaves it as it is',
    answers: [saying('max-age=5', { etag: tag }), down, notModified()],
    steps: [
      { calls: 1 },
      { calls: 2, after: 5, status: 503 },
      { calls: 3, gets: 1, status: 200, asks: { 'if-none-match': tag } },
    ],
  },
  {
    name: '4.3.4 a 304 makes it fresh and brings its fields',
    answers: [
      saying('max-age=5', { etag: tag, 'x-a': '1', 'content-type': 'text/plain' }),
      notModified({ etag: tag, 'x-a': '2', 'cache-control': 'max-age=9', 'content-type': 'text/html' }),
    ],
    steps: [
      { calls: 1 },
      { calls: 2, after: 5, gets: 1, has: { 'x-a': '2' } },
      { calls: 2, after: 8, gets: 1, is: 'hit', has: { 'x-a': '2', age: '8', 'content-type': 'text/plain' } },
      { calls: 3, after: 1 },
    ],
  },
  {
    name: '4.3.4 a 304 about another answer is not believed',
    answers: [saying('max-age=5', { etag: tag }), notModified({ etag: '"v2"' }), fresh({ etag: '"v2"' })],
    steps: [{ calls: 1 }, { calls: 3, after: 5, gets: 3, status: 200, asks: { 'if-none-match': undefined } }],
  },
  {
    name: '4.3.4 a 304 that forbids keeping ends it',
    answers: [saying('max-age=5', { etag: tag }), notModified({ 'cache-control': 'no-store' }), fresh()],
    steps: [{ calls: 1 }, { calls: 2, after: 5, gets: 1 }, { calls: 3, gets: 3, asks: { 'if-none-match': undefined } }],
  },
  {
    name: '4.3.4 a cookie of a 304 is for who asked',
    answers: [saying('max-age=5', { etag: tag }), notModified({ 'set-cookie': 'a=b' }), fresh()],
    steps: [
      { calls: 1 },
      { calls: 2, after: 5, gets: 1, has: { 'set-cookie': 'a=b' } },
      { calls: 3, gets: 3, has: { 'set-cookie': undefined } },
    ],
  },
  {
    name: '5.2.2.4 no-cache is kept, and asked about each time',
    answers: [saying('no-cache', { etag: tag }), notModified()],
    steps: [
      { calls: 1 },
      { calls: 2, gets: 1, status: 200, asks: { 'if-none-match': tag } },
      { calls: 3, gets: 1, status: 200 },
    ],
  },
  {
    name: '5.2.2.4 no-cache with field names is no-cache',
    answers: [saying('max-age=60, no-cache="x-a"', { etag: tag }), notModified()],
    steps: [{ calls: 1 }, { calls: 2, gets: 1, status: 200 }],
  },

  // 4.3.5 HEAD
  {
    name: '4.3.5 HEAD is answered by what GET gave',
    answers: [fresh({ 'x-a': '1' })],
    steps: [{ calls: 1 }, { calls: 1, method: 'HEAD', gets: 0, is: 'hit', has: { 'x-a': '1', 'content-length': '8' } }],
  },
  {
    name: '4.3.5 an answer to HEAD is not kept',
    answers: [fresh()],
    steps: [
      { calls: 1, method: 'HEAD', gets: 0 },
      { calls: 2, gets: 2 },
    ],
  },
  {
    name: '4.3.5 an answer to HEAD that fits makes what is kept fresh',
    answers: [
      saying('max-age=5', { etag: tag, 'x-a': '1' }),
      saying('max-age=9', { etag: tag, 'x-a': '2', 'content-length': 8 }),
    ],
    steps: [
      { calls: 1 },
      { calls: 2, after: 5, method: 'HEAD', gets: 0 },
      { calls: 2, after: 8, gets: 1, is: 'hit', has: { 'x-a': '2' } },
    ],
  },
  {
    name: '4.3.5 one that does not fit ends it',
    answers: [saying('max-age=5', { etag: tag }), saying('max-age=9', { etag: '"v2"' }), fresh()],
    steps: [
      { calls: 1 },
      { calls: 2, after: 5, method: 'HEAD', gets: 0 },
      { calls: 3, gets: 3, asks: { 'if-none-match': undefined } },
    ],
  },

  // 4.4 Invalidation
  ...['POST', 'PUT', 'PATCH', 'DELETE'].map((method): Case => ({
    name: `4.4 ${method} ends what is kept of its URI`,
    answers: [fresh()],
    steps: [{ calls: 1 }, { calls: 2, method, is: 'bypass' }, { calls: 3, gets: 3 }],
  })),
  {
    name: '4.4 one that fails does not',
    answers: [fresh(), { status: 500 }],
    steps: [{ calls: 1 }, { calls: 2, method: 'POST', status: 500 }, { calls: 2, gets: 1, is: 'hit' }],
  },
  {
    name: '4.4 OPTIONS does not',
    answers: [fresh()],
    steps: [{ calls: 1 }, { calls: 2, method: 'OPTIONS' }, { calls: 2, gets: 1, is: 'hit' }],
  },
  {
    name: '4.4 another URI is left alone',
    answers: [fresh()],
    steps: [{ calls: 1 }, { calls: 2, method: 'POST', path: '/2' }, { calls: 2, gets: 1 }],
  },
  {
    name: '4.4 location on the same origin is ended too',
    answers: [fresh(), { status: 201, headers: { location: '/users/1' } }, fresh()],
    steps: [{ calls: 1 }, { calls: 2, method: 'POST', path: '', status: 201 }, { calls: 3, gets: 3 }],
  },
  {
    name: '4.4 so is content-location',
    answers: [fresh(), { headers: { 'content-location': './1' } }, fresh()],
    steps: [{ calls: 1 }, { calls: 2, method: 'POST', path: '/2' }, { calls: 3, gets: 3 }],
  },
  {
    name: "4.4 another origin's is not",
    answers: [fresh(), { status: 201, headers: { location: 'http://127.0.0.1:1/users/1' } }, fresh()],
    steps: [{ calls: 1 }, { calls: 2, method: 'POST', path: '', status: 201 }, { calls: 2, gets: 1 }],
  },
  {
    name: '4.4 all that varies is ended at once',
    answers: [fresh({ vary: 'x-a' })],
    steps: [
      { calls: 1, headers: { 'x-a': '1' } },
      { calls: 2, headers: { 'x-a': '2' } },
      { calls: 3, method: 'PUT' },
      { calls: 4, gets: 4, headers: { 'x-a': '1' } },
      { calls: 5, gets: 5, headers: { 'x-a': '2' } },
    ],
  },

  // 5.2.1 What clients want
  {
    name: '5.2.1.1 max-age bounds the age',
    answers: [fresh()],
    steps: [
      { calls: 1 },
      { calls: 1, after: 5, headers: { 'cache-control': 'max-age=5' } },
      { calls: 2, after: 1, headers: { 'cache-control': 'max-age=5' } },
    ],
  },
  {
    name: '5.2.1.1 max-age=0 asks anew',
    answers: [fresh()],
    steps: [{ calls: 1 }, { calls: 2, gets: 2, headers: { 'cache-control': 'max-age=0' } }, { calls: 2, gets: 2 }],
  },
  {
    name: '5.2.1.2 max-stale takes an answer past its time',
    answers: [saying('max-age=5', { etag: tag })],
    steps: [
      { calls: 1 },
      { calls: 1, after: 8, gets: 1, is: 'stale', headers: { 'cache-control': 'max-stale=4' } },
      { calls: 2, after: 1, headers: { 'cache-control': 'max-stale=4' } },
    ],
  },
  {
    name: '5.2.1.2 max-stale without a number: however old',
    answers: [saying('max-age=5', { etag: tag })],
    steps: [{ calls: 1 }, { calls: 1, after: 900, gets: 1, is: 'stale', headers: { 'cache-control': 'max-stale' } }],
  },
  {
    name: '5.2.1.2 must-revalidate stands above max-stale',
    answers: [saying('max-age=5, must-revalidate', { etag: tag })],
    steps: [{ calls: 1 }, { calls: 2, after: 6, headers: { 'cache-control': 'max-stale' } }],
  },
  {
    name: '5.2.1.3 min-fresh',
    answers: [fresh()],
    steps: [
      { calls: 1 },
      { calls: 1, after: 50, headers: { 'cache-control': 'min-fresh=10' } },
      { calls: 2, after: 1, headers: { 'cache-control': 'min-fresh=10' } },
    ],
  },
  {
    name: '5.2.1.4 no-cache asks anew, and the answer is kept',
    answers: [fresh()],
    steps: [
      { calls: 1 },
      { calls: 2, gets: 2, headers: { 'cache-control': 'no-cache' } },
      { calls: 2, gets: 2, is: 'hit' },
    ],
  },
  {
    name: '5.2.1.5 no-store keeps nothing',
    answers: [fresh()],
    steps: [
      { calls: 1, is: 'bypass', headers: { 'cache-control': 'no-store' } },
      { calls: 2, gets: 2 },
    ],
  },
  {
    name: '5.2.1.7 only-if-cached: kept, or 504',
    answers: [fresh()],
    steps: [
      { calls: 0, status: 504, headers: { 'cache-control': 'only-if-cached' } },
      { calls: 1 },
      { calls: 1, gets: 1, headers: { 'cache-control': 'only-if-cached' } },
      { calls: 1, after: 60, status: 504, headers: { 'cache-control': 'only-if-cached' } },
    ],
  },
  {
    name: '5.4 pragma says nothing',
    answers: [fresh({ pragma: 'no-cache' })],
    steps: [{ calls: 1 }, { calls: 1, gets: 1, headers: { pragma: 'no-cache' } }],
  },

  // Requests that are no cache's
  ...[
    { 'if-match': tag },
    { 'if-unmodified-since': httpDate(0) },
    { 'x-http-method-override': 'DELETE' },
    { 'x-original-url': '/other' },
  ].map((headers): Case => ({
    name: `a GET with ${Object.keys(headers).join()} passes by the cache`,
    answers: [fresh()],
    steps: [
      { calls: 1, headers, is: 'bypass' },
      { calls: 2, gets: 2, is: 'miss' },
      { calls: 3, gets: 3, headers, is: 'bypass' },
    ],
  })),
  {
    name: 'a GET with a body passes by the cache',
    answers: [fresh()],
    steps: [
      { calls: 1, sends: 'x=1', headers: { 'content-length': 3 }, is: 'bypass' },
      { calls: 2, gets: 2 },
    ],
  },
  {
    name: 'a method that is not configured passes by the cache',
    config: { methods: ['GET'] },
    answers: [fresh()],
    steps: [{ calls: 1 }, { calls: 2, method: 'HEAD', gets: 0, is: 'bypass' }],
  },

  // 2 Keys
  {
    name: '2 another query is another answer',
    answers: [fresh()],
    steps: [
      { calls: 1, path: '?a=1' },
      { calls: 2, gets: 2, path: '?a=2' },
      { calls: 2, gets: 1, path: '?a=1' },
    ],
  },
  {
    name: '2 parameters that are not configured do not count, nor does their order',
    config: { key: { query: ['a', 'b'], headers: [], caller: false } },
    answers: [fresh()],
    steps: [
      { calls: 1, path: '?a=1&b=2&utm=x' },
      { calls: 1, gets: 1, path: '?utm=y&b=2&a=1' },
      { calls: 2, gets: 2, path: '?b=2' },
    ],
  },
  {
    name: '2 a configured header tells answers apart',
    config: { key: { query: undefined, headers: ['x-tenant'], caller: false } },
    answers: [fresh()],
    steps: [
      { calls: 1, headers: { 'x-tenant': 'a' } },
      { calls: 2, gets: 2, headers: { 'x-tenant': 'b' } },
      { calls: 2, gets: 1, headers: { 'x-tenant': 'a' } },
    ],
  },
  {
    name: '2 an answer written for one host is not served by another',
    answers: [fresh()],
    steps: [
      { calls: 1, headers: { host: 'a.example' } },
      { calls: 2, gets: 2, headers: { host: 'b.example' } },
      { calls: 2, gets: 1, headers: { host: 'A.example' } },
    ],
  },
  {
    name: '2 private answers are kept per caller where so configured',
    config: { key: { query: undefined, headers: [], caller: true } },
    answers: [saying('private, max-age=60')],
    steps: [
      { calls: 1, headers: { 'x-caller': 'alice' } },
      { calls: 1, gets: 1, headers: { 'x-caller': 'alice' } },
      { calls: 2, gets: 2, headers: { 'x-caller': 'bob' } },
      { calls: 3, gets: 3 },
      { calls: 4, gets: 4 },
    ],
  },
  {
    name: '2 one caller with two tokens has two answers',
    config: { key: { query: undefined, headers: [], caller: true } },
    answers: [saying('private, max-age=60')],
    steps: [
      { calls: 1, headers: { 'x-caller': 'alice', ...bearer } },
      { calls: 2, gets: 2, headers: { 'x-caller': 'alice', authorization: 'Bearer b' } },
      { calls: 2, gets: 1, headers: { 'x-caller': 'alice', ...bearer } },
    ],
  },
];

async function take(gateway: CachedRoutes, step: Step): Promise<Answer> {
  const { method = 'GET', path = '/1', headers = {}, sends } = step;
  return ask(`${gateway.url}/api/users${path}`, {
    method,
    headers: { 'weft-cache': 'true', ...headers },
    ...(sends !== undefined && { body: sends }),
  });
}

function check(step: Step, answer: Answer, { fake, at }: { readonly fake: FakeUpstream; readonly at: string }): void {
  assert.equal(fake.requests.length, step.calls, `${at}: calls`);
  assert.equal(answer.status, step.status ?? 200, `${at}: status`);
  if (step.gets !== undefined) assert.equal(answer.body, step.gets === 0 ? '' : `answer ${step.gets}`, at);
  if (step.is !== undefined) assert.equal(answer.headers['x-cache'], step.is, at);
  const last = fake.requests.at(-1)?.headers;
  for (const [name, value] of Object.entries(step.has ?? {})) {
    assert.equal(answer.headers[name]?.toString(), value, `${at}: ${name}`);
  }
  for (const [name, value] of Object.entries(step.asks ?? {})) assert.equal(last?.[name], value, `${at}: ${name}`);
}

describe('RFC 9111 on routes', () => {
  for (const { name, config = {}, answers, steps } of cases) {
    test(name, async (t) => {
      const gateway: CachedRoutes = await startCachedRoutes(
        t,
        () => {
          const count = gateway.fake.requests.length;
          return { body: `answer ${count}`, ...answers[Math.min(count, answers.length) - 1] };
        },
        { config },
      );
      for (const [index, step] of steps.entries()) {
        gateway.pass(step.after ?? 0);
        const answer = await take(gateway, step);
        check(step, answer, { fake: gateway.fake, at: `step ${index + 1}` });
      }
    });
  }
});
