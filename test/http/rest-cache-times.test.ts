import { describe } from 'node:test';
import {
  down,
  fresh,
  httpDate,
  notModified,
  saying,
  tag,
  testCases,
  type Case,
  type Step,
} from '../support/cached-cases.ts';

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
];

describe('RFC 9111 on routes: for how long, and what is asked then', () => testCases(cases));
