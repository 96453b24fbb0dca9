import { hash } from 'node:crypto';
import { execute, parse, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { remoteFacade } from '../../src/assembly/create-facades.ts';
import { openUpstreams } from '../../src/assembly/open-upstreams.ts';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import { createCacheStore } from '../../src/cache/store.ts';
import type { CacheStore } from '../../src/cache/types.ts';
import type { Authorization } from '../../src/compiled/authorization.ts';
import { createCompiledEngine, type CompiledEngine } from '../../src/compiled/engine.ts';
import { compose } from '../../src/composition/compose.ts';
import { readCacheHints } from '../../src/composition/cache-hints/cache-hints.ts';
import type { CacheHint, GraphqlCacheConfig } from '../../src/config/cache-types.ts';
import type { HeaderRule, ResponseHeaderRule } from '../../src/config/types.ts';
import { anonymous, type Caller } from '../../src/identity/caller.ts';
import type { KeptAnswer } from '../../src/lib/kept-answer.ts';
import { createResponseCache } from '../../src/policies/cache/response-cache.ts';
import type { Redis } from '../../src/redis/connect.ts';
import { stitch } from '../../src/stitched/schema.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import { createVaryOf } from '../../src/upstream/vary.ts';
import { startFakeUpstream, type FakeAnswer, type FakeCall } from './fake-upstream.ts';
import { upstreamConfig } from './upstream-config.ts';

/** What an upstream of the rig answers with. */
export interface RigUpstream {
  readonly name: string;
  /** A federation subgraph. */
  readonly sdl: string;
  /** Its resolvers get `{ headers }` of the call as context. */
  readonly schema: GraphQLSchema;
  /** By header name. Default: none. */
  readonly headers?: Readonly<Record<string, HeaderRule>>;
}

export interface CacheRigOptions {
  readonly upstreams: readonly RigUpstream[];
  /** By coordinate. */
  readonly hints: Readonly<Record<string, Partial<CacheHint>>>;
  readonly config?: Partial<GraphqlCacheConfig>;
  readonly runs?: 'compiled' | 'stitched';
  readonly responseHeaderRules?: Readonly<Record<string, ResponseHeaderRule>>;
  /** Default: everyone may read everything. */
  readonly authorization?: Authorization;
  /** Default: memory alone. */
  readonly redis?: Redis;
  /** Default: one of the rig's own. */
  readonly store?: CacheStore;
  readonly supergraphHash?: string;
}

export interface RigAsking {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** The client's. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly caller?: Partial<Caller>;
  readonly signal?: AbortSignal;
}

export type RigResult = ExecutionResult & { readonly kept?: KeptAnswer };

export interface RigAnswer {
  readonly result: RigResult;
  /** What rules brought back. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface CacheRig {
  readonly schema: GraphQLSchema;
  readonly engine: CompiledEngine;
  readonly store: CacheStore;
  readonly ask: (query: string, asking?: RigAsking) => Promise<RigAnswer>;
  /** Calls to upstreams so far. */
  readonly calls: () => number;
  /** What each upstream does before it answers, and adds to its answers. */
  readonly upstream: { before: (call: FakeCall) => Promise<FakeAnswer | void> | void; headers: Record<string, string> };
  /** Moves the clock of the cache, in milliseconds. */
  readonly pass: (ms: number) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Federation subgraphs over real sockets, and an engine with a cache of answers before them. */
export async function createCacheRig(options: CacheRigOptions): Promise<CacheRig> {
  const upstream: CacheRig['upstream'] = { before: () => {}, headers: {} };
  const servers = await Promise.all(
    options.upstreams.map(({ schema }) =>
      startFakeUpstream(async (call): Promise<FakeAnswer> => {
        const refused = await upstream.before(call);
        if (refused) return refused;
        const { query, variables } = JSON.parse(call.body) as { query: string; variables?: Record<string, unknown> };
        const contextValue = { headers: call.headers };
        const json = await execute({ schema, document: parse(query), variableValues: variables, contextValue });
        return { json, headers: { ...upstream.headers, 'content-type': 'application/json' } };
      }),
    ),
  );
  const opened = await openUpstreams(
    options.upstreams.map(({ name, headers = {} }, index) =>
      // Upstream calls of several requests must not be one for any other reason than that the answer is.
      upstreamConfig({ name, kind: 'federation', targets: [servers[index]?.url ?? ''], headers, shareInflight: false }),
    ),
  );
  const sources = options.upstreams.map(({ name, sdl }, index) => ({
    ...{ name, file: `${name}.graphql`, url: servers[index]?.url ?? '', sdl: parse(sdl) },
  }));
  const supergraph = parse(compose(sources));
  const facades = new Map([...opened.byName].map(([name, each]) => [name, remoteFacade(each)]));
  const schema = stitch(supergraph, facades);
  const redis = options.redis;
  const limits = { maxBytes: 64 * 1024 * 1024, maxEntryBytes: 1024 * 1024, timeoutMs: 100 };
  const store = options.store ?? createCacheStore({ redis, config: limits });
  const singleFlight = createSingleFlight({ redis, timeoutMs: 100 });
  let passed = 0;
  const answers = createResponseCache({
    ...{ schema, store, singleFlight },
    config: { ...defaults, ...options.config },
    hints: readCacheHints(supergraph, completed(options.hints)),
    supergraph: options.supergraphHash ?? hash('sha256', 'supergraph'),
    varyOf: createVaryOf({
      rules: new Map([...opened.byName].map(([name, each]) => [name, each.upstream.headerRules])),
      callsOthers: new Set(),
    }),
    now: () => Date.now() + passed,
  });
  const { authorization, runs = 'compiled' } = options;
  const engine = createCompiledEngine({
    ...{ supergraph, facades, schema, answers, runs, showsPlans: true },
    ...(authorization && { authorization }),
  });
  return {
    ...{ schema, engine, store, upstream },
    calls: () => servers.reduce((sum, { requests }) => sum + requests.length, 0),
    pass: (ms) => {
      passed += ms;
    },
    ask: async (query, { variables = {}, operationName, headers = {}, caller, signal } = {}) => {
      const scope = createRequestScope({
        headers,
        signal: signal ?? new AbortController().signal,
        responseHeaderRules: options.responseHeaderRules ?? {},
        caller: { ...anonymous, ...(caller && { isKnown: true }), ...caller },
      });
      const args = { schema, document: parse(query), variableValues: variables, contextValue: { scope } };
      const result = await engine.execute({ ...args, ...(operationName !== undefined && { operationName }) });
      return { result, headers: scope.responseHeaders.entries() };
    },
    [Symbol.asyncDispose]: async () => {
      singleFlight.close();
      if (!options.store) await store.close();
      await opened.close();
      await Promise.all(servers.map(({ close }) => close()));
    },
  };
}

const defaults: GraphqlCacheConfig = {
  coordinates: {},
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  partial: false,
  obeysUpstreams: true,
  invalidatesByMutations: true,
};

function completed(hints: CacheRigOptions['hints']): Readonly<Record<string, CacheHint>> {
  const empty: CacheHint = { maxAge: undefined, scope: undefined, inheritMaxAge: false };
  return Object.fromEntries(Object.entries(hints).map(([place, hint]) => [place, { ...empty, ...hint }]));
}
