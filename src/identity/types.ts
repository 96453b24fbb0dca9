import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from './caller.ts';

/** What providers look for credentials in. */
export interface IdentityRequest {
  /** Lower-case names, as Node.js joins them. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: a header that must stand once may stand twice here. */
  readonly rawHeaders: readonly string[];
  /** The request target as it came, with its query. */
  readonly url: string;
  /** Whether the other side of the connection is one of `trustedProxies`. */
  readonly isFromTrustedProxy: boolean;
  /** The client's certificate (DER) of this TLS connection, verified against `tls.clientCa`; undefined where there is none. */
  readonly clientCertificate: () => Buffer | undefined;
}

/** What a provider knows of who asks, once the credentials are verified. */
export interface Identity {
  /** Name of the provider. */
  readonly provider: string;
  /** `sub` of a token, name of a user, subject of a certificate. */
  readonly subject: string | undefined;
  /** `iss` of a token. */
  readonly issuer?: string | undefined;
  /** Id of an API key, or `kid`-independent id of the credential: what a revocation list may name. */
  readonly keyId?: string | undefined;
  /** `jti` of a token. */
  readonly tokenId?: string | undefined;
  /** What the configuration may know the consumer by, such as `subject:alice`, `client:shop-web`, `key-owner:acme`, `user:acme`, `certificate:CN=acme`; the first that is known counts. */
  readonly consumerKeys: readonly string[];
  readonly tier?: string | undefined;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Where a provider's credentials stand in a request, so that they can be kept from upstreams. Lower-case header names. */
export interface CredentialPlaces {
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
  readonly queryParameters: readonly string[];
}

/** One way to know who asks. */
export interface Provider {
  readonly name: string;
  readonly places: CredentialPlaces;
  /** Whether upstreams must not see the credentials. */
  readonly hidesCredentials: boolean;
  /** A `WWW-Authenticate` challenge without parameters of an error: `Bearer realm="weft"`. Undefined where HTTP has none. */
  readonly challenge: string | undefined;
  /**
   * Verifies the request's credentials; `undefined` where the request has none that are this provider's. Gives the same
   * object for the same credentials as long as it is kept, and gives it at once (no promise) where it is.
   *
   * @throws {GatewayError} `CREDENTIALS_*` for credentials that are this provider's and not valid, `IDENTITY_UNAVAILABLE`
   *   where that cannot be found out. Thrown or rejected.
   */
  readonly identify: (request: IdentityRequest) => Identity | undefined | Promise<Identity | undefined>;
  /** Stops timers and connections. */
  readonly close: () => Promise<void>;
}

/** Tokens, subjects and keys that are no longer good although they verify. */
export interface Revocations {
  /** `IDENTITY_UNAVAILABLE` where the list is too old to be trusted. */
  readonly check: (identity: Identity) => void;
  readonly close: () => Promise<void>;
}

export type { Caller };
