import type { IdentityConfig, ProviderConfig } from '../config/identity-types.ts';
import type { Redis } from '../redis/connect.ts';
import { createApiKeyProvider } from './keys/api-keys.ts';
import { createAuthenticator, type Authenticator } from './authenticate.ts';
import { createBasicProvider } from './passwords/basic.ts';
import { createIntrospectionProvider } from './tokens/introspection.ts';
import { createJwtProvider } from './tokens/jwt.ts';
import { openKeyStore } from './keys/key-store.ts';
import { createMtlsProvider } from './certificates/mtls.ts';
import { createOidcProvider } from './tokens/oidc.ts';
import { createRevocations } from './revocations/revocations.ts';
import type { Provider } from './types.ts';

/**
 * Opens every provider and the list of revocations, as configured. Nothing of it waits for a server that is down.
 *
 * @param redis Its owner closes it. Undefined where the configuration has none.
 * @throws {GatewayError} `CONFIGURATION_INVALID`; what was opened before is closed then.
 */
export async function openIdentity(config: IdentityConfig, redis: Redis | undefined): Promise<Authenticator> {
  const { consumers, tiers } = config;
  const providers: Provider[] = [];
  try {
    for (const provider of config.providers) providers.push(await openProvider(provider, config, redis));
    const revocations = config.revocations && (await createRevocations(config.revocations, { redis }));
    return createAuthenticator({ providers, consumers, tiers, revocations });
  } catch (error) {
    await Promise.all(providers.map(async (provider) => provider.close()));
    throw error;
  }
}

async function openProvider(
  provider: ProviderConfig,
  { consumers }: IdentityConfig,
  redis: Redis | undefined,
): Promise<Provider> {
  switch (provider.kind) {
    case 'jwt':
      return createJwtProvider(provider);
    case 'oidc':
      return createOidcProvider(provider);
    case 'introspection':
      return createIntrospectionProvider(provider);
    case 'api-key': {
      const { store, cacheMs } = provider;
      return createApiKeyProvider(provider, await openKeyStore(store, { redis, cacheMs }));
    }
    case 'basic':
      return createBasicProvider(provider, consumers);
    case 'mtls':
      return createMtlsProvider(provider);
    default:
      return provider satisfies never;
  }
}
