import type { JwtProviderConfig } from '../../config/identity-types.ts';
import { remoteKeys } from './jwks.ts';
import { checkUrl } from './json-client.ts';
import { createSignedTokenProvider } from './signed-tokens.ts';
import { checkPublicAlgorithms, fixedKeys } from './verification-keys.ts';
import type { Provider } from '../types.ts';

/** For tests of what time does. */
export interface TokenProviderOptions {
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * A provider of JWTs that are verified with keys from a JWKS (by URL or file), with a public key or with a shared secret.
 *
 * A text that is no JWT is refused with `CREDENTIALS_MALFORMED` and a token of another issuer with
 * `CREDENTIALS_WRONG_ISSUER`, before anything is verified: they may be another provider's.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for keys that cannot be read and algorithms that do not go with them.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8725#section-3 | RFC 8725, 3 Best Practices}
 */
export function createJwtProvider(config: JwtProviderConfig, { now = Date.now }: TokenProviderOptions = {}): Provider {
  const { keys } = config;
  if (keys.from !== 'jwks-url') {
    return createSignedTokenProvider({ config, issuers: config.issuers, keys: fixedKeys(config, keys), now });
  }
  const algorithms = checkPublicAlgorithms(config.name, config.algorithms);
  checkUrl(keys.url, `the JWKS of provider "${config.name}"`);
  const remote = remoteKeys({ provider: config, algorithms, source: { url: keys.url }, remote: keys.remote, now });
  return createSignedTokenProvider({ config, issuers: config.issuers, keys: remote, now });
}
