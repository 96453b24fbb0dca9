import type { OidcProviderConfig } from '../../config/identity-types.ts';
import { checkIssuerUrl } from './discovery.ts';
import { remoteKeys } from './jwks.ts';
import { checkUrl } from './json-client.ts';
import { createSignedTokenProvider } from './signed-tokens.ts';
import type { TokenProviderOptions } from './jwt.ts';
import { checkPublicAlgorithms } from './verification-keys.ts';
import type { Provider } from '../types.ts';

/**
 * A provider of JWTs of one OpenID Connect issuer, whose keys are found by its discovery document. Both are fetched when
 * the first token comes, and again together; an issuer that is down keeps nothing from starting.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for an issuer that is no URL, and for HS* algorithms.
 */
export function createOidcProvider(
  config: OidcProviderConfig,
  { now = Date.now }: TokenProviderOptions = {},
): Provider {
  const { name, issuer, remote } = config;
  const algorithms = checkPublicAlgorithms(name, config.algorithms);
  checkUrl(issuer, `the issuer of provider "${name}"`);
  checkIssuerUrl(issuer);
  const keys = remoteKeys({ provider: config, algorithms, source: { issuer }, remote, now });
  return createSignedTokenProvider({ config, issuers: [issuer], keys, now });
}
