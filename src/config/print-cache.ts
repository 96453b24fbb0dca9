import { printByteSize } from '../lib/byte-size.ts';
import { printDuration } from '../lib/duration.ts';
import type { CacheConfig, GraphqlCacheConfig, RouteCacheConfig, UpstreamCacheConfig } from './cache-types.ts';
import type { Printable } from './print-security.ts';

/** Caching, with the keys and units of the files. Pure. */

export function printCache({ graphql, entities, ...config }: CacheConfig): Printable {
  return {
    maxSize: printByteSize(config.maxBytes),
    maxEntrySize: printByteSize(config.maxEntryBytes),
    store: config.store,
    timeout: printDuration(config.timeoutMs),
    show: config.show,
    graphql: graphql === undefined ? false : printGraphqlCache(graphql),
    entities: Object.fromEntries(
      Object.entries(entities).map(([type, { maxAgeMs, scope }]) => [type, { maxAge: printDuration(maxAgeMs), scope }]),
    ),
  };
}

function printGraphqlCache(graphql: GraphqlCacheConfig): Printable {
  return {
    fields: Object.fromEntries(
      Object.entries(graphql.coordinates).map(([coordinate, { maxAge, scope, inheritMaxAge }]) => [
        coordinate,
        {
          maxAge: maxAge === undefined ? undefined : printDuration(maxAge * 1000),
          scope,
          inheritMaxAge: inheritMaxAge || undefined,
        },
      ]),
    ),
    ...printStale(graphql),
    partial: graphql.partial,
    obeyUpstreams: graphql.obeysUpstreams,
    invalidateByMutations: graphql.invalidatesByMutations,
  };
}

export function printRouteCache(cache: RouteCacheConfig | undefined): Printable {
  if (cache === undefined) return false;
  const { methods, statuses, contentTypes, key } = cache;
  return {
    ...printAges(cache),
    methods,
    statuses,
    // No list at all is one of everything.
    contentTypes: contentTypes.length === 0 ? undefined : contentTypes,
    key: { ...key },
    ...printStale(cache),
  };
}

export function printUpstreamCache(cache: UpstreamCacheConfig | undefined): Printable {
  if (cache === undefined) return false;
  const says = cache.maxAgeMs !== undefined || cache.defaultMaxAgeMs !== undefined;
  return says ? printAges(cache) : true;
}

function printAges({ maxAgeMs, defaultMaxAgeMs }: UpstreamCacheConfig) {
  return {
    maxAge: maxAgeMs === undefined ? undefined : printDuration(maxAgeMs),
    defaultMaxAge: defaultMaxAgeMs === undefined ? undefined : printDuration(defaultMaxAgeMs),
  };
}

function printStale(config: Pick<GraphqlCacheConfig, 'staleWhileRevalidateMs' | 'staleIfErrorMs'>) {
  return {
    staleWhileRevalidate: printDuration(config.staleWhileRevalidateMs),
    staleIfError: printDuration(config.staleIfErrorMs),
  };
}
