import { describe } from 'node:test';
import { bearer, fresh, httpDate, saying, tag, testCases, type Case, type Step } from '../support/cached-cases.ts';

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
    name: '4.1 a variant that is fresh for longer than one that came later is still found',
    answers: [fresh({ vary: 'x-a' }), saying('max-age=5', { vary: 'x-a' })],
    steps: [
      { calls: 1, headers: { 'x-a': '1' } },
      { calls: 2, headers: { 'x-a': '2' } },
      { calls: 2, after: 50, gets: 1, headers: { 'x-a': '1' } },
    ],
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

describe('RFC 9111 on routes: what is kept, and for whom', () => testCases(cases));
