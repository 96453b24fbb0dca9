import type { AccessRule } from './identity-types.ts';

/** How much may be asked: the parts of `gateway.yaml` and `upstreams/*.yaml` that limits read. */

/** `measure`: metrics and log say what would have been refused, and nothing is. */
export type LimitMode = 'off' | 'measure' | 'enforce';

/** How use is counted. Amounts are requests, or points where the limit counts cost. */
export type LimitAlgorithm =
  /** `max` from each multiple of `windowMs` (since 1970, UTC) to the next. */
  | { readonly kind: 'fixed-window'; readonly max: number; readonly windowMs: number }
  /** Never more than `max` in any `windowMs`; what was used comes back in tenths of the window. */
  | { readonly kind: 'sliding-window'; readonly max: number; readonly windowMs: number }
  /** `burst` at once, filled again by `max` in each `windowMs` (GCRA). */
  | { readonly kind: 'token-bucket'; readonly max: number; readonly windowMs: number; readonly burst: number }
  /** One after the other, `max` in each `windowMs`; whoever would wait longer than `maxWaitMs` is refused. */
  | { readonly kind: 'leaky-bucket'; readonly max: number; readonly windowMs: number; readonly maxWaitMs: number }
  /** `max` in a calendar day or month, UTC. */
  | { readonly kind: 'quota'; readonly max: number; readonly period: 'day' | 'month' }
  /** `max` at the same time. */
  | { readonly kind: 'concurrency'; readonly max: number };

/** What holds while Redis is down or slow. `local`: this instance counts for itself, against its share of `max`. */
export type OnOutage = 'allow' | 'deny' | 'local';

/** Where a limit holds. */
export type LimitPlace =
  | { readonly at: 'everywhere' }
  | { readonly at: 'graphql' }
  /** `path` of one of the routes. */
  | { readonly at: 'route'; readonly path: string }
  /** Calls to an upstream, each of them. */
  | { readonly at: 'upstream'; readonly upstream: string };

export interface RateLimitConfig {
  /**
   * Unique among all limits; answers, logs, metrics and keys in Redis know it by this name. Letters, digits, `_` and `-`:
   * names with dots are free for `@rateLimit`.
   */
  readonly name: string;
  readonly algorithm: LimitAlgorithm;
  /**
   * Whose use is counted together. `global`: everyone's. `address`: the client address's, before anything is known of the
   * caller. `caller`: the caller's id, else the client address. `tier`: all callers of one tier.
   */
  readonly per: 'global' | 'address' | 'caller' | 'tier';
  /** `cost`: points of GraphQL operations; REST requests do not count. Default requests. */
  readonly counts: 'requests' | 'cost';
  /** Limits that are `off` are left out. */
  readonly mode: 'measure' | 'enforce';
  readonly onOutage: OnOutage;
  readonly place: LimitPlace;
  /** Only callers of these tiers; empty: all. Empty with `per: global` and `address`. */
  readonly tiers: readonly string[];
  /** Default all. Always all with `per: global` and `address`. */
  readonly callers: 'all' | 'anonymous' | 'known';
  /** Only GraphQL operations of these names; empty: all. */
  readonly operations: readonly string[];
}

/** Bounds of a document's form; each an integer above 0, undefined: no bound. */
export interface DocumentBounds {
  /** Bytes of its text, UTF-8. */
  readonly maxBytes: number | undefined;
  readonly maxTokens: number | undefined;
  /** Fields below each other, fragments expanded; a root field has depth 1. */
  readonly maxDepth: number | undefined;
  /** Aliased fields, fragments expanded. */
  readonly maxAliases: number | undefined;
  /** Fields of the root type, fragments expanded. */
  readonly maxRootFields: number | undefined;
  /** Directives in the whole document. */
  readonly maxDirectives: number | undefined;
  /** Fragment definitions, and fragment spreads and inline fragments. */
  readonly maxFragments: number | undefined;
  /** Items of any one list among arguments and variables, nested lists included. */
  readonly maxListItems: number | undefined;
}

export type DocumentBound = keyof DocumentBounds;

export interface DocumentLimitsConfig {
  readonly mode: LimitMode;
  readonly bounds: DocumentBounds;
  /** By tier: bounds in place of those above; one that is there and undefined: no bound. */
  readonly tiers: Readonly<Record<string, Partial<DocumentBounds>>>;
}

export interface CostConfig {
  readonly mode: LimitMode;
  /** Most points of one operation; undefined: no bound. */
  readonly max: number | undefined;
  /**
   * Most points that one operation may ask of one upstream, by upstream name (`Infinity`: no bound); `default` for the
   * others (undefined: no bound).
   */
  readonly upstreams: { readonly default: number | undefined; readonly byName: Readonly<Record<string, number>> };
  /** By tier, in place of `max`; `Infinity`: no bound. */
  readonly tiers: Readonly<Record<string, number>>;
  /** Length of lists that nothing is said of. Default 10. */
  readonly defaultListSize: number;
  /** Whether requests with `weft-cost: true` get the estimated and actual cost in `extensions.cost` and headers. Default false. */
  readonly show: boolean;
}

/** Operations or routes that are not served for the time being. All that is named must fit. */
export interface KillSwitch {
  /** Kinds of operation; empty: all. */
  readonly kinds: readonly ('query' | 'mutation' | 'subscription')[];
  /** Names of operations; empty: all. */
  readonly names: readonly string[];
  /** Coordinates (`Mutation.pay`) that an operation must not have; empty: any. */
  readonly fields: readonly string[];
  /** Paths of routes; where there are any, only these routes are meant, and no operation. */
  readonly routes: readonly string[];
  /** Milliseconds since 1970, UTC; undefined: until the configuration says otherwise. */
  readonly until: number | undefined;
  /** What clients read. */
  readonly message: string | undefined;
}

export interface LimitsConfig {
  /** Where use is counted. Default `redis` where there is one. */
  readonly store: 'memory' | 'redis';
  /** Longest wait for Redis, in milliseconds. Default 10. */
  readonly timeoutMs: number;
  /** Instances that share the limits; what each counts by itself is `max` through this. Default 1. */
  readonly instances: number;
  /** Most keys that each limit counts in memory. Default 100,000. */
  readonly maxKeys: number;
  /** Which response headers tell of limits; `retry-after` always does. Default both. */
  readonly headers: { readonly rateLimit: boolean; readonly xRateLimit: boolean };
  readonly rates: readonly RateLimitConfig[];
  /** What `@rateLimit` goes by; `algorithm` with the directive's `max` and `window`. */
  readonly fields: {
    readonly mode: LimitMode;
    readonly algorithm: 'fixed-window' | 'sliding-window' | 'token-bucket';
    readonly onOutage: OnOutage;
  };
  readonly documents: DocumentLimitsConfig;
  readonly cost: CostConfig;
  readonly disabled: readonly KillSwitch[];
}

/** Where the texts of operations known by id come from. */
export interface PersistedConfig {
  /** Automatic persisted queries: clients register texts by their SHA-256. */
  readonly automatic:
    | {
        /** Bound of the texts kept in memory, in bytes. Default 16 MiB. */
        readonly maxBytes: number;
        /** How long Redis keeps a text, in milliseconds. Default 24 h. */
        readonly maxAgeMs: number;
      }
    | undefined;
  readonly trusted:
    | {
        /** `log`: documents that are not in the manifest are told in the log. `enforce`: they are refused. */
        readonly mode: 'off' | 'log' | 'enforce';
        readonly manifests: readonly ManifestSource[];
        /** Callers who may send any document. */
        readonly bypass: AccessRule | undefined;
      }
    | undefined;
}

export type ManifestSource =
  /** Absolute path; watched. */
  | { readonly from: 'file'; readonly file: string }
  | {
      readonly from: 'url';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Time between two looks, in milliseconds. Default 30 s. */
      readonly pollMs: number;
      readonly timeoutMs: number;
      readonly maxBytes: number;
    };

/** One URL, or where Sentinel or Cluster nodes are. */
export type RedisServers =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'sentinel';
      /** Name of the master set. */
      readonly name: string;
      /** `redis:` or `rediss:` URLs of the sentinels. */
      readonly sentinels: readonly string[];
      readonly username: string | undefined;
      readonly password: string | undefined;
      readonly sentinelPassword: string | undefined;
      readonly db: number;
      readonly tls: boolean;
    }
  | {
      readonly kind: 'cluster';
      /** URLs of some nodes; user and password of the first are those of all. */
      readonly nodes: readonly string[];
    };
