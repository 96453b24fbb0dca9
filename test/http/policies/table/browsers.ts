import { bareChallenge, missing, noChallenge, type Group, type Refused } from '../../../support/both-paths.ts';
import { asCaller, basic, jwtFiles, jwtProvider } from '../../../support/shop-tokens.ts';
import { quickHash } from './keys.ts';

/** Where a request comes from: addresses, and the sites that a browser tells of. */

const identity = { providers: [jwtProvider] };
const token = await asCaller();
const shutOut: Refused = { status: 403, code: 'ADDRESS_DENIED', challenges: noChallenge };

export const proxies: Group = {
  name: 'addresses behind a trusted proxy',
  setUp: {
    gateway: { identity, trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
    door: { addresses: { allow: ['192.0.2.0/24', '2001:db8::/32'], deny: ['192.0.2.66'] } },
    files: jwtFiles,
  },
  rows: [
    { name: 'an address that may', headers: { ...token, 'x-forwarded-for': '192.0.2.7' } },
    { name: 'an IPv6 address that may', headers: { ...token, forwarded: 'for="[2001:db8::7]:4711"' } },
    {
      name: 'an address that may, over a second proxy',
      headers: { ...token, 'x-forwarded-for': '192.0.2.7, 10.1.1.1' },
    },
    { name: 'an address that may, without credentials', headers: { 'x-forwarded-for': '192.0.2.7' }, refused: missing },
    { name: 'the proxy itself', headers: token, refused: shutOut },
    { name: 'an address that may not', headers: { ...token, 'x-forwarded-for': '198.51.100.1' }, refused: shutOut },
    {
      name: 'an address that may not, without credentials',
      headers: { 'x-forwarded-for': '198.51.100.1' },
      refused: shutOut,
    },
    { name: 'an address that is denied', headers: { ...token, 'x-forwarded-for': '192.0.2.66' }, refused: shutOut },
    {
      name: 'an address that the client wrote itself',
      headers: { ...token, 'x-forwarded-for': '192.0.2.7, 198.51.100.1' },
      refused: shutOut,
    },
    {
      name: 'an address that the client wrote in another field',
      headers: { ...token, 'x-forwarded-for': '198.51.100.1', forwarded: 'for=192.0.2.7' },
      refused: shutOut,
    },
    {
      name: 'fields that mean nothing here',
      headers: { ...token, 'x-real-ip': '192.0.2.7', 'true-client-ip': '192.0.2.7', 'x-forwarded-for': '198.51.100.1' },
      refused: shutOut,
    },
    { name: 'an address that is none', headers: { ...token, 'x-forwarded-for': '192.0.2.7.evil' }, refused: shutOut },
  ],
};

const spoofed = { 'x-forwarded-for': '192.0.2.7', forwarded: 'for=192.0.2.7', 'x-real-ip': '192.0.2.7' };

export const addresses: Group = {
  name: 'addresses without a proxy',
  setUp: { gateway: { identity, addresses: { deny: ['127.0.0.0/8'] } }, files: jwtFiles },
  rows: [
    { name: 'an address that is denied', headers: token, refused: shutOut },
    { name: 'one that writes itself another', headers: { ...token, ...spoofed }, refused: shutOut },
    { name: 'one whose page CORS would allow', headers: { ...token, origin: 'https://app.example' }, refused: shutOut },
  ],
};

const crossSite: Refused = { status: 403, code: 'CROSS_SITE_REQUEST', challenges: noChallenge };
const from = (origin: string, site = 'cross-site'): Readonly<Record<string, string>> => ({
  origin,
  'sec-fetch-site': site,
  'sec-fetch-mode': 'cors',
});
const allowed = {
  'access-control-allow-origin': 'https://app.example',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'x-request-id',
};
const notAllowed = { 'access-control-allow-origin': undefined, 'access-control-allow-credentials': undefined };
const publicOnly = {
  'access-control-allow-origin': 'https://public.example',
  'access-control-allow-credentials': undefined,
};
const password = basic('acme:sesame');
const missingBoth: Refused = {
  ...missing,
  challenges: (message) => [...bareChallenge(message), 'Basic realm="weft", charset="UTF-8"'],
};

export const sites: Group = {
  name: 'requests of browsers',
  setUp: {
    gateway: {
      identity: { providers: [{ ...jwtProvider, from: ['bearer', { cookie: 'session' }] }, { kind: 'basic' }] },
      consumers: { acme: { passwordHash: quickHash('sesame') } },
      cors: [{ origins: ['https://app.example'], credentials: true }, { origins: ['https://public.example'] }],
    },
    files: jwtFiles,
  },
  rows: [
    {
      name: 'a page of an origin with credentials',
      headers: { ...token, ...from('https://app.example') },
      answers: allowed,
    },
    {
      name: 'its cookie',
      headers: { cookie: `session=${token.authorization.slice(7)}; theme=dark`, ...from('https://app.example') },
      answers: allowed,
      sees: { 'x-user-id': 'alice' },
    },
    {
      name: 'such a page can read why it is refused',
      headers: from('https://app.example'),
      refused: missingBoth,
      answers: allowed,
    },
    {
      name: 'a page of an origin without credentials',
      headers: { ...token, ...from('https://public.example') },
      answers: publicOnly,
    },
    {
      name: "such a page with the browser's cookie",
      headers: { cookie: `session=${token.authorization.slice(7)}`, ...from('https://public.example') },
      refused: crossSite,
      answers: publicOnly,
    },
    {
      name: "such a page with the browser's password",
      headers: { ...password, ...from('https://public.example') },
      refused: crossSite,
    },
    {
      name: 'a page of another site',
      headers: { ...token, ...from('https://evil.example') },
      refused: crossSite,
      answers: notAllowed,
    },
    { name: 'a page of another site, without credentials', headers: from('https://evil.example'), refused: crossSite },
    {
      name: 'a page of another site, with bad credentials',
      headers: { authorization: 'Bearer nonsense', ...from('https://evil.example') },
      refused: crossSite,
    },
    { name: 'a subdomain', headers: { ...token, ...from('https://x.app.example', 'same-site') }, refused: crossSite },
    { name: 'a page without an origin', headers: { ...token, ...from('null') }, refused: crossSite },
    {
      name: 'a picture or a form of another site',
      headers: { ...token, 'sec-fetch-site': 'cross-site' },
      refused: crossSite,
    },
    { name: 'an old browser', headers: { ...token, origin: 'https://evil.example' }, refused: crossSite },
    { name: 'a page of our own', headers: { ...token, 'sec-fetch-site': 'same-origin' } },
    { name: 'an address that is typed', headers: { ...token, 'sec-fetch-site': 'none' } },
    { name: 'a program that is no browser', headers: token },
  ],
};
