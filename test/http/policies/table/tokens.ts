import { createPrivateKey, type KeyObject } from 'node:crypto';
import { exportPKCS8 } from 'jose';
import type { Challenges, Group, Row } from '../../../support/both-paths.ts';
import { badToken, missing, toldChallenge } from '../../../support/both-paths.ts';
import {
  asCaller,
  bearer,
  claimsWith,
  es256,
  jwtFiles,
  jwtProvider,
  nowSeconds,
  rs256,
} from '../../../support/shop-tokens.ts';
import { createSigner, forge, signHmacByHand, signRsaByHand, signText, unsigned } from '../../../support/tokens.ts';

/** Signed tokens, good ones and bad ones. */

const good = await es256.sign(claimsWith());
const invalid = badToken('CREDENTIALS_INVALID');
const stranger = await createSigner('ES256', 'es-1');
const rsaKey: KeyObject = createPrivateKey(await exportPKCS8(rs256.privateKey));

/** Text of claims with `__proto__` as a member of its own, which no object literal has. */
const protoClaims = JSON.stringify(claimsWith({ sub: 'eve', XX: { org: { id: 'x' }, owner: 'x' } })).replace(
  'XX',
  '__proto__',
);

const conflicting: Challenges = toldChallenge('invalid_request');

const wrongTypes: readonly Row[] = await Promise.all(
  Object.entries({
    exp: 'tomorrow',
    nbf: {},
    iat: [1],
    iss: ['https://issuer.example'],
    aud: 5,
    sub: 7,
    jti: { id: 1 },
    scope: { admin: true },
    roles: [1],
    plan: ['pro'],
    client_id: true,
  }).map(async ([claim, value]) => ({
    name: `the claim "${claim}" of a wrong type`,
    headers: await asCaller({ [claim]: value }),
    refused: invalid,
  })),
);

export const tokens: Group = {
  name: 'signed tokens',
  setUp: {
    gateway: {
      identity: {
        providers: [{ ...jwtProvider, maxTokenSize: '2KiB', clockTolerance: '5m', claims: { tier: 'plan' } }],
      },
    },
    files: jwtFiles,
  },
  rows: [
    { name: 'no credentials', refused: missing },
    {
      name: 'a good token',
      headers: bearer(good),
      sees: { 'x-user-id': 'alice', authorization: `Bearer ${good}`, 'x-owner': undefined },
    },
    { name: 'a good token of another algorithm', headers: bearer(await rs256.sign(claimsWith())) },
    {
      name: 'the scheme in other letters',
      headers: { authorization: `bEaReR  ${good}` },
      sees: { 'x-user-id': 'alice' },
    },
    {
      name: "a client's own copies of headers that claims fill",
      headers: {
        ...bearer(good),
        'x-user-id': 'mallory',
        'X-User-ID': 'mallory',
        'x-owner': 'mallory',
        'x-org': 'evil',
      },
      sees: { 'x-user-id': 'alice', 'x-owner': undefined, 'x-org': undefined },
      hides: 'mallory',
    },
    {
      name: 'claims in headers by rule, nested ones too',
      headers: await asCaller({ sub: 'bob', owner: 'acme', org: { id: 'o-1' } }),
      sees: { 'x-user-id': 'bob', 'x-owner': 'acme', 'x-org': 'o-1' },
    },
    {
      name: 'a claim that no header can hold',
      headers: { ...(await asCaller({ owner: 'acme\r\nx-admin: 1', org: { id: { a: 1 } } })), 'x-owner': 'evil' },
      sees: { 'x-owner': undefined, 'x-org': undefined, 'x-admin': undefined },
    },
    {
      name: '"__proto__" as a claim',
      headers: {
        ...bearer(await signText(protoClaims, { alg: 'ES256', kid: 'es-1' }, es256.privateKey)),
        'x-owner': 'me',
      },
      sees: { 'x-user-id': 'eve', 'x-owner': undefined, 'x-org': undefined },
    },
    {
      name: '"__proto__" and "constructor" as headers',
      headers: { ['__proto__']: 'admin', constructor: 'admin', ...bearer(good) },
      sees: { 'x-user-id': 'alice', 'x-owner': undefined },
    },
    {
      name: '"__proto__" as a header, and nothing else',
      headers: { ['__proto__']: `Bearer ${good}` },
      refused: missing,
    },
    { name: 'a token that is none', headers: bearer('nonsense'), refused: badToken('CREDENTIALS_MALFORMED') },
    {
      name: 'a scheme without a token',
      headers: { authorization: 'Bearer' },
      refused: badToken('CREDENTIALS_MALFORMED'),
    },
    {
      name: 'three parts that are no JSON',
      headers: bearer('bm9uZQ.bm9uZQ.bm9uZQ'),
      refused: badToken('CREDENTIALS_MALFORMED'),
    },
    { name: 'a scheme that is not known here', headers: { authorization: 'Digest a=1' }, refused: missing },
    {
      name: 'other claims under a good signature',
      headers: bearer(forge(good, claimsWith({ sub: 'root' }))),
      refused: invalid,
    },
    {
      name: "a stranger's key under a known name",
      headers: bearer(await stranger.sign(claimsWith())),
      refused: invalid,
    },
    ...['none', 'None', 'NONE', 'nOnE', ''].map((alg): Row => {
      const text = unsigned(JSON.stringify({ alg }), JSON.stringify(claimsWith()));
      return { name: `the algorithm "${alg}"`, headers: bearer(`${text}.`), refused: invalid };
    }),
    {
      name: 'a good signature taken off',
      headers: bearer(good.slice(0, good.lastIndexOf('.') + 1)),
      refused: invalid,
    },
    {
      name: 'a public RSA key as an HMAC secret',
      headers: bearer(signHmacByHand({ alg: 'HS256', kid: 'rs-1' }, claimsWith(), rs256.pem)),
      refused: invalid,
    },
    {
      name: "a public key's JWK as an HMAC secret",
      headers: bearer(signHmacByHand({ alg: 'HS256', kid: 'es-1' }, claimsWith(), JSON.stringify(es256.jwk))),
      refused: invalid,
    },
    {
      name: 'a critical extension',
      headers: bearer(signRsaByHand('{"alg":"RS256","kid":"rs-1","crit":["exp"],"exp":1}', claimsWith(), rsaKey)),
      refused: invalid,
    },
    {
      name: 'an unencoded payload (b64)',
      headers: bearer(signRsaByHand('{"alg":"RS256","kid":"rs-1","crit":["b64"],"b64":false}', claimsWith(), rsaKey)),
      refused: invalid,
    },
    {
      name: 'a key of its own in the header (jwk)',
      headers: bearer(await stranger.sign(claimsWith(), { kid: 'other', jwk: stranger.jwk })),
      refused: badToken('CREDENTIALS_UNKNOWN'),
    },
    {
      name: 'a key id that is not known',
      headers: bearer(await es256.sign(claimsWith(), { kid: 'es-2' })),
      refused: badToken('CREDENTIALS_UNKNOWN'),
    },
    {
      name: 'a key id that is a path',
      headers: bearer(await es256.sign(claimsWith(), { kid: '../../jwks.json' })),
      refused: badToken('CREDENTIALS_UNKNOWN'),
    },
    {
      name: 'an expired token',
      headers: await asCaller({ exp: nowSeconds - 3600 }),
      refused: badToken('CREDENTIALS_EXPIRED'),
    },
    {
      name: 'a token that is good from tomorrow on',
      headers: await asCaller({ nbf: nowSeconds + 86_400 }),
      refused: badToken('CREDENTIALS_NOT_YET_VALID'),
    },
    {
      name: 'clocks that differ by less than is tolerated',
      headers: await asCaller({ exp: nowSeconds - 60, nbf: nowSeconds + 60 }),
    },
    {
      name: 'another issuer',
      headers: await asCaller({ iss: 'https://issuer.example.evil' }),
      refused: badToken('CREDENTIALS_WRONG_ISSUER'),
    },
    { name: 'no issuer', headers: await asCaller({ iss: undefined }), refused: badToken('CREDENTIALS_WRONG_ISSUER') },
    {
      name: 'another audience',
      headers: await asCaller({ aud: 'shop2' }),
      refused: badToken('CREDENTIALS_WRONG_AUDIENCE'),
    },
    {
      name: 'no audience',
      headers: await asCaller({ aud: undefined }),
      refused: badToken('CREDENTIALS_WRONG_AUDIENCE'),
    },
    { name: 'a token that never ends', headers: await asCaller({ exp: undefined }), refused: invalid },
    { name: 'one of several audiences', headers: await asCaller({ aud: ['a', 'shop'] }) },
    ...wrongTypes,
    {
      name: 'a token longer than may be',
      headers: await asCaller({ padding: 'x'.repeat(2048) }),
      refused: badToken('CREDENTIALS_MALFORMED'),
    },
    {
      name: 'two tokens in one header field, sent twice',
      headers: { authorization: [`Bearer ${good}`, (await asCaller({ sub: 'bob' })).authorization] },
      refused: { status: 400, code: 'CREDENTIALS_CONFLICT', challenges: conflicting },
    },
    {
      name: 'one token that is sent twice',
      headers: { authorization: [`Bearer ${good}`, `Bearer ${good}`] },
      sees: { 'x-user-id': 'alice' },
    },
  ],
};
