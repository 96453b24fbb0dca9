import type { CacheConfig, RouteCacheConfig, UpstreamCacheConfig } from './cache-types.ts';
import type {
  AccessRule,
  AudienceConfig,
  AuthorizationConfig,
  DoorConfig,
  IdentityConfig,
  ListenerSecurity,
  TlsConfig,
} from './identity-types.ts';
import type { LimitsConfig, PersistedConfig, RedisServers } from './limit-types.ts';
import type { DeclaredValues } from './print-security.ts';
import type { ResolvedRate } from './resolve-rates.ts';
import type { LogConfig, TelemetryConfig } from './telemetry-types.ts';

/** The configuration as the rest of Weft reads it: checked, resolved, in plain units. */

export type UpstreamKind = 'rest' | 'graphql' | 'federation';

/** What is known of a caller beside the claims. */
export type CallerFact = 'id' | 'consumer' | 'tier' | 'subject' | 'scopes' | 'roles';

/**
 * Where the value of one request header to an upstream comes from. Nothing goes upstream unless a rule names it.
 * `value`: a fixed text (secrets by `${VAR}`). `client`: the client's header of that name. `claims`: a verified claim,
 * as a dotted path. `caller`: what the gateway itself knows of the caller; scopes and roles with spaces between.
 */
export type HeaderRule =
  | { readonly from: 'value'; readonly value: string }
  | { readonly from: 'client'; readonly header: string }
  | { readonly from: 'claims'; readonly claim: string }
  | { readonly from: 'caller'; readonly fact: CallerFact };

export interface Timeouts {
  /** Longest wait for a connection, in milliseconds; above 0. Default 1000. */
  readonly connectMs: number;
  /** Longest wait for response headers, in milliseconds; above 0. Default: `totalMs`. */
  readonly headersMs: number;
  /** Longest pause between two parts of a response body, in milliseconds; above 0. Default: `totalMs`. */
  readonly bodyMs: number;
  /** Longest time for one call from first byte out to last byte in, in milliseconds; above 0. Default 5000. */
  readonly totalMs: number;
}

/** Dotted paths into an upstream's error object (REST: the JSON body; GraphQL: one error) that clients may see. */
export interface ExposedErrors {
  readonly message?: string;
  readonly code?: string;
  /** Shown as `extensions.details`. */
  readonly details?: string;
}

/** One `upstreams/<name>.yaml`. */
export interface UpstreamConfig {
  /** The file's name without its ending; a GraphQL name. */
  readonly name: string;
  readonly kind: UpstreamKind;
  /** The configuration file, for messages. */
  readonly file: string;
  /** Base URLs (`http:` or `https:`, no trailing slash), or the one word `embedded`: the stand-in server beside the file. */
  readonly targets: readonly string[];
  /** Absolute path of an OpenAPI 3.1 document that calls and mappings are checked against (REST only). */
  readonly openapi: string | undefined;
  /** Absolute path of an SDL file used in place of introspection or `_service { sdl }`. */
  readonly schema: string | undefined;
  /** By lower-case header name. */
  readonly headers: Readonly<Record<string, HeaderRule>>;
  readonly timeouts: Timeouts;
  /** Open sockets at most per target; an integer above 0. Default 64. */
  readonly connections: number;
  /** Largest response body read, in bytes; above 0. Default 16 MiB. Passthrough routes stream and are not bound by it. */
  readonly maxResponseBytes: number;
  /** Single look-ups of one client request that run at once; an integer above 0. Default 10. */
  readonly concurrency: number;
  readonly errors: ExposedErrors;
  /** Whether equal queries that run at once share one call (GraphQL and federation only). Default true. */
  readonly shareInflight?: boolean;
  /** Time between two looks at the upstream's schema, in milliseconds; 0 looks once. Default 10,000. */
  readonly pollMs: number;
  /** What is kept of its answers to the calls of operations (REST only). Default nothing. */
  readonly cache?: UpstreamCacheConfig;
}

/** One REST passthrough rule of `gateway.yaml`. */
export interface RouteConfig {
  /** Path prefix on whole segments: `/api/users` serves `/api/users` and all below it. No trailing slash. */
  readonly path: string;
  /** Name of an upstream. */
  readonly upstream: string;
  /** Prefix that is taken off before the call; `''` keeps the path whole. */
  readonly stripPrefix: string;
  /** Methods served, upper case; others are refused with 405. Default: all of GET HEAD POST PUT PATCH DELETE OPTIONS. */
  readonly methods: readonly string[];
  /** Who may come in by it. Default: as the listener and `identity.anonymous` say. */
  readonly door?: DoorConfig;
  /** What is kept of its answers. Default nothing. */
  readonly cache?: RouteCacheConfig;
}

export type ResponseHeaderRule = 'append' | 'first' | 'most-restrictive';

/** `gateway.yaml`. */
export interface GatewayConfig {
  /** Absolute path of the file, or `undefined` where the gateway runs without a folder. */
  readonly file: string | undefined;
  /** Address that is listened on. Default `127.0.0.1`. */
  readonly host: string;
  /** TCP port; 0 lets the system choose. Default 4000. The environment's `PORT` overrides it. */
  readonly port: number;
  readonly graphql: {
    /** Path of the GraphQL endpoint. Default `/graphql`. */
    readonly path: string;
    /** Whether, or for which callers, browsers get GraphiQL at the endpoint. Default true. */
    readonly graphiql: boolean | AccessRule;
    /** Whether, or for which callers, the schema may be asked for. Default true. */
    readonly introspection?: boolean | AccessRule;
    /** Whether, or for which callers, errors suggest names of the schema. Default true. */
    readonly suggestions?: boolean | AccessRule;
    /** Who may come in by it. */
    readonly door?: DoorConfig;
    /** Largest request body, in bytes; above 0. Default 1 MiB. A larger one is refused with 413. */
    readonly maxBodyBytes: number;
    /** Absolute path of an operation that GraphiQL opens with and the start message names. */
    readonly firstOperation: string | undefined;
    /** Whether, or for which callers, a request that asks for it gets its plan in `extensions.queryPlan`. Default false. */
    readonly queryPlan: boolean | AccessRule;
    /** Whether, or for which callers, a request that asks for it gets its upstream calls in `extensions.timeline`. Default false. */
    readonly timeline?: boolean | AccessRule;
    /** Most operations of one request; 0: a request is one operation. Default 0. */
    readonly maxBatch?: number;
    /** Where the texts of operations known by id come from. Default: clients send whole documents. */
    readonly persisted?: PersistedConfig;
  };
  /** What runs operations. Default `stitched`; `compiled` where the gateway runs from a ready supergraph. */
  readonly engine: 'compiled' | 'stitched';
  readonly routes: readonly RouteConfig[];
  readonly security: ListenerSecurity;
  /** Serves HTTPS. Default: HTTP. */
  readonly tls: TlsConfig | undefined;
  /** Where what instances share is kept. */
  readonly redis: RedisServers | undefined;
  readonly identity: IdentityConfig;
  readonly authorization: AuthorizationConfig;
  /** In order: the first whose callers fit counts. */
  readonly audiences: readonly AudienceConfig[];
  /** How much may be asked; `rates` has those of the upstreams too. */
  readonly limits: LimitsConfig;
  /** What is kept, and where. */
  readonly cache: CacheConfig;
  /** Which response headers of upstream calls inside GraphQL come back to the client, by lower-case name. */
  readonly responseHeaders: Readonly<Record<string, ResponseHeaderRule>>;
  readonly shutdown: {
    /** Longest wait for running requests after SIGTERM, in milliseconds. Default 20,000. */
    readonly drainMs: number;
  };
  /** Absolute folder where the last good schema of each upstream is kept. Default `.weft` beside the file. */
  readonly stateDir: string;
  /** What is told of requests: traces, metrics, and how traces pass through. */
  readonly telemetry: TelemetryConfig;
  readonly log: LogConfig;
}

/** A text file of the gateway's folder. */
export interface SourceFile {
  /** Upstream name, or `gateway`: the file's name without its ending. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly text: string;
}

/** A value of which a piece is secret (it came from a file, or is a token in a URL's path), as it may be printed. */
export interface MaskedValue {
  /** Relative to the gateway's folder. */
  readonly file: string;
  /** Keys and list positions that lead to the value in that file. */
  readonly path: readonly string[];
  /** The value with `***` for the secret. */
  readonly text: string;
}

/** A gateway's folder, read and checked. */
export interface GatewayFolder {
  readonly dir: string;
  readonly gateway: GatewayConfig;
  /** The sections of `gateway.yaml` that are printed as they are written. */
  readonly declared?: DeclaredValues;
  /** The rate limits of all files as they are printed, those that are off too. */
  readonly rates?: readonly ResolvedRate[];
  /** In alphabetical order of name. */
  readonly upstreams: readonly UpstreamConfig[];
  /** `schema/*.graphql`. */
  readonly schemas: readonly SourceFile[];
  /** Absolute paths of `resolvers/*.ts` (or `.js`, `.mjs`), by name. */
  readonly resolvers: Readonly<Record<string, string>>;
  /** What `printConfig` must not show in full, beyond header values and what stands before `@` of a URL. */
  readonly masked?: readonly MaskedValue[];
  /**
   * SHA-256, in hexadecimal, of the bytes of `gateway.yaml` and of each `upstreams/<name>.yaml` in alphabetical order, as
   * they stand in the files: the environment changes nothing.
   */
  readonly checksum?: string;
}
