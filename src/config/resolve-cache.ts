import type { CacheValues, RouteCacheValues, UpstreamCacheValues } from './cache-schema.ts';
import type { CacheConfig, GraphqlCacheConfig, RouteCacheConfig, UpstreamCacheConfig } from './cache-types.ts';

/** `cache` of `gateway.yaml`, of routes and of upstreams, as the rest of Weft reads it. Pure. */

const largestEntryBytes = 1024 * 1024;

export function toCache(values: CacheValues, hasRedis: boolean): CacheConfig {
  const { maxSize, maxEntrySize, store, timeout, show, graphql, entities } = values;
  return {
    maxBytes: maxSize,
    maxEntryBytes: maxEntrySize ?? Math.min(largestEntryBytes, maxSize),
    store: store ?? (hasRedis ? 'redis' : 'memory'),
    timeoutMs: timeout,
    show,
    graphql: toGraphqlCache(graphql),
    entities: Object.fromEntries(
      Object.entries(entities).map(([type, { maxAge, scope }]) => [type, { maxAgeMs: maxAge, scope }]),
    ),
  };
}

function toGraphqlCache(values: CacheValues['graphql']): GraphqlCacheConfig | undefined {
  if (values === undefined) return undefined;
  return {
    coordinates: Object.fromEntries(
      Object.entries(values.fields).map(([coordinate, { maxAge, scope, inheritMaxAge = false }]) => [
        coordinate,
        { maxAge: maxAge === undefined ? undefined : maxAge / 1000, scope, inheritMaxAge },
      ]),
    ),
    staleWhileRevalidateMs: values.staleWhileRevalidate,
    staleIfErrorMs: values.staleIfError,
    partial: values.partial,
    obeysUpstreams: values.obeyUpstreams,
    invalidatesByMutations: values.invalidateByMutations,
  };
}

export function toRouteCache(values: RouteCacheValues): RouteCacheConfig | undefined {
  if (values === undefined) return undefined;
  const { maxAge, defaultMaxAge, methods, statuses, contentTypes = [], key } = values;
  return {
    maxAgeMs: maxAge,
    defaultMaxAgeMs: defaultMaxAge,
    methods,
    statuses,
    contentTypes: contentTypes.map((type) => type.toLowerCase()),
    key: { query: key.query, headers: key.headers.map((name) => name.toLowerCase()), caller: key.caller },
    staleWhileRevalidateMs: values.staleWhileRevalidate,
    staleIfErrorMs: values.staleIfError,
  };
}

export function toUpstreamCache(values: UpstreamCacheValues): UpstreamCacheConfig | undefined {
  return values && { maxAgeMs: values.maxAge, defaultMaxAgeMs: values.defaultMaxAge };
}
