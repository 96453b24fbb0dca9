import type {
  IntrospectionProviderConfig,
  JwtProviderConfig,
  OidcProviderConfig,
  RemoteDocumentConfig,
} from '../../src/config/identity-types.ts';

/** What these configurations have in common where a test does not say. */
const base = {
  hidesCredentials: false,
  sources: [{ from: 'authorization', scheme: 'Bearer' }],
  audiences: [],
  clockToleranceMs: 0,
  requiredClaims: [],
  maxTokenBytes: 8192,
  claims: { scopes: 'scope', roles: 'roles', tier: undefined, client: 'client_id' },
  cache: { maxBytes: 1024 * 1024, maxAgeMs: 300_000 },
} as const;

export const issuer = 'https://issuer.example';

export const quickRemote: RemoteDocumentConfig = {
  maxAgeMs: 600_000,
  maxStaleMs: 3_600_000,
  cooldownMs: 30_000,
  timeoutMs: 2000,
  maxBytes: 64 * 1024,
};

export function jwtConfig(config: Pick<JwtProviderConfig, 'keys'> & Partial<JwtProviderConfig>): JwtProviderConfig {
  return { ...base, kind: 'jwt', name: 'jwt', issuers: [issuer], algorithms: ['ES256'], ...config };
}

export function oidcConfig(
  config: Pick<OidcProviderConfig, 'issuer'> & Partial<OidcProviderConfig>,
): OidcProviderConfig {
  return { ...base, kind: 'oidc', name: 'oidc', algorithms: ['ES256', 'RS256'], remote: quickRemote, ...config };
}

export function introspectionConfig(
  config: Pick<IntrospectionProviderConfig, 'endpoint'> & Partial<IntrospectionProviderConfig>,
): IntrospectionProviderConfig {
  return {
    ...base,
    ...{ kind: 'introspection', name: 'introspection', issuers: [], clientAuth: 'basic', tokens: 'opaque' },
    ...{ clientId: 'gateway', clientSecret: 'gateway-secret', remote: quickRemote },
    ...config,
  };
}
