import { GatewayError } from '../../errors.ts';
import { unavailable, type JsonClient } from './json-client.ts';
import { isRecord } from './token-text.ts';

/**
 * A URL that an issuer's discovery document names.
 *
 * @param issuer As configured; the document must say the same of itself, to the letter.
 * @param name Such as `jwks_uri`.
 * @throws {GatewayError} `IDENTITY_UNAVAILABLE` where it cannot be had, or where the document is not of this issuer.
 * @see {@link https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig | OpenID Connect Discovery 1.0, 4}
 */
export async function discoverUrl(
  client: JsonClient,
  issuer: string,
  { name, signal }: { readonly name: 'jwks_uri' | 'introspection_endpoint'; readonly signal: AbortSignal },
): Promise<string> {
  const { value } = await client.ask({ method: 'GET', url: discoveryUrl(issuer), signal });
  if (!isRecord(value) || !Object.hasOwn(value, 'issuer') || value['issuer'] !== issuer) {
    // Another one's document could name that one's keys for our tokens.
    throw unavailable(
      `Expected the discovery document of ${issuer} to name this issuer, but it names another or none.`,
    );
  }
  const found = Object.hasOwn(value, name) ? value[name] : undefined;
  const url = typeof found === 'string' ? URL.parse(found) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && !issuer.startsWith('https:'));
  if (url === null || !isSafe) {
    throw unavailable(`Expected "${name}" of ${issuer} to be a URL as safe as the issuer's, but it is not.`);
  }
  return url.href;
}

/** OpenID Connect Discovery 1.0, 4.1: a slash at the end is taken away first. */
function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** @throws {GatewayError} `CONFIGURATION_INVALID` for an issuer with a query or fragment, which discovery cannot have. */
export function checkIssuerUrl(issuer: string): void {
  if (!/[?#]/.test(issuer)) return;
  throw new GatewayError(
    'CONFIGURATION_INVALID',
    'Expected an issuer without query and fragment, but got one with them.',
  );
}
