import type { DocumentNode } from 'graphql';
import { assemble } from './assembly/assemble.ts';
import { remoteFacade } from './assembly/create-facades.ts';
import { loadSchemas, type UpstreamSchema } from './assembly/load-schemas.ts';
import { openUpstreams, type OpenUpstreams } from './assembly/open-upstreams.ts';
import { loadResolvers } from './assembly/resolvers.ts';
import { readSupergraph } from './composition/supergraph.ts';
import type { GatewayConfig, GatewayFolder, UpstreamConfig } from './config/types.ts';
import { keepCalls } from './caching.ts';
import { createGeneration } from './generation.ts';
import type { FrontDoor } from './policies/front-door.ts';
import { limitUpstreamCalls } from './policies/limits/limit-upstream-calls.ts';
import { openFrontDoor, openSharedState, type SharedState } from './security.ts';
import { startHttpServer } from './server/http-server.ts';
import type { Lanes } from './server/lanes.ts';
import { publishNotice } from './telemetry/channels.ts';
import { checkResponseHeaderRules } from './upstream/response-headers.ts';
import { pollUpstreamSchemas } from './upstream/schema-poll.ts';
import type { Facade } from './upstream/types.ts';

/**
 * The two spines of Weft. GraphQL: folder or supergraph -> facades -> stitched schema -> policies -> HTTP. REST: route ->
 * upstream. What a request runs through belongs to one generation; a changed schema builds the next one aside.
 */

/** What a gateway is made of: a folder, or a ready supergraph and where its upstreams are. */
export type GatewaySource =
  | { readonly folder: GatewayFolder }
  | { readonly supergraph: string; readonly gateway: GatewayConfig; readonly upstreams: readonly UpstreamConfig[] };

/** How an upstream stands, for the start message and `/health/ready`. */
export interface UpstreamState {
  readonly name: string;
  readonly kind: UpstreamConfig['kind'];
  /** Base URLs, or `embedded`. */
  readonly targets: readonly string[];
  /** `live`, `file`, `last-good` and `missing` tell where the schema is from; `declared`: it is the folder's own. */
  readonly schema: 'live' | 'file' | 'last-good' | 'missing' | 'declared';
}

export interface Gateway {
  /** Base URL, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly graphqlUrl: string;
  readonly upstreams: () => readonly UpstreamState[];
  /** Fields that are out because the schema of an upstream is missing. */
  readonly outFields: () => readonly string[];
  /** Lets running requests end within `shutdown.drain`, then closes everything. Never rejects. */
  readonly close: () => Promise<void>;
}

interface Generation {
  readonly lanes: Lanes;
  readonly outFields: readonly string[];
}

/**
 * Starts a gateway and resolves when it serves.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID`, `COMPOSITION_FAILED` or `START_FAILED`; nothing is left open then.
 */
export async function startGateway(source: GatewaySource): Promise<Gateway> {
  const config = 'folder' in source ? source.folder.gateway : source.gateway;
  checkResponseHeaderRules(config.responseHeaders);
  const upstreams = 'folder' in source ? source.folder.upstreams : source.upstreams;
  const shared = await openSharedState(config, upstreams);
  let opened: OpenUpstreams | undefined;
  try {
    opened = await openUpstreams(upstreams, {
      limitCallsOf: (upstream) => limitUpstreamCalls(config.limits, upstream, shared.limiter),
      keepCallsOf: (of, upstream) => keepCalls({ config: of, upstream, caching: shared.caching }),
    });
    return await ('folder' in source
      ? serveFolder(source.folder, { opened, shared })
      : serveSupergraph({ config, opened, shared, supergraph: readSupergraph(source.supergraph, 'supergraph') }));
  } catch (error) {
    await opened?.close();
    await shared.close();
    throw error;
  }
}

/** What was opened for the life of the process. */
interface Opened {
  readonly opened: OpenUpstreams;
  readonly shared: SharedState;
}

async function serveFolder(folder: GatewayFolder, { opened, shared }: Opened): Promise<Gateway> {
  const config = folder.gateway;
  const resolvers = await loadResolvers(folder.resolvers);
  const schemas = new Map(await loadSchemas(opened.byName, config));
  const compose = async (): Promise<Composed> => {
    const assembly = await assemble({ folder, upstreams: opened.byName, resolvers, schemas });
    return { ...assembly, supergraph: readSupergraph(assembly.supergraph, 'supergraph') };
  };
  const running = await serve({ config, opened, shared, first: await compose(), schemas });
  const poll = pollUpstreamSchemas(
    [...schemas.values()].map(({ source, loaded }) => ({ source, inUse: loaded })),
    async (name, loaded) => {
      const known = schemas.get(name);
      if (!known) return;
      schemas.set(name, { ...known, loaded });
      try {
        running.swap(await compose());
      } catch (error) {
        schemas.set(name, known);
        throw error;
      }
      publishNotice({ level: 'info', upstream: name, message: `serving with the new schema of upstream "${name}"` });
    },
  );
  return {
    ...running.gateway,
    close: async () => {
      await poll.stop();
      await running.gateway.close();
    },
  };
}

interface SupergraphParts extends Opened {
  readonly config: GatewayConfig;
  readonly supergraph: DocumentNode;
}

async function serveSupergraph({ config, opened, shared, supergraph }: SupergraphParts): Promise<Gateway> {
  const facades = new Map([...opened.byName].map(([name, upstream]) => [name, remoteFacade(upstream)]));
  const first: Composed = { supergraph, facades, missing: [], out: [] };
  return (await serve({ config, opened, shared, first, schemas: new Map() })).gateway;
}

/** What a generation is made of. */
interface Composed {
  readonly supergraph: DocumentNode;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  readonly missing: readonly string[];
  readonly out: readonly { readonly type: string; readonly field: string }[];
}

interface Serving extends Opened {
  readonly config: GatewayConfig;
  readonly first: Composed;
  readonly schemas: ReadonlyMap<string, UpstreamSchema>;
}

interface Running {
  readonly gateway: Gateway;
  /** @throws {GatewayError} where the next one cannot be served; the one before goes on then. */
  readonly swap: (next: Composed) => void;
}

async function serve(serving: Serving): Promise<Running> {
  const frontDoor = await openFrontDoor(serving.config, serving.first.supergraph, serving.shared);
  try {
    return await listen(serving, frontDoor);
  } catch (error) {
    await frontDoor.close();
    throw error;
  }
}

async function listen({ config, opened, shared, first, schemas }: Serving, frontDoor: FrontDoor): Promise<Running> {
  const states = () => Object.fromEntries(upstreamStates(opened, schemas).map(({ name, schema }) => [name, schema]));
  const generationOf = ({ supergraph, facades, missing, out }: Composed): Generation => ({
    lanes: createGeneration({
      ...{ config, opened, supergraph, facades, unavailable: missing, frontDoor, states },
      persisted: shared.persisted,
      caching: shared.caching,
    }),
    outFields: out.map(({ type, field }) => `${type}.${field}`),
  });
  let generation = generationOf(first);
  const server = await startHttpServer({
    host: config.host,
    port: config.port,
    tls: config.tls,
    lanes: () => generation.lanes,
    drainMs: config.shutdown.drainMs,
  });
  return {
    swap: (next) => {
      generation = generationOf(next);
    },
    gateway: {
      url: server.url,
      port: server.port,
      graphqlUrl: `${server.url}${config.graphql.path}`,
      upstreams: () => upstreamStates(opened, schemas),
      outFields: () => generation.outFields,
      close: async () => {
        await server.close();
        await opened.close();
        await frontDoor.close();
        await shared.close();
      },
    },
  };
}

function upstreamStates(opened: OpenUpstreams, schemas: ReadonlyMap<string, UpstreamSchema>): UpstreamState[] {
  return [...opened.byName.values()].map(({ config, isEmbedded, upstream }) => ({
    name: config.name,
    kind: config.kind,
    targets: isEmbedded ? ['embedded'] : upstream.targets,
    schema: schemas.get(config.name)?.loaded.state ?? 'declared',
  }));
}
