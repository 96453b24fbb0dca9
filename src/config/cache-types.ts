/** What may be kept, and for how long: the parts of `gateway.yaml` that caching reads. */

export interface CacheConfig {
  /** Bound of what each instance keeps in memory, in bytes, compressed forms and keys included. Default 64 MiB. */
  readonly maxBytes: number;
  /** Largest body that is kept, in bytes. Default 1 MiB. */
  readonly maxEntryBytes: number;
  /** Where instances share. Default `redis` where there is one. */
  readonly store: 'memory' | 'redis';
  /** Longest wait for Redis on a look-up, in milliseconds. Default 10. */
  readonly timeoutMs: number;
  /** Whether requests with `weft-cache: true` (and answers to them) tell by `x-cache` what came of the cache. Default false. */
  readonly show: boolean;
  /** Undefined: GraphQL answers are not kept. */
  readonly graphql: GraphqlCacheConfig | undefined;
  /** Entities of upstream fetches, by type; empty: none. */
  readonly entities: Readonly<Record<string, EntityCacheConfig>>;
}

export type CacheScope = 'PUBLIC' | 'PRIVATE';

/** As `@cacheControl` says it, by coordinate (`Type` or `Type.field`); it counts beside the directive: the strictest of both. */
export interface CacheHint {
  /** Seconds; undefined: nothing is said. */
  readonly maxAge: number | undefined;
  readonly scope: CacheScope | undefined;
  readonly inheritMaxAge: boolean;
}

export interface GraphqlCacheConfig {
  readonly coordinates: Readonly<Record<string, CacheHint>>;
  /** How long past its time an answer is served while a new one is made, in milliseconds; 0: not. Default 0. */
  readonly staleWhileRevalidateMs: number;
  /** How long past its time an answer is served where no new one can be had, in milliseconds; 0: not. Default 0. */
  readonly staleIfErrorMs: number;
  /** Whether answers with errors beside data are kept. Default false. */
  readonly partial: boolean;
  /** Whether the `cache-control` of upstream answers shortens what hints allow. Default true. */
  readonly obeysUpstreams: boolean;
  /** Whether mutations make answers with the entities of their result invalid. Default true. */
  readonly invalidatesByMutations: boolean;
}

export interface EntityCacheConfig {
  readonly maxAgeMs: number;
  readonly scope: CacheScope;
}

/** What one passthrough route keeps (RFC 9111). */
export interface RouteCacheConfig {
  /** Longest time an answer is fresh, in milliseconds, whatever it says; undefined: as it says. */
  readonly maxAgeMs: number | undefined;
  /** Freshness of answers that say nothing of it, in milliseconds; undefined: they are not kept. Default undefined. */
  readonly defaultMaxAgeMs: number | undefined;
  /** Of GET, HEAD. Default both. */
  readonly methods: readonly ('GET' | 'HEAD')[];
  /** Default 200, 203, 204, 300, 301, 308, 404, 410 (RFC 9110, 15.1, without 206, 405, 414, 501). */
  readonly statuses: readonly number[];
  /** Media types without parameters; empty: all. */
  readonly contentTypes: readonly string[];
  /** What tells answers apart beside method, URL and `vary`. */
  readonly key: {
    /** Query parameters that count; undefined: all, as they stand. */
    readonly query: readonly string[] | undefined;
    /** Request headers, lower case. */
    readonly headers: readonly string[];
    /** Whether each caller has answers of its own. Default false. */
    readonly caller: boolean;
  };
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

/** What is kept of the answers of a REST upstream to the calls of operations (RFC 9111). */
export interface UpstreamCacheConfig {
  /** Longest time an answer is fresh, in milliseconds, whatever it says; undefined: as it says. */
  readonly maxAgeMs: number | undefined;
  /** Freshness of answers that say nothing of it, in milliseconds; undefined: they are not kept. */
  readonly defaultMaxAgeMs: number | undefined;
}
