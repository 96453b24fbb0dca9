import { z } from 'zod';
import { access } from './access-schema.ts';
import { byteSize, dottedPath, duration, flag, oneOf, section, text } from './values.ts';

/** `identity`, `consumers`, `tiers`, `authorization` and `audiences` of `gateway.yaml`. */

const names = (what: string) => z.array(text(`a ${what}`), { error: `expected a list of ${what}s` });

const textOrList = (what: string) =>
  z
    .union([text(what).transform((value) => [value]), z.array(text(what)).min(1, { error: `expected ${what}` })], {
      error: `expected ${what}, or a list of them`,
    })
    .describe(`${what}, or several of which one must be`);

const httpUrl = (what: string) =>
  z.url({ protocol: /^https?$/, error: `expected an http:// or https:// URL of ${what}` });

const sourceError = 'expected bearer, { header: NAME }, { cookie: NAME } or { query: NAME }';
const tokenSource = z.union(
  [
    z.literal('bearer'),
    section({ header: text('a header name') }),
    section({ cookie: text('the name of a cookie') }),
    section({ query: text('the name of a query parameter') }),
  ],
  { error: sourceError },
);
export type SourceValues = z.output<typeof tokenSource>;

const sources = (fallback: SourceValues) =>
  z
    .array(tokenSource, { error: `expected a list; each: ${sourceError.slice('expected '.length)}` })
    .min(1, { error: 'expected one place at least' })
    .default([fallback])
    .describe('Where the credentials stand');

const algorithms = [
  ...['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;
const algorithmList = z.array(
  oneOf([
    'HS256',
    'HS384',
    'HS512',
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
  ]),
  { error: `expected a list of ${algorithms.join(', ')}` },
);

const remote = section({
  maxAge: duration().prefault('10m').describe('How long a fetched document is good'),
  maxStale: duration().prefault('24h').describe('How long an old one is used while no new one can be had'),
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
  requiredClaims: names('claim').default([]).describe('Claims that tokens must have'),
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

const cache = (maxAge: string) =>
  section({
    maxSize: z
      .union([z.literal('off').transform(() => 0), byteSize()], { error: 'expected a size such as 16MiB, or off' })
      .prefault('16MiB')
      .describe('All verified tokens that are kept, or off'),
    maxAge: duration().prefault(maxAge).describe('How long one is kept at most; never past its "exp"'),
  })
    .prefault({})
    .describe('Verified tokens that are kept');

const keys = z.union(
  [
    section({ url: httpUrl('a JWKS') }),
    section({ file: text('the path of a JWKS file') }),
    section({ secret: z.string().min(32, { error: 'expected a secret of 32 bytes or more' }) }),
    section({ publicKey: text('a public key or certificate as PEM') }),
  ],
  { error: 'expected { url: ... }, { file: ... }, { secret: ... } or { publicKey: ... }' },
);

const jwt = section({
  kind: z.literal('jwt'),
  ...tokenBase,
  issuer: textOrList('an issuer').optional().describe('"iss" of tokens'),
  algorithms: algorithmList
    .optional()
    .describe('Algorithms that tokens may be signed with. Default: HS256 for secrets, else RS256, PS256, ES256, EdDSA'),
  keys: keys.describe('Keys that tokens are verified with: a JWKS by URL or file, a shared secret, a public key'),
  remote: remote.prefault({}).describe('How a JWKS is fetched'),
  cache: cache('5m'),
});

const oidc = section({
  kind: z.literal('oidc'),
  ...tokenBase,
  issuer: httpUrl('an issuer').describe('The issuer; its keys are found by OpenID Connect Discovery'),
  algorithms: algorithmList.default(['RS256', 'PS256', 'ES256', 'EdDSA']).describe('Algorithms of signatures'),
  remote: remote.prefault({}).describe('How the discovery document and the keys are fetched'),
  cache: cache('5m'),
});

const introspection = section({
  kind: z.literal('introspection'),
  ...tokenBase,
  issuer: httpUrl('an issuer')
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
});

const keyStore = {
  file: text('the path of a JSON file').optional().describe('JSON file that keeps them; relative to this file'),
  store: z.literal('redis', { error: 'expected redis' }).optional().describe('Keeps them in the Redis of "redis"'),
};
const storeError = { error: 'expected either "file" or "store: redis"', path: ['file'] };
const hasOneStore = ({ file, store }: { readonly file?: string | undefined; readonly store?: 'redis' | undefined }) =>
  (file === undefined) !== (store === undefined);

const apiKey = section({
  kind: z.literal('api-key'),
  ...base,
  from: sources({ header: 'x-api-key' }),
  ...keyStore,
  cache: duration({ min: 0 }).prefault('5s').describe('How long what Redis says of a key is believed'),
  hideCredentials: flag().default(true).describe('Whether upstreams must not see the key'),
}).refine(hasOneStore, storeError);

const basic = section({
  kind: z.literal('basic'),
  ...base,
  realm: text('a realm').default('weft').describe('What browsers show when they ask for the password'),
  hideCredentials: flag().default(true).describe('Whether upstreams must not see the password'),
});

const mtls = section({
  kind: z.literal('mtls'),
  ...base,
  from: oneOf(['tls', 'client-cert'])
    .default('tls')
    .describe("This connection's certificate, or the client-cert field (RFC 9440) of a trusted proxy"),
});

const kinds = ['jwt', 'oidc', 'introspection', 'api-key', 'basic', 'mtls'] as const;
const provider = z.discriminatedUnion('kind', [jwt, oidc, introspection, apiKey, basic, mtls], {
  error: `expected a mapping with "kind", one of ${kinds.join(', ')}`,
});
export type ProviderValues = z.output<typeof provider>;

export const identity = section({
  anonymous: flag().optional().describe('Whether requests without credentials pass. Default: only without providers'),
  providers: z
    .array(provider, { error: 'expected a list of providers' })
    .default([])
    .describe('Ways to know who asks; the first whose credentials a request has counts'),
  revocations: section({
    ...keyStore,
    refresh: duration().prefault('1s').describe('Time between two looks at the list'),
    maxStale: duration()
      .prefault('60s')
      .describe('How old a list may be that cannot be read anew; then nobody is known'),
  })
    .refine(hasOneStore, storeError)
    .optional()
    .describe('Tokens, subjects and keys that are no longer good'),
});

const grants = {
  scopes: names('scope').default([]).describe('Scopes that it has beside those of the credentials'),
  roles: names('role').default([]).describe('Roles that it has beside those of the credentials'),
  audience: text('an audience').optional().describe('The audience whose part of the schema it sees'),
};

export const consumers = z
  .record(
    text('a name'),
    section({
      tier: text('a tier').optional().describe('One of "tiers"'),
      ...grants,
      subjects: names('subject').default([]).describe('"sub" of tokens that are this consumer'),
      clients: names('client id').default([]).describe('Client ids of tokens that are this consumer'),
      certificates: names('certificate name')
        .default([])
        .describe('Certificates: CN=acme, DNS:acme.example, URI:spiffe://...'),
      passwordHash: text('a hash made by "weft keys hash-password"')
        .optional()
        .describe('For kind: basic; its name is the user'),
    }),
    { error: 'expected a mapping of consumer names' },
  )
  .default({})
  .describe('Parties that are known by name');

export const tiers = z
  .record(text('a name'), section(grants), { error: 'expected a mapping of tier names' })
  .default({})
  .describe('Plans that consumers and keys are on');

const policyError = 'expected either "module" or "url"';
export const authorization = section({
  mode: oneOf(['mask', 'reject'])
    .default('mask')
    .describe(
      'A field that the caller may not read is null with an error (mask), or the operation is refused (reject)',
    ),
  policies: section({
    module: text('the path of a module')
      .optional()
      .describe('Module that exports "policies": by name, a function of the caller'),
    url: httpUrl('an authoriser').optional().describe('HTTP authoriser that is asked by POST'),
    headers: z.record(text('a header name'), z.string()).default({}).describe('Headers for the authoriser'),
    timeout: duration().prefault('1s').describe('Longest wait for the authoriser'),
    cache: duration({ min: 0 }).prefault('30s').describe('How long an answer is kept; 0s keeps none'),
  })
    .refine(({ module, url }) => (module === undefined) !== (url === undefined), {
      error: policyError,
      path: ['module'],
    })
    .optional()
    .describe('What answers @policy'),
});

export const audiences = z
  .record(
    text('a name'),
    section({
      include: names('tag').default([]).describe('Only what has one of these tags; empty: everything'),
      exclude: names('tag').default([]).describe('Nothing that has one of these tags'),
      callers: access.optional().describe('Who gets it, beside the consumers and tiers that name it'),
    }),
    { error: 'expected a mapping of audience names' },
  )
  .default({})
  .describe('Parts of the schema, chosen by @tag; the first whose callers fit counts');
