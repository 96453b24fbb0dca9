import type { RouteConfig } from '../../config/types.ts';
import { changedTags, type KeptQueries } from './changes.ts';
import { createRouteCache, type RouteCache, type RouteCacheOptions } from './route-cache.ts';

export type RouteCachesOptions = Omit<RouteCacheOptions, 'config' | 'keptQueries'>;

/**
 * What each of these routes keeps. One that keeps nothing, of an upstream of which another one does, still says what is
 * changed through it; undefined where no route of its upstream keeps anything.
 *
 * @param routes All of the gateway.
 */
export function createRouteCaches(
  routes: readonly RouteConfig[],
  options: RouteCachesOptions,
): (route: RouteConfig) => RouteCache | undefined {
  return ({ upstream, cache: config }) => {
    const keptQueries = keptQueriesOf(routes, upstream);
    if (config !== undefined) return createRouteCache({ ...options, config, keptQueries });
    return keptQueries.length === 0 ? undefined : createChangesOnly(options.store, keptQueries);
  };
}

function keptQueriesOf(routes: readonly RouteConfig[], upstream: string): KeptQueries {
  const found = new Map<string, KeptQueries[number]>();
  for (const route of routes) {
    if (route.cache === undefined || route.upstream !== upstream) continue;
    const { query } = route.cache.key;
    found.set(JSON.stringify(query ?? null), query);
  }
  return [...found.values()];
}

function createChangesOnly(store: RouteCacheOptions['store'], keptQueries: KeptQueries): RouteCache {
  return {
    answer: async (exchange) => {
      const response = await exchange.call({ conditions: undefined, signal: exchange.scope.signal });
      const tags = changedTags(exchange, response, keptQueries);
      if (tags !== undefined) void store.invalidate(tags);
      await exchange.pass(response, {});
    },
  };
}
