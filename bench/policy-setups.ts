import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { hashKey, makeKey, type KeyRecord } from '../src/identity/keys/key-record.ts';
import { hashPassword } from '../src/identity/passwords/password-hash.ts';
import { limitComparisons } from './limit-setups.ts';
import type { SchemaName } from './policy-upstream.ts';

/** One gateway: what it has beside what all have. */
export interface Setup {
  /** Keys of `gateway.yaml`. */
  readonly gateway: Readonly<Record<string, unknown>>;
  /** Keys of its one route. */
  readonly route?: Readonly<Record<string, unknown>>;
  /** Of the upstream. Default `open`. */
  readonly schema?: SchemaName;
}

/** A policy's cost: that of the same requests to two gateways. */
export interface Comparison {
  readonly title: string;
  readonly with: Setup;
  readonly without: Setup;
  /** Sent in turn. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** Whether `email` is null for these callers. Default: it is there. */
  readonly masks?: boolean;
  /** Whether `--quick` measures it too. Default false. */
  readonly isCommon?: boolean;
}

/** Files that every gateway folder holds: what some configuration names. */
export type Files = Readonly<Record<string, string>>;

export interface Comparisons {
  readonly comparisons: readonly Comparison[];
  readonly files: Files;
}

const issuer = 'https://id.example';
const audience = 'bench';
/** Distinct tokens and keys: callers are not all one. */
const parties = 20;
const partyNames = Array.from({ length: parties }, (_, index) => `party-${index}`);
const consumer = 'acme';
const password = 'correct horse battery staple';

/**
 * @param introspectionUrl Answers as RFC 7662 says.
 * @param redisUrl Undefined: what needs Redis is left out.
 */
export async function makeComparisons(introspectionUrl: string, redisUrl: string | undefined): Promise<Comparisons> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const keys = partyNames.map(() => makeKey());
  const files = {
    'jwks.json': JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'bench' }] }),
    'keys.json': JSON.stringify({ keys: keys.map(recordOf) }),
    'revoked.json': JSON.stringify({ jti: ['another-token'], subject: ['another-party'] }),
    'policies.mjs': `export const policies = { 'may-read': (caller) => caller.scopes.has('profile') };`,
  };
  const known = await tokenHeaders(privateKey, 'profile');
  const unscoped = await tokenHeaders(privateKey, 'other');
  const hash = await hashPassword(password);
  const comparisons: readonly Comparison[] = [
    ...plainComparisons,
    { title: 'JWT (ES256), token kept', with: jwt, without: base, headers: known, isCommon: true },
    { title: 'JWT (ES256), verified each time', with: jwtUnkept, without: base, headers: known },
    { title: 'API key (file)', with: apiKey, without: base, headers: keys.map(({ key }) => ({ 'x-api-key': key })) },
    { title: 'Basic, password kept', with: basicWith(hash), without: base, headers: [basicHeader] },
    {
      title: 'introspection, answer kept',
      with: introspectionAt(introspectionUrl),
      without: base,
      headers: partyNames.map((name) => ({ authorization: `Bearer opaque-${name}` })),
    },
    { title: 'revocations (file), beside JWT', with: revocations, without: jwt, headers: known },
    { title: 'access rule, beside JWT', with: access, without: jwt, headers: known },
    { title: 'guarded field, may be read, beside JWT', with: guarded, without: jwt, headers: known },
    {
      title: 'guarded field, masked, beside JWT',
      with: guarded,
      without: jwt,
      headers: unscoped,
      masks: true,
      isCommon: true,
    },
    { title: '@policy by module, kept, beside JWT', with: policy, without: jwt, headers: known },
    { title: 'audience, beside JWT', with: audiences, without: jwt, headers: known },
    ...limitComparisons(redisUrl),
  ];
  return { comparisons, files };
}

/** Writes a gateway folder at `dir`. */
export async function writeSetup(dir: string, setup: Setup, parts: { files: Files; origin: string }): Promise<void> {
  const { gateway, route = {}, schema = 'open' } = setup;
  const routes = [{ path: '/api', upstream: 'people', ...route }];
  const upstream = { kind: 'federation', targets: [`${parts.origin}/${schema}`], poll: 'off', shareInflight: false };
  await mkdir(join(dir, 'upstreams'));
  // JSON is YAML.
  const files = {
    ...parts.files,
    'gateway.yaml': JSON.stringify({ ...gateway, routes }),
    'upstreams/people.yaml': JSON.stringify(upstream),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
}

const base: Setup = { gateway: {} };
const sitesUnchecked: Setup = { gateway: { csrf: false } };
const origin = 'https://app.example';
const ownPage = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const otherPage = { ...ownPage, origin, 'sec-fetch-site': 'cross-site' };
const proxied = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' };

const plainComparisons: readonly Comparison[] = [
  // A process is never quite like another one: differences up to this are none.
  { title: 'nothing: the same twice', with: base, without: base, headers: [{}], isCommon: true },
  {
    title: 'security headers taken away',
    with: {
      gateway: {
        securityHeaders: { 'x-content-type-options': '', 'referrer-policy': '', 'strict-transport-security': '' },
      },
    },
    without: base,
    headers: [{}],
  },
  { title: 'csrf, own page', with: base, without: sitesUnchecked, headers: [ownPage] },
  {
    title: 'cors and csrf, page of an allowed origin',
    with: { gateway: { cors: [{ origins: [origin] }] } },
    without: sitesUnchecked,
    headers: [otherPage],
    isCommon: true,
  },
  {
    title: 'trustedProxies, x-forwarded-for',
    with: { gateway: { trustedProxies: ['127.0.0.0/8'] } },
    without: base,
    headers: [proxied],
    isCommon: true,
  },
  {
    title: 'addresses, allow and deny',
    with: { gateway: { addresses: { allow: ['127.0.0.0/8', '10.0.0.0/8'], deny: ['203.0.113.0/24'] } } },
    without: base,
    headers: [{}],
  },
];

function identifiedBy(provider: object, more: object = {}): Setup {
  return { gateway: { identity: { providers: [provider] }, ...more } };
}

const tokens = { kind: 'jwt', issuer, audience, algorithms: ['ES256'], keys: { file: './jwks.json' } };
const jwt = identifiedBy(tokens);
const jwtUnkept = identifiedBy({ ...tokens, cache: { maxSize: 'off' } });
const apiKey = identifiedBy({ kind: 'api-key', file: './keys.json' }, { consumers: { [consumer]: {} } });
const basicWith = (passwordHash: string): Setup =>
  identifiedBy({ kind: 'basic' }, { consumers: { [consumer]: { passwordHash } } });
const introspectionAt = (url: string): Setup =>
  identifiedBy({ kind: 'introspection', url, clientId: 'weft', clientSecret: 'secret', cache: { maxAge: '10m' } });
const basicHeader = { authorization: `Basic ${Buffer.from(`${consumer}:${password}`).toString('base64')}` };

const revocations: Setup = {
  gateway: { identity: { providers: [tokens], revocations: { file: './revoked.json' } } },
};
const access: Setup = {
  gateway: { ...jwt.gateway, graphql: { access: { scopes: ['profile'] } } },
  route: { access: { scopes: ['profile'] } },
};
const guarded: Setup = { ...jwt, schema: 'scopes' };
const policy: Setup = {
  gateway: { ...jwt.gateway, authorization: { policies: { module: './policies.mjs', cache: '10m' } } },
  schema: 'policy',
};
const audiences: Setup = {
  gateway: { ...jwt.gateway, audiences: { public: { exclude: ['internal'], callers: { authenticated: true } } } },
  schema: 'tag',
};

function recordOf({ id, key }: ReturnType<typeof makeKey>): KeyRecord {
  const hash = hashKey(key).toString('base64url');
  return { id, hash, owner: consumer, scopes: [], roles: [], createdAt: new Date().toISOString() };
}

async function tokenHeaders(key: CryptoKey, scope: string): Promise<Comparison['headers']> {
  return Promise.all(
    partyNames.map(async (name) => {
      const token = await new SignJWT({ scope, roles: ['customer'] })
        .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(name)
        .setJti(`${name}-${scope}`)
        .setExpirationTime('2h')
        .sign(key);
      return { authorization: `Bearer ${token}` };
    }),
  );
}
