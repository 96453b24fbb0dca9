import { scryptSync } from 'node:crypto';
import { hashKey, makeKey, type KeyRecord } from '../../../../src/identity/keys/key-record.ts';
import type { ErrorCode } from '../../../../src/errors.ts';
import {
  badToken,
  basicChallenge,
  otherChallenge,
  toldChallenge,
  type Group,
  type Refused,
  type Row,
} from '../../../support/both-paths.ts';
import { asCaller, basic, jwtFiles, jwtProvider } from '../../../support/shop-tokens.ts';

/** API keys, passwords, and several credentials at once. */

const createdAt = '2024-01-01T00:00:00Z';

/** A key of acme's, with what is kept of it. */
export function keyOf(changes: Partial<KeyRecord> = {}): { readonly key: string; readonly record: KeyRecord } {
  const { id, key } = makeKey();
  const hash = hashKey(key).toString('base64url');
  return { key, record: { id, hash, owner: 'acme', scopes: [], roles: [], createdAt, ...changes } };
}

const good = keyOf();
const expired = keyOf({ expiresAt: '2024-02-01T00:00:00Z' });
const revoked = keyOf({ revokedAt: '2024-02-01T00:00:00Z' });
const orphan = keyOf({ owner: 'nobody' });
const keysFile = JSON.stringify({ keys: [good, expired, revoked, orphan].map(({ record }) => record) });

function badKey(code: ErrorCode): Refused {
  return { status: 401, code, challenges: otherChallenge };
}

const lookAlike = good.key.replace('weft', 'w\u0435ft');
const [head, tail] = [good.key.slice(0, 10), good.key.slice(10)];

/** Keys that come in the query, as nothing else could carry them. */
const strangeKeys: readonly Row[] = Object.entries({
  'a line break in it': `${head}\n${tail}`,
  'a carriage return and a header after it': `${good.key}\r\nx-user-id: root`,
  'a NUL at its end': `${good.key}\0`,
  'a space before it': ` ${good.key}`,
  'a Cyrillic letter that looks like one of its own': lookAlike,
  'full-width letters': good.key.replace('weft', '\uff57\uff45\uff46\uff54'),
  nothing: '',
}).map(([what, key]) => ({
  name: `a key with ${what}`,
  parameters: `api_key=${encodeURIComponent(key)}`,
  refused: badKey('CREDENTIALS_MALFORMED'),
}));

export const apiKeys: Group = {
  name: 'API keys',
  setUp: {
    gateway: {
      identity: {
        providers: [{ kind: 'api-key', file: './keys.json', from: [{ header: 'x-api-key' }, { query: 'api_key' }] }],
      },
      consumers: { acme: {} },
    },
    files: { 'keys.json': keysFile },
  },
  rows: [
    { name: 'no key', refused: badKey('CREDENTIALS_MISSING') },
    {
      name: 'a good key',
      headers: { 'x-api-key': good.key, 'x-owner': 'mallory' },
      sees: { 'x-owner': 'acme', 'x-api-key': undefined },
      hides: good.key,
    },
    {
      name: 'a good key in the query',
      parameters: `a=1&api_key=${good.key}&b=2`,
      passes: 'a=1&b=2',
      sees: { 'x-owner': 'acme' },
      hides: good.key,
    },
    {
      name: 'the name of the parameter in another spelling',
      parameters: `a=1&%61pi%5Fkey=${good.key}`,
      passes: 'a=1',
      sees: { 'x-owner': 'acme' },
    },
    {
      name: 'one key in both places',
      headers: { 'x-api-key': good.key },
      parameters: `api_key=${good.key}`,
      sees: { 'x-owner': 'acme' },
    },
    {
      name: 'two keys in two places',
      headers: { 'x-api-key': good.key },
      parameters: `api_key=${orphan.key}`,
      refused: { status: 400, code: 'CREDENTIALS_CONFLICT', challenges: () => [] },
    },
    {
      name: 'two keys in one place',
      headers: { 'x-api-key': [good.key, revoked.key] },
      refused: { status: 400, code: 'CREDENTIALS_CONFLICT', challenges: () => [] },
    },
    {
      name: 'a key as a Bearer token',
      headers: { authorization: `Bearer ${good.key}` },
      refused: badKey('CREDENTIALS_MISSING'),
    },
    { name: 'an unknown key', headers: { 'x-api-key': makeKey().key }, refused: badKey('CREDENTIALS_UNKNOWN') },
    {
      name: "a key's id alone",
      headers: { 'x-api-key': `weft_${good.record.id}_` },
      refused: badKey('CREDENTIALS_UNKNOWN'),
    },
    { name: 'the hash of a key', headers: { 'x-api-key': good.record.hash }, refused: badKey('CREDENTIALS_UNKNOWN') },
    {
      name: 'a key in other letters',
      headers: { 'x-api-key': good.key.toUpperCase() },
      refused: badKey('CREDENTIALS_UNKNOWN'),
    },
    { name: 'an expired key', headers: { 'x-api-key': expired.key }, refused: badKey('CREDENTIALS_EXPIRED') },
    { name: 'a revoked key', headers: { 'x-api-key': revoked.key }, refused: badKey('CREDENTIALS_REVOKED') },
    { name: 'a key whose owner is gone', headers: { 'x-api-key': orphan.key }, refused: badKey('CREDENTIALS_UNKNOWN') },
    { name: 'a key with a colon', headers: { 'x-api-key': `${head}:${tail}` }, refused: badKey('CREDENTIALS_UNKNOWN') },
    { name: 'a name of every object', headers: { 'x-api-key': '__proto__' }, refused: badKey('CREDENTIALS_UNKNOWN') },
    {
      name: 'a Latin-1 letter',
      headers: { 'x-api-key': `${good.key}\u00e9` },
      refused: badKey('CREDENTIALS_MALFORMED'),
    },
    ...strangeKeys,
  ],
};

/** Little work for one hash: what a password costs is not what is tested here. */
export function quickHash(password: string): string {
  const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  const salt = Buffer.from('salt of the test');
  const hash = scryptSync(password, salt, 32, { N: 2, r: 8, p: 1 });
  return `$scrypt$ln=1,r=8,p=1$${unpadded(salt)}$${unpadded(hash)}`;
}

function badPassword(code: ErrorCode): Refused {
  return { status: 401, code, challenges: basicChallenge };
}

export const passwords: Group = {
  name: 'passwords',
  setUp: {
    gateway: {
      identity: { providers: [{ kind: 'basic' }] },
      consumers: { acme: { passwordHash: quickHash('open: sesame') }, initech: {} },
    },
  },
  rows: [
    { name: 'no password', refused: badPassword('CREDENTIALS_MISSING') },
    {
      name: 'a good password, with a colon in it',
      headers: { ...basic('acme:open: sesame'), 'x-user-id': 'root' },
      sees: { 'x-user-id': 'acme', authorization: undefined },
      hides: basic('acme:open: sesame').authorization,
    },
    { name: 'a wrong password', headers: basic('acme:sesame'), refused: badPassword('CREDENTIALS_INVALID') },
    { name: 'a password of nobody', headers: basic('eve:open: sesame'), refused: badPassword('CREDENTIALS_INVALID') },
    { name: 'a user who has no password', headers: basic('initech:'), refused: badPassword('CREDENTIALS_INVALID') },
    { name: 'a name of every object', headers: basic('__proto__:a'), refused: badPassword('CREDENTIALS_INVALID') },
    { name: 'no colon', headers: basic('acme'), refused: badPassword('CREDENTIALS_MALFORMED') },
    {
      name: 'a control character',
      headers: basic('acme:open: sesame\n'),
      refused: badPassword('CREDENTIALS_MALFORMED'),
    },
    { name: 'no base64', headers: { authorization: 'Basic ***' }, refused: badPassword('CREDENTIALS_MALFORMED') },
    {
      name: 'nothing behind the scheme',
      headers: { authorization: 'Basic' },
      refused: badPassword('CREDENTIALS_MALFORMED'),
    },
  ],
};

const acmeKey = keyOf();
const initechKey = keyOf({ owner: 'initech' });
const conflict: Refused = { status: 400, code: 'CREDENTIALS_CONFLICT', challenges: toldChallenge('invalid_request') };
const token = await asCaller({ sub: 'acme-backend', client_id: 'acme-web' });
const strangersToken = await asCaller({ client_id: 'initech-web' });
const bad = (code: ErrorCode): Refused => {
  const { status, challenges } = badToken(code);
  return { status, code, challenges: (message) => [...challenges(message), ...basicChallenge(message)] };
};

export const several: Group = {
  name: 'several credentials at once',
  setUp: {
    gateway: {
      identity: { providers: [jwtProvider, { kind: 'api-key', file: './keys.json' }, { kind: 'basic' }] },
      consumers: {
        acme: { subjects: ['acme-backend'], passwordHash: quickHash('sesame') },
        initech: { clients: ['initech-web'] },
      },
    },
    files: { ...jwtFiles, 'keys.json': JSON.stringify({ keys: [acmeKey.record, initechKey.record] }) },
  },
  rows: [
    {
      name: 'a token and a key of one party',
      headers: { ...token, 'x-api-key': acmeKey.key },
      sees: { 'x-user-id': 'acme-backend', 'x-owner': undefined, 'x-api-key': undefined },
      hides: acmeKey.key,
    },
    {
      name: 'a token and a key of another party',
      headers: { ...token, 'x-api-key': initechKey.key },
      refused: conflict,
    },
    {
      name: "a token of another party's client and a key",
      headers: { ...strangersToken, 'x-api-key': acmeKey.key },
      refused: conflict,
    },
    {
      name: 'a token of two tokens of one application, sent at once',
      headers: { authorization: [token.authorization, strangersToken.authorization] },
      refused: conflict,
    },
    {
      name: 'a password and a key of one party',
      headers: { ...basic('acme:sesame'), 'x-api-key': acmeKey.key },
      sees: { 'x-owner': 'acme', authorization: undefined },
    },
    {
      name: 'a password and a key of another party',
      headers: { ...basic('acme:sesame'), 'x-api-key': initechKey.key },
      refused: conflict,
    },
    {
      name: 'a token and a password of one party, both as "authorization"',
      headers: { authorization: [token.authorization, basic('acme:sesame').authorization] },
      sees: { 'x-user-id': 'acme-backend' },
      hides: basic('acme:sesame').authorization,
    },
    {
      name: 'a good key and a bad token',
      headers: { ...(await asCaller({ exp: 1 })), 'x-api-key': acmeKey.key },
      refused: bad('CREDENTIALS_EXPIRED'),
    },
    {
      name: 'a good token and a bad key',
      headers: { ...token, 'x-api-key': 'weft_a_b' },
      refused: bad('CREDENTIALS_UNKNOWN'),
    },
    {
      name: 'a good key and a token of another issuer',
      headers: { ...(await asCaller({ iss: 'https://other.example' })), 'x-api-key': acmeKey.key },
      refused: bad('CREDENTIALS_WRONG_ISSUER'),
    },
  ],
};
