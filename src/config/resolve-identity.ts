import { resolve } from 'node:path';
import type { AccessValues } from './access-schema.ts';
import type { GatewayValues } from './gateway-schema.ts';
import type {
  AccessRule,
  AddressRules,
  AudienceConfig,
  AuthorizationConfig,
  CorsConfig,
  CredentialSource,
  DoorConfig,
  IdentityConfig,
  KeyStoreConfig,
  ListenerSecurity,
  ProviderConfig,
  SigningAlgorithm,
} from './identity-types.ts';
import { defaultProviderName } from './provider-names.ts';
import type { ProviderValues, SourceValues } from './provider-schema.ts';

/** The security sections of `gateway.yaml` as the rest of Weft reads them; paths start from `dir`. Pure. */

export function toIdentity(values: GatewayValues, dir: string): IdentityConfig {
  const { providers, anonymous, revocations } = values.identity;
  const kinds = providers.map(({ kind }) => kind);
  return {
    providers: providers.map((provider, index) =>
      toProvider(provider, provider.name ?? defaultProviderName(kinds, index), dir),
    ),
    anonymous: anonymous ?? providers.length === 0,
    consumers: Object.entries(values.consumers).map(([name, consumer]) => ({
      ...consumer,
      name,
      tier: consumer.tier,
      audience: consumer.audience,
      provider: consumer.provider,
      passwordHash: consumer.passwordHash,
    })),
    tiers: Object.entries(values.tiers).map(([name, { scopes, roles, audience }]) => ({
      name,
      scopes,
      roles,
      audience,
    })),
    revocations: revocations && {
      store: toStore(revocations, dir),
      refreshMs: revocations.refresh,
      maxStaleMs: revocations.maxStale,
    },
  };
}

function toStore({ file }: { readonly file?: string | undefined }, dir: string): KeyStoreConfig {
  return file === undefined ? { in: 'redis' } : { in: 'file', file: resolve(dir, file) };
}

function toSource(source: SourceValues): CredentialSource {
  if (source === 'bearer') return { from: 'authorization', scheme: 'Bearer' };
  if ('header' in source) return { from: 'header', name: source.header.toLowerCase() };
  if ('cookie' in source) return { from: 'cookie', name: source.cookie };
  return { from: 'query', name: source.query };
}

function toProvider(values: ProviderValues, name: string, dir: string): ProviderConfig {
  switch (values.kind) {
    case 'jwt': {
      const { issuer = [], algorithms = defaultAlgorithms(values.keys) } = values;
      return { ...tokenBase(values, name), kind: 'jwt', issuers: issuer, algorithms, keys: toKeys(values, dir) };
    }
    case 'oidc':
      return {
        ...tokenBase(values, name),
        kind: 'oidc',
        issuer: values.issuer,
        algorithms: values.algorithms,
        remote: toRemote(values.remote),
      };
    case 'introspection': {
      const { clientId, clientSecret, clientAuth, tokens, issuer, url } = values;
      return {
        ...tokenBase(values, name),
        kind: 'introspection',
        endpoint: url === undefined ? { issuer: issuer ?? '' } : { url },
        issuers: issuer === undefined ? [] : [issuer],
        ...{ clientId, clientSecret, clientAuth, tokens },
        remote: toRemote(values.remote),
      };
    }
    case 'api-key':
      return {
        kind: 'api-key',
        name,
        hidesCredentials: values.hideCredentials,
        sources: values.from.map(toSource),
        store: toStore(values, dir),
        cacheMs: values.cache,
      };
    case 'basic':
      return { kind: 'basic', name, hidesCredentials: values.hideCredentials, realm: values.realm };
    case 'mtls':
      return { kind: 'mtls', name, hidesCredentials: true, source: values.from };
    default:
      return values satisfies never;
  }
}

type TokenValues = Extract<ProviderValues, { kind: 'jwt' | 'oidc' | 'introspection' }>;
type JwtValues = Extract<ProviderValues, { kind: 'jwt' }>;

function tokenBase(values: TokenValues, name: string) {
  return {
    name,
    hidesCredentials: values.hideCredentials,
    sources: values.from.map(toSource),
    audiences: values.audience ?? [],
    clockToleranceMs: values.clockTolerance,
    requiredClaims: values.requiredClaims,
    maxTokenBytes: values.maxTokenSize,
    claims: { ...values.claims, tier: values.claims.tier },
    cache: { maxBytes: values.cache.maxSize, maxAgeMs: values.cache.maxAge },
  };
}

function defaultAlgorithms(keys: JwtValues['keys']): readonly SigningAlgorithm[] {
  return 'secret' in keys ? ['HS256'] : ['RS256', 'PS256', 'ES256', 'EdDSA'];
}

function toKeys({ keys, remote }: JwtValues, dir: string) {
  if ('url' in keys) return { from: 'jwks-url', url: keys.url, remote: toRemote(remote) } as const;
  if ('file' in keys) return { from: 'jwks-file', file: resolve(dir, keys.file) } as const;
  if ('secret' in keys) return { from: 'secret', secret: keys.secret } as const;
  return { from: 'public-key', pem: keys.publicKey } as const;
}

function toRemote({ maxAge, maxStale, cooldown, timeout, maxSize }: JwtValues['remote']) {
  return { maxAgeMs: maxAge, maxStaleMs: maxStale, cooldownMs: cooldown, timeoutMs: timeout, maxBytes: maxSize };
}

export function toAuthorization({ authorization }: GatewayValues, dir: string): AuthorizationConfig {
  const { mode, policies } = authorization;
  if (!policies) return { mode, policies: undefined };
  const { module: file, url = '', headers, timeout, cache } = policies;
  const source =
    file === undefined
      ? ({ by: 'http', url, headers, timeoutMs: timeout } as const)
      : ({ by: 'module', file: resolve(dir, file) } as const);
  return { mode, policies: { source, cacheMs: cache } };
}

export function toAudiences({ audiences }: GatewayValues): readonly AudienceConfig[] {
  return Object.entries(audiences).map(([name, { include = [], exclude, callers }]) => ({
    name,
    include,
    exclude,
    callers: callers === 'everyone' ? everyone : callers && toAccess(callers),
  }));
}

const everyone: AccessRule = {
  authenticated: false,
  scopes: [],
  roles: [],
  tiers: [],
  consumers: [],
  policies: [],
};

/** Whoever has something to show is known, so every rule that names something asks for a known caller. */
export function toAccess({
  scopes = [],
  roles = [],
  tiers = [],
  consumers = [],
  policies = [],
}: AccessValues): AccessRule {
  return { authenticated: true, scopes, roles, tiers, consumers, policies };
}

type Toggle = boolean | AccessValues;

/** On for everyone, off, or on for some. */
export function toToggle(value: Toggle): boolean | AccessRule {
  return typeof value === 'boolean' ? value : toAccess(value);
}

type DoorValues = Pick<
  GatewayValues['graphql'],
  'anonymous' | 'access' | 'addresses' | 'cors' | 'csrf' | 'securityHeaders'
>;

export function toDoor({ anonymous, access, addresses, cors, csrf, securityHeaders }: DoorValues): DoorConfig {
  return {
    anonymous,
    access: access && toAccess(access),
    addresses: toAddresses(addresses),
    cors: toCors(cors),
    csrf,
    headers: securityHeaders && toHeaders(securityHeaders),
  };
}

export function toSecurity(values: GatewayValues): ListenerSecurity {
  return {
    trustedProxies: values.trustedProxies,
    addresses: toAddresses(values.addresses),
    cors: toCors(values.cors),
    csrf: values.csrf,
    headers: toHeaders(values.securityHeaders),
  };
}

function toHeaders(values: GatewayValues['securityHeaders']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
}

function toAddresses(addresses: GatewayValues['addresses']): AddressRules | undefined {
  return addresses && { allow: addresses.allow ?? [], deny: addresses.deny };
}

function toCors(policies: GatewayValues['cors']): CorsConfig | undefined {
  return (
    policies && {
      policies: policies.map(({ maxAge, headers, ...policy }) => ({ ...policy, headers, maxAgeSeconds: maxAge })),
    }
  );
}
