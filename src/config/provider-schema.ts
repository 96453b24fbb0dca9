import { z } from 'zod';
import { isFieldName } from '../lib/http-fields.ts';
import { publicKey } from './pem-values.ts';
import { httpUrl, names, textOrList } from './security-values.ts';
import { byteSize, dottedPath, duration, eitherOf, evenIfWrong, flag, headerName } from './values.ts';
import { oneKeyOf, oneOf, section, text } from './values.ts';

/** `identity.providers` of `gateway.yaml`, and where keys and revocations are kept. */

const ofConnection = 'it has a place of its own';
const refusedSources = {
  authorization: 'write bearer in place of { header: authorization }',
  cookie: 'write { cookie: NAME }',
  forwarded: ofConnection,
  host: ofConnection,
};

const cookieError = 'expected the name of a cookie';
const namedSource = oneKeyOf({
  header: headerName(refusedSources, 'credentials cannot be read from this header').describe('Header of that name'),
  cookie: z.string({ error: cookieError }).refine(isFieldName, { error: cookieError }).describe('Cookie of that name'),
  query: text('the name of a query parameter').describe('Query parameter of that name'),
});
const tokenSource = z.union([z.literal('bearer'), namedSource], {
  error: 'expected bearer, { header: NAME }, { cookie: NAME } or { query: NAME }',
});
export type SourceValues = z.output<typeof tokenSource>;

function sources(fallback: SourceValues) {
  return z
    .array(tokenSource, { error: 'expected a list such as [bearer, { cookie: NAME }]' })
    .min(1, { error: 'expected one place at least' })
    .default([fallback])
    .describe('Where the credentials stand: bearer, { header: NAME }, { cookie: NAME }, { query: NAME }');
}

const secretAlgorithms = ['HS256', 'HS384', 'HS512'] as const;
const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
const curveAlgorithms = ['ES256', 'ES384', 'ES512', 'EdDSA'] as const;
const algorithms = oneOf([...secretAlgorithms, ...rsaAlgorithms, ...curveAlgorithms]);
function algorithmList() {
  return z
    .array(algorithms, { error: `expected a list of ${algorithms.options.join(', ')}` })
    .min(1, { error: 'expected one algorithm at least' });
}

const remote = section({
  maxAge: duration().prefault('10m').describe('How long a fetched document is good'),
  maxStale: duration({ min: 0 }).prefault('24h').describe('How long an old one is used while no new one can be had'),
  cooldown: duration().prefault('30s').describe('Shortest time between fetches that unknown key ids or failures cause'),
  timeout: duration().prefault('5s').describe('Longest wait for the document'),
  maxSize: byteSize().prefault('512KiB').describe('Largest document'),
});

const base = {
  name: text('a name').optional().describe('Name of the provider in logs. Default: its kind'),
};

const tokenBase = {
  ...base,
  from: sources('bearer'),
  audience: textOrList('an audience').optional().describe('"aud" of tokens; without it "aud" is not looked at'),
  clockTolerance: duration({ min: 0 }).prefault('5s').describe('Tolerated difference of clocks'),
  maxTokenSize: byteSize().prefault('8KiB').describe('Longest token'),
  claims: section({
    scopes: dottedPath('scope').default('scope').describe('Claim with scopes: a list, or a text with spaces'),
    roles: dottedPath('realm_access.roles').default('roles').describe('Claim with roles'),
    tier: dottedPath('plan').optional().describe('Claim that names a tier'),
    client: dottedPath('client_id').default('client_id').describe('Claim that names the client software'),
  })
    .prefault({})
    .describe('Which claims say what; dotted paths'),
  hideCredentials: flag().default(false).describe('Whether upstreams must not see the token'),
};

const sizeText = 'a size such as 16MiB, or off';
function cache(maxAge: string) {
  return section({
    maxSize: z
      .union([z.literal('off').transform(() => 0), byteSize(sizeText)], { error: `expected ${sizeText}` })
      .prefault('16MiB')
      .describe('All verified tokens that are kept, or off'),
    maxAge: duration().prefault(maxAge).describe('How long one is kept at most; never past its "exp"'),
  })
    .prefault({})
    .describe('Verified tokens that are kept');
}

const keys = oneKeyOf({
  url: httpUrl('a JWKS').describe('URL of a JWKS'),
  file: text('the path of a JWKS file').describe('JWKS file; relative to this file'),
  // How long it must be at least depends on the algorithms: see `longestHash`.
  secret: text('a secret').describe('Shared secret, as long as the hash of the algorithm: 32 bytes for HS256'),
  publicKey: publicKey().describe('Public key (SPKI) or certificate (PEM); ${file:...} reads a file'),
});

/** A token that never ends cannot be told from one that was forgotten. */
const requiredOfJwts = names('claim').default(['exp']).describe('Claims that tokens must have');

const jwt = section({
  kind: z.literal('jwt').describe('Signed tokens (JWT)'),
  ...tokenBase,
  requiredClaims: requiredOfJwts,
  issuer: textOrList('an issuer').optional().describe('"iss" of tokens'),
  algorithms: algorithmList()
    .optional()
    .describe('Algorithms that tokens may be signed with. Default: HS256 for secrets, else RS256, PS256, ES256, EdDSA'),
  keys: keys.describe('Keys that tokens are verified with: a JWKS by URL or file, a shared secret, a public key'),
  remote: remote.prefault({}).describe('How a JWKS is fetched'),
  cache: cache('5m'),
}).superRefine((values, context) => {
  if (!('secret' in values.keys)) return;
  const { algorithm, bytes } = longestHash(values.algorithms ?? ['HS256']);
  if (Buffer.byteLength(values.keys.secret) >= bytes) return;
  const message = `expected a secret of ${bytes} bytes or more, as ${algorithm} asks for (RFC 7518, 3.2)`;
  context.addIssue({ code: 'custom', path: ['keys', 'secret'], message });
});

/**
 * The algorithm with the longest hash: a secret must have as many bytes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7518#section-3.2 | RFC 7518, 3.2 HMAC with SHA-2 Functions}
 */
function longestHash(given: readonly string[]): { readonly algorithm: string; readonly bytes: number } {
  const algorithm = secretAlgorithms.findLast((name) => given.includes(name)) ?? 'HS256';
  return { algorithm, bytes: Number(algorithm.slice(2)) / 8 };
}

const oidc = section({
  kind: z.literal('oidc').describe('Signed tokens (JWT) whose keys are found by OpenID Connect Discovery'),
  ...tokenBase,
  requiredClaims: requiredOfJwts,
  issuer: httpUrl('an issuer', { isIssuer: true }).describe('The issuer: "iss" of its tokens, letter by letter'),
  algorithms: algorithmList().default(['RS256', 'PS256', 'ES256', 'EdDSA']).describe('Algorithms of signatures'),
  remote: remote.prefault({}).describe('How the discovery document and the keys are fetched'),
  cache: cache('5m'),
});

const introspection = section({
  kind: z.literal('introspection').describe('Tokens that a server is asked about (RFC 7662)'),
  ...tokenBase,
  requiredClaims: names('claim').default([]).describe('Claims that answers must have'),
  issuer: httpUrl('an issuer', { isIssuer: true })
    .optional()
    .describe('The issuer; without "url" its discovery document names the endpoint'),
  url: httpUrl('an introspection endpoint').optional().describe('The introspection endpoint'),
  clientId: text('a client id').describe('Client id that the gateway shows'),
  clientSecret: text('a client secret').describe('Client secret that the gateway shows'),
  clientAuth: oneOf(['basic', 'post']).default('basic').describe('How it shows them: by header or in the body'),
  tokens: oneOf(['opaque', 'all'])
    .default('opaque')
    .describe('Which tokens are asked about: those that are no JWT, or all'),
  remote: remote.prefault({}).describe('How the discovery document is fetched, and the longest wait for an answer'),
  cache: cache('30s'),
}).refine(({ issuer, url }) => issuer !== undefined || url !== undefined, {
  error: 'expected "url" or "issuer"',
  path: ['url'],
  ...evenIfWrong,
});

/** Where keys or revocations are kept: one of the two. */
export const keyStore = {
  file: text('the path of a JSON file').optional().describe('JSON file that keeps them; relative to this file'),
  store: z.literal('redis', { error: 'expected redis' }).optional().describe('Keeps them in the Redis of "redis"'),
};
export const hasOneStore = eitherOf('file', 'store', '"file" or "store: redis"');

const apiKey = section({
  kind: z.literal('api-key').describe('Keys that `weft keys create` makes'),
  ...base,
  from: sources({ header: 'x-api-key' }),
  ...keyStore,
  cache: duration({ min: 0 }).prefault('5s').describe('How long what Redis says of a key is believed'),
  hideCredentials: flag().default(true).describe('Whether upstreams must not see the key'),
}).superRefine(hasOneStore, evenIfWrong);

const basic = section({
  kind: z.literal('basic').describe('User and password (RFC 7617): consumers that have a passwordHash'),
  ...base,
  realm: text('a realm').default('weft').describe('What browsers show when they ask for the password'),
  hideCredentials: flag().default(true).describe('Whether upstreams must not see the password'),
});

const mtls = section({
  kind: z.literal('mtls').describe('Client certificates'),
  ...base,
  from: oneOf(['tls', 'client-cert'])
    .default('tls')
    .describe("This connection's certificate, or the client-cert field (RFC 9440) of a trusted proxy"),
});

const kinds = 'one of jwt, oidc, introspection, api-key, basic, mtls';

/** One of `identity.providers`. */
export const provider = z.discriminatedUnion('kind', [jwt, oidc, introspection, apiKey, basic, mtls], {
  error: ({ code }) => (code === 'invalid_union' ? `expected ${kinds}` : `expected a mapping with "kind", ${kinds}`),
});
export type ProviderValues = z.output<typeof provider>;
