/** Who may ask, and what: the parts of `gateway.yaml` that identity and authorization read. */

/** Where a token or key stands in a request. Header and cookie names are as configured; headers in lower case. */
export type CredentialSource =
  /** `authorization: <scheme> <credential>`, the scheme in any letter case. */
  | { readonly from: 'authorization'; readonly scheme: 'Bearer' }
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'cookie'; readonly name: string }
  | { readonly from: 'query'; readonly name: string };

export type SigningAlgorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

/** Bounds of verified tokens that are kept, and of what is read from an identity server. */
export interface TokenCacheConfig {
  /** Bytes of all kept tokens with what is known of them; 0 keeps none. Default 16 MiB. */
  readonly maxBytes: number;
  /** Longest time a verified token is kept, in milliseconds; never past its `exp`. Default: JWT 5 min, introspection 30 s. */
  readonly maxAgeMs: number;
}

/** Which claims say what; dotted paths. */
export interface ClaimNames {
  /** Default `scope` (texts with spaces between, or a list); `scp` is read where it is absent. */
  readonly scopes: string;
  /** Default `roles`. */
  readonly roles: string;
  /** Claim whose value is a tier's name. Default: none. */
  readonly tier: string | undefined;
  /** Claim that names the client software, matched against `consumers.*.clients`. Default `client_id`, else `azp`. */
  readonly client: string;
}

interface ProviderBase {
  /** Default: the kind, with a number where several have it. */
  readonly name: string;
  /** Whether upstreams must not see the credentials. Default: true for API keys and Basic, false for tokens. */
  readonly hidesCredentials: boolean;
}

interface TokenProviderBase extends ProviderBase {
  /** In this order. Default: `authorization: Bearer`. */
  readonly sources: readonly CredentialSource[];
  /** One of them must be in `aud`. Empty: `aud` is not looked at. */
  readonly audiences: readonly string[];
  /** Tolerated difference of clocks, in milliseconds. Default 5000. */
  readonly clockToleranceMs: number;
  /** Claims that must be there, beside those that other settings need. */
  readonly requiredClaims: readonly string[];
  /** Longest token, in bytes. Default 8 KiB. */
  readonly maxTokenBytes: number;
  readonly claims: ClaimNames;
  readonly cache: TokenCacheConfig;
}

/** How a document of an identity server (JWKS, discovery) is fetched. */
export interface RemoteDocumentConfig {
  /** How long a document is good, in milliseconds. Default 10 min. */
  readonly maxAgeMs: number;
  /** How long an old one goes on being used while no new one can be had, in milliseconds. Default 24 h. */
  readonly maxStaleMs: number;
  /** Shortest time between two fetches that unknown `kid`s or failures cause, in milliseconds. Default 30 s. */
  readonly cooldownMs: number;
  /** Default 5 s. */
  readonly timeoutMs: number;
  /** Default 512 KiB. */
  readonly maxBytes: number;
}

export interface JwtProviderConfig extends TokenProviderBase {
  readonly kind: 'jwt';
  /** `iss` must be one of them. Empty: any; then no other JWT provider may stand after this one. */
  readonly issuers: readonly string[];
  /** Algorithms that tokens may have; never `none`. HS* only with `secret` keys, the others only with public ones. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly keys:
    | { readonly from: 'jwks-url'; readonly url: string; readonly remote: RemoteDocumentConfig }
    /** Absolute path of a JWKS file. */
    | { readonly from: 'jwks-file'; readonly file: string }
    /** A shared secret of 32 bytes or more. */
    | { readonly from: 'secret'; readonly secret: string }
    /** PEM (SPKI or a certificate). */
    | { readonly from: 'public-key'; readonly pem: string };
}

export interface OidcProviderConfig extends TokenProviderBase {
  readonly kind: 'oidc';
  /** Its discovery document is at `<issuer>/.well-known/openid-configuration`. */
  readonly issuer: string;
  /** Default RS256, PS256, ES256, EdDSA; those that the discovery document does not list are not excluded by that. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly remote: RemoteDocumentConfig;
}

/** RFC 7662. */
export interface IntrospectionProviderConfig extends TokenProviderBase {
  readonly kind: 'introspection';
  /** The endpoint itself, or the issuer whose discovery document names it. */
  readonly endpoint: { readonly url: string } | { readonly issuer: string };
  /** `iss` of the answer must be one of them where it has any. Empty: not looked at. */
  readonly issuers: readonly string[];
  readonly clientId: string;
  readonly clientSecret: string;
  /** `client_secret_basic` or `client_secret_post`. Default basic. */
  readonly clientAuth: 'basic' | 'post';
  /** Tokens it is asked of: all, or those that are no JWTs (for a JWT provider beside it). Default `opaque`. */
  readonly tokens: 'all' | 'opaque';
  readonly remote: RemoteDocumentConfig;
}

export interface ApiKeyProviderConfig extends ProviderBase {
  readonly kind: 'api-key';
  /** Default: header `x-api-key`. Never `authorization` but by `authorization: Bearer`. */
  readonly sources: readonly CredentialSource[];
  readonly store: KeyStoreConfig;
  /** How long what the store says of a key is believed, in milliseconds (Redis; a file is watched). Default 5 s. */
  readonly cacheMs: number;
}

export type KeyStoreConfig =
  /** Absolute path; made by `weft keys create`. */
  { readonly in: 'file'; readonly file: string } | { readonly in: 'redis' };

/** RFC 7617. The users are the consumers that have a `passwordHash`. */
export interface BasicProviderConfig extends ProviderBase {
  readonly kind: 'basic';
  readonly realm: string;
}

/** The client's certificate, from this connection or from the `client-cert` field (RFC 9440) of a trusted proxy. */
export interface MtlsProviderConfig extends ProviderBase {
  readonly kind: 'mtls';
  readonly source: 'tls' | 'client-cert';
}

export type ProviderConfig =
  | JwtProviderConfig
  | OidcProviderConfig
  | IntrospectionProviderConfig
  | ApiKeyProviderConfig
  | BasicProviderConfig
  | MtlsProviderConfig;

/** A party that is known by name: an application, a partner. */
export interface ConsumerConfig {
  readonly name: string;
  readonly tier: string | undefined;
  /** Added to what the credentials grant. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly audience: string | undefined;
  /** Name of the provider whose subjects, clients and certificates are meant; undefined: any provider's. */
  readonly provider: string | undefined;
  /** `sub` of tokens, `client_id` of tokens, certificate subjects (`CN=acme`) or names (`DNS:acme.example`). */
  readonly subjects: readonly string[];
  readonly clients: readonly string[];
  readonly certificates: readonly string[];
  /** PHC string of argon2id or scrypt: `$argon2id$v=19$m=...`. The user's name is the consumer's. */
  readonly passwordHash: string | undefined;
}

export interface TierConfig {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly audience: string | undefined;
}

/** What a caller must have. All that is named must hold; an empty rule holds for every caller, known or not. */
export interface AccessRule {
  /** The caller must be known. Implied by all others. */
  readonly authenticated: boolean;
  /** One of the sets must be granted whole. Empty: no scopes are asked for. */
  readonly scopes: readonly (readonly string[])[];
  /** One of them; empty: none is asked for. The same for tiers and consumers. */
  readonly roles: readonly string[];
  readonly tiers: readonly string[];
  readonly consumers: readonly string[];
  /** One of the sets must be granted whole by `authorization.policies`. */
  readonly policies: readonly (readonly string[])[];
}

export interface RevocationConfig {
  readonly store: KeyStoreConfig;
  /** Time between two looks at the list, in milliseconds. Default 1 s. */
  readonly refreshMs: number;
  /** How old a list may be that cannot be read anew; above it all known callers are refused, in milliseconds. Default 60 s. */
  readonly maxStaleMs: number;
}

export interface IdentityConfig {
  /** In order: the first whose credentials a request has says who asks. */
  readonly providers: readonly ProviderConfig[];
  /** Whether a request without credentials may pass, where its route or endpoint does not say. Default: only without providers. */
  readonly anonymous: boolean;
  readonly consumers: readonly ConsumerConfig[];
  readonly tiers: readonly TierConfig[];
  readonly revocations: RevocationConfig | undefined;
}

/** How `@policy` is answered. */
export type PolicySource =
  /** Absolute path of a module that exports `policies`: by name, a function of the caller. */
  | { readonly by: 'module'; readonly file: string }
  /** Asked by POST. */
  | {
      readonly by: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
    };

export interface AuthorizationConfig {
  /** `mask`: a denied field is null with an error. `reject`: the whole operation is refused. Default mask. */
  readonly mode: 'mask' | 'reject';
  readonly policies:
    | { readonly source: PolicySource; /** Default 30 s; 0 keeps none. */ readonly cacheMs: number }
    | undefined;
}

/** A part of the schema, chosen by `@tag` (a contract). */
export interface AudienceConfig {
  readonly name: string;
  /** Only what has one of these tags; empty: everything. */
  readonly include: readonly string[];
  /** Nothing that has one of these, whatever else it has. */
  readonly exclude: readonly string[];
  /** Callers who get it; the first audience whose rule holds counts. Undefined: only consumers and tiers that name it. */
  readonly callers: AccessRule | undefined;
}

export interface CorsConfig {
  readonly policies: readonly CorsPolicy[];
}

/** The first policy whose origins hold the request's counts. */
export interface CorsPolicy {
  /** Exact origins (`https://app.example`), `*`, or with one `*` for a label: `https://*.app.example`. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Request headers a page may send; undefined: what the preflight asks for. */
  readonly headers: readonly string[] | undefined;
  readonly exposedHeaders: readonly string[];
  /** Never with `*`. Default false. */
  readonly credentials: boolean;
  /** Seconds a preflight answer is kept. Default 600. */
  readonly maxAgeSeconds: number;
}

/** IPv4, IPv6, CIDR. What is denied is denied; else, with `allow`, only what it names passes. */
export interface AddressRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Who may come by one door: a route, or the GraphQL endpoint. What is undefined is as for the listener. */
export interface DoorConfig {
  readonly anonymous: boolean | undefined;
  readonly access: AccessRule | undefined;
  readonly addresses: AddressRules | undefined;
  readonly cors: CorsConfig | undefined;
  readonly csrf: boolean | undefined;
  /** Beside or in place of the listener's, by lower-case name; `''` takes one away. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** What the listener asks of every request, health endpoints but for `addresses` excepted. */
export interface ListenerSecurity {
  /** Addresses and networks whose `forwarded`, `x-forwarded-*` and `client-cert` fields are believed. Default none. */
  readonly trustedProxies: readonly string[];
  readonly addresses: AddressRules | undefined;
  readonly cors: CorsConfig | undefined;
  /** Whether requests that a browser sends from another site are refused unless CORS allows their origin. Default true. */
  readonly csrf: boolean;
  /** Response headers by lower-case name, set where the answer has none of the name. Default: `nosniff` and the like. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface TlsConfig {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
  /** Default `none`; the others need `clientCa`. */
  readonly clientCertificate: 'none' | 'request' | 'require';
}
