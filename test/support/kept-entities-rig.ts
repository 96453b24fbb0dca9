import type { TestContext } from 'node:test';
import { graphql, parse, type ExecutionResult } from 'graphql';
import { remoteFacade } from '../../src/assembly/create-facades.ts';
import { openUpstreams } from '../../src/assembly/open-upstreams.ts';
import { createCacheStore } from '../../src/cache/store.ts';
import type { CacheStore } from '../../src/cache/types.ts';
import { createCompiledEngine } from '../../src/compiled/engine.ts';
import { readCacheHints } from '../../src/composition/cache-hints/cache-hints.ts';
import { compose } from '../../src/composition/compose.ts';
import type { EntityCacheConfig } from '../../src/config/cache-types.ts';
import type { HeaderRule } from '../../src/config/types.ts';
import { anonymous, type Caller } from '../../src/identity/caller.ts';
import { stitch } from '../../src/stitched/schema.ts';
import { cacheEntities } from '../../src/upstream/cache-entities.ts';
import { readEntityTypes } from '../../src/upstream/entity-types.ts';
import { createRequestScope } from '../../src/upstream/scope.ts';
import type { RequestScope } from '../../src/upstream/types.ts';
import { createVaryOf } from '../../src/upstream/vary.ts';
import { createSubgraphSchema, type SubgraphParts } from '../../upstreams/demo/subgraph.ts';
import { startFakeUpstream, type FakeAnswer } from './fake-upstream.ts';
import { upstreamConfig } from './upstream-config.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])`;

const shop = /* GraphQL */ `
  type Product @key(fields: "sku") { sku: ID! title: String }
  type Query { products(skus: [ID!]!): [Product!]! }
  type Mutation { restock(sku: ID!): Product }
`;

const stock = /* GraphQL */ `
  type Product @key(fields: "sku") { sku: ID! count(unit: String = "piece"): String asker: String shelf: Shelf }
  type Shelf @key(fields: "id") { id: ID! aisle: String }
  type Query { stocked: Int }
`;

/** What the stock says, and how. */
export interface StockSays {
  version: number;
  /** Beside its data. */
  errors: readonly object[];
  headers: Readonly<Record<string, string>>;
}

export interface AskWith {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly caller?: Partial<Caller>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly scope?: Partial<RequestScope>;
}

export interface KeptEntitiesRig {
  readonly ask: (query: string, given?: AskWith) => Promise<ExecutionResult>;
  /** SKUs that the stock was asked for since the last look, one list a call. */
  readonly takeAsked: () => readonly (readonly string[])[];
  readonly stock: StockSays;
  readonly store: CacheStore;
  /** Lets time go on, in milliseconds. */
  readonly wait: (ms: number) => void;
}

export interface RigOptions {
  /** By type. Default `Product` for a minute, for all. */
  readonly kept?: Readonly<Record<string, EntityCacheConfig>>;
  /** Of the stock. Default none. */
  readonly rules?: Readonly<Record<string, HeaderRule>>;
  /** Default one of its own, in memory. */
  readonly store?: CacheStore;
}

export function memoryStore(): CacheStore {
  return createCacheStore({ redis: undefined, config: { maxBytes: 1e6, maxEntryBytes: 1e5, timeoutMs: 100 } });
}

/** The compiled engine over two real subgraphs: a shop that knows products, and a stock whose part of them is kept. */
export async function startKeptEntities(t: TestContext, options: RigOptions = {}): Promise<KeptEntitiesRig> {
  const { kept = { Product: { maxAgeMs: 60_000, scope: 'PUBLIC' } }, rules = {}, store = memoryStore() } = options;
  const says: StockSays = { version: 1, errors: [], headers: {} };
  let asked: string[][] = [];
  let lateMs = 0;
  const product = ({ sku }: { readonly sku?: unknown }): object => ({ sku, title: `title of ${String(sku)}` });
  const servers = {
    shop: await serve({
      sdl: `${link}\n${shop}`,
      resolvers: {
        Query: { products: (_: unknown, { skus }: { readonly skus: string[] }) => skus.map((sku) => product({ sku })) },
        Mutation: { restock: (_: unknown, { sku }: { readonly sku: string }) => product({ sku }) },
      },
      entities: { Product: product },
    }),
    stock: await serve(
      {
        sdl: `${link}\n${stock}`,
        resolvers: {
          Query: { stocked: () => 1 },
          Product: {
            count: ({ sku }: { readonly sku: string }, { unit }: { readonly unit: string }) =>
              `${says.version} ${unit} of ${sku}`,
            asker: (_: unknown, _none: unknown, headers: Readonly<Record<string, string>>) =>
              `asked by ${headers['x-user'] ?? 'nobody'}`,
          },
        },
        entities: {
          Shelf: ({ id }) => ({ id, aisle: 'a' }),
          Product: ({ sku }) =>
            sku === 'none' ? null : { sku, shelf: { id: `shelf of ${String(sku)}`, aisle: `${says.version}` } },
        },
      },
      says,
      (skus) => asked.push(skus),
    ),
  };
  const upstreams = Object.entries(servers);
  const opened = await openUpstreams(
    upstreams.map(([name, { url }]) =>
      upstreamConfig({ name, kind: 'federation', targets: [url], headers: name === 'stock' ? rules : {} }),
    ),
  );
  t.after(async () => {
    await opened.close();
    for (const [, server] of upstreams) await server.close();
    if (!options.store) await store.close();
  });
  const sources = upstreams.map(([name, { url, sdl }]) => ({ name, file: name, url, sdl: parse(sdl) }));
  const supergraph = parse(compose(sources));
  const { entities } = readCacheHints(supergraph, {});
  const all = new Map([...opened.byName].map(([name, { upstream }]) => [name, upstream.headerRules]));
  const varyOf = createVaryOf({ rules: all, callsOthers: new Set() });
  const facades = new Map(
    [...opened.byName].map(([name, each]) => {
      const given = { kept, store: store.own, vary: varyOf(new Set([name])), now: () => Date.now() + lateMs };
      const naming = { types: readEntityTypes(supergraph), idFieldOf: (type: string) => entities.get(type)?.idField };
      return [name, cacheEntities(remoteFacade(each), { ...given, ...naming })] as const;
    }),
  );
  const schema = stitch(supergraph, facades);
  const engine = createCompiledEngine({ supergraph, facades, schema });
  return {
    ask: async (query, { variables = {}, caller = {}, headers = {}, scope: more = {} } = {}) => {
      const { signal } = new AbortController();
      const made = { headers, signal, responseHeaderRules: {}, caller: { ...anonymous, ...caller } };
      const scope = { ...createRequestScope(made), ...more };
      const document = parse(query);
      return engine.execute({ schema, document, variableValues: variables, contextValue: { scope } });
    },
    takeAsked: () => {
      const taken = asked;
      asked = [];
      return taken;
    },
    stock: says,
    store,
    wait: (ms) => {
      lateMs += ms;
    },
  };
}

/** A subgraph over HTTP whose answers the test decides about. */
async function serve(parts: SubgraphParts, says?: StockSays, note?: (skus: string[]) => void) {
  const schema = createSubgraphSchema(parts);
  const server = await startFakeUpstream(async ({ body, headers }): Promise<FakeAnswer> => {
    const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> };
    const lists = Object.values(variables ?? {}).filter((value) => Array.isArray(value)) as { sku: string }[][];
    note?.(lists.flatMap((list) => list.map(({ sku }) => sku)));
    const result = await graphql({ schema, source: query, variableValues: variables, contextValue: headers });
    const errors = [...(result.errors ?? []), ...(says?.errors ?? [])];
    return { json: { ...result, ...(errors.length > 0 && { errors }) }, headers: says?.headers ?? {} };
  });
  return { url: server.url, close: server.close, sdl: parts.sdl };
}
