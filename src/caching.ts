import { hash } from 'node:crypto';
import { print, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { OpenUpstreams } from './assembly/open-upstreams.ts';
import { createSingleFlight } from './cache/single-flight.ts';
import { createCacheStore } from './cache/store.ts';
import type { CacheStore, SingleFlight } from './cache/types.ts';
import { noCacheHints, readCacheHints } from './composition/cache-hints/cache-hints.ts';
import type { GraphqlCacheConfig } from './config/cache-types.ts';
import type { GatewayConfig, RouteConfig, UpstreamConfig } from './config/types.ts';
import { createResponseCache } from './policies/cache/response-cache.ts';
import type { Redis } from './redis/connect.ts';
import type { RouteCache } from './rest/cache/route-cache.ts';
import { createRouteCaches } from './rest/cache/route-caches.ts';
import { cacheCalls } from './upstream/cache-calls.ts';
import { cacheEntities } from './upstream/cache-entities.ts';
import { readEntityTypes } from './upstream/entity-types.ts';
import type { Upstream } from './upstream/pool.ts';
import type { Facade, Send } from './upstream/types.ts';
import { createVaryOf, type VaryOf } from './upstream/vary.ts';

/**
 * What is kept, and where: answers of operations and of routes, calls and entities inside operations. One store for all of
 * it, which outlives generations.
 */
export interface Caching {
  readonly store: CacheStore;
  readonly singleFlight: SingleFlight;
  readonly close: () => Promise<void>;
}

/** Opens it; undefined where nothing is to be kept. */
export function openCaching(
  { cache, routes }: GatewayConfig,
  upstreams: readonly UpstreamConfig[],
  redis: Redis | undefined,
): Caching | undefined {
  const keepsEntities = Object.keys(cache.entities).length > 0;
  const isUsed = cache.graphql !== undefined || keepsEntities || [...routes, ...upstreams].some((each) => each.cache);
  if (!isUsed) return undefined;
  const shared = cache.store === 'redis' ? redis : undefined;
  const { timeoutMs } = cache;
  const store = createCacheStore({ redis: shared, config: cache });
  const singleFlight = createSingleFlight({ redis: shared, timeoutMs });
  return {
    store,
    singleFlight,
    close: async () => {
      singleFlight.close();
      await store.close();
    },
  };
}

/** Keeps the calls to a REST upstream, where its configuration says so. */
export function keepCalls({
  config,
  upstream,
  caching,
}: {
  config: UpstreamConfig;
  upstream: Upstream;
  caching: Caching | undefined;
}): Send {
  const { send, name, headerRules: rules, targets: bases } = upstream;
  if (!caching || !config.cache) return send;
  const { store, singleFlight } = caching;
  return cacheCalls({ upstream: name, bases, config: config.cache, rules, store, singleFlight, now: Date.now })(send);
}

/** What each route keeps, and what is changed through it. */
export function routeCachesOf({
  config: { cache, identity, routes },
  caching,
}: {
  readonly config: GatewayConfig;
  readonly caching: Caching | undefined;
}): (route: RouteConfig) => RouteCache | undefined {
  if (!caching) return () => undefined;
  const { store, singleFlight } = caching;
  const { show, maxEntryBytes } = cache;
  // What upstreams do not see changes no answer of theirs.
  const credentials = credentialHeadersOf(identity.providers.filter(({ hidesCredentials }) => !hidesCredentials));
  return createRouteCaches(routes, { store, singleFlight, show, maxEntryBytes, credentials, now: Date.now });
}

export interface GenerationCaching {
  readonly config: GatewayConfig;
  readonly caching: Caching;
  readonly opened: OpenUpstreams;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  readonly supergraph: DocumentNode;
}

/** Facades whose entities are kept, by type. */
export function keepEntities(parts: GenerationCaching): ReadonlyMap<string, Facade> {
  const { config, caching, facades, opened, supergraph } = parts;
  const kept = config.cache.entities;
  if (Object.keys(kept).length === 0) return facades;
  const types = readEntityTypes(supergraph);
  const { entities } = readCacheHints(supergraph, {});
  const varyOf = varyOfUpstreams(parts);
  const idFieldOf = (type: string): string | undefined => entities.get(type)?.idField;
  return new Map(
    [...facades].map(([name, facade]) => {
      const vary = varyOf(new Set([name]));
      const bases = opened.byName.get(name)?.upstream.targets ?? [];
      // Asking Redis for each entity costs more than the call that is saved.
      const store = caching.store.own;
      return [name, cacheEntities(facade, { kept, types, idFieldOf, vary, bases, store, now: Date.now })];
    }),
  );
}

/**
 * What keeps answers of operations, each audience's for itself, and makes invalid what mutations change, entities too;
 * undefined where there is nothing of either.
 */
export function answersOf(parts: GenerationCaching, { supergraph, schema }: AnswersOf): ResponseCache | undefined {
  const { cache, identity } = parts.config;
  const keepsEntities = Object.keys(cache.entities).length > 0;
  if (!cache.graphql && !keepsEntities) return undefined;
  const { store, singleFlight } = parts.caching;
  const config = cache.graphql ?? onlyInvalid;
  // What an audience does not see may have hints all the same.
  const hints = readCacheHints(parts.supergraph, config.coordinates);
  return createResponseCache({
    ...{ config, schema, store, singleFlight, now: Date.now },
    credentialHeaders: credentialHeadersOf(identity.providers),
    supergraph: hash('sha256', print(supergraph), 'base64url'),
    hints: cache.graphql ? hints : { ...noCacheHints, entities: hints.entities },
    varyOf: varyOfUpstreams(parts),
  });
}

/** Without hints no answer is kept; mutations count all the same. */
const onlyInvalid: GraphqlCacheConfig = {
  ...{ coordinates: {}, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, partial: false },
  ...{ obeysUpstreams: true, invalidatesByMutations: true },
};

export interface AnswersOf {
  /** The audience's. */
  readonly supergraph: DocumentNode;
  readonly schema: GraphQLSchema;
}

type ResponseCache = ReturnType<typeof createResponseCache>;

/** Headers that clients send credentials in, in lower case. */
function credentialHeadersOf(providers: GatewayConfig['identity']['providers']): readonly string[] {
  const names = providers.flatMap((provider) => {
    if (!('sources' in provider)) return provider.kind === 'basic' ? ['authorization'] : [];
    return provider.sources.flatMap((source) => {
      if (source.from === 'header') return [source.name];
      return source.from === 'query' ? [] : [source.from];
    });
  });
  return [...new Set(['authorization', ...names])];
}

/** Resolvers of REST upstreams and of the gateway may be code, which asks whom it likes. */
function varyOfUpstreams({ opened, facades }: GenerationCaching): VaryOf {
  const rules = new Map([...opened.byName].map(([name, { upstream }]) => [name, upstream.headerRules]));
  const code = [...facades].filter(([, { kind }]) => kind === 'rest' || kind === 'local').map(([name]) => name);
  return createVaryOf({ rules, callsOthers: new Set(code) });
}
