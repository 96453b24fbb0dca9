import type { DocumentNode } from 'graphql';
import { assemble } from './assembly/assemble.ts';
import { remoteFacade } from './assembly/create-facades.ts';
import { loadSchemas, type UpstreamSchema } from './assembly/load-schemas.ts';
import { openUpstreams, type OpenUpstreams } from './assembly/open-upstreams.ts';
import { loadResolvers } from './assembly/resolvers.ts';
import { readSupergraph } from './composition/supergraph.ts';
import type { GatewayConfig, GatewayFolder, UpstreamConfig } from './config/types.ts';
import { keepCalls } from './caching.ts';
import { readFigures } from './figures.ts';
import { createGeneration, type Generation } from './generation.ts';
import type { FrontDoor } from './policies/front-door.ts';
import { limitUpstreamCalls } from './policies/limits/limit-upstream-calls.ts';
import { openFrontDoor, openSharedState, type SharedState } from './security.ts';
import { startHttpServer, type HttpServer } from './server/http-server.ts';
import type { RecordOptions } from './server/records.ts';
import { publishNotice } from './telemetry/channels.ts';
import { openTelemetry, type Telemetry } from './telemetry/open.ts';
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
  /** Where metrics are read; undefined where they are not. */
  readonly metricsUrl: string | undefined;
  /** Lets running requests end within `shutdown.drain`, then closes everything. Never rejects. */
  readonly close: () => Promise<void>;
}

interface Served extends Generation {
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
  const { checksum } = folder;
  const running = await serve({ config, opened, shared, first: await compose(), schemas, checksum });
  const poll = pollUpstreamSchemas(
    [...schemas.values()].map(({ source, loaded }) => ({ source, inUse: loaded })),
    async (name, loaded) => {
      const known = schemas.get(name);
      if (!known) return;
      schemas.set(name, { ...known, loaded });
      try {
        await running.reload(compose);
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
  return (await serve({ config, opened, shared, first, schemas: new Map(), checksum: undefined })).gateway;
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
  /** Of the configuration files; undefined where there are none. */
  readonly checksum: string | undefined;
}

interface Running {
  readonly gateway: Gateway;
  /** Serves what is composed. Rejects where that cannot be done; what was served before goes on then. */
  readonly reload: (compose: () => Promise<Composed>) => Promise<void>;
}

/** What is running, as far as it is: told of before all of it has begun. */
interface Standing {
  generation: Served | undefined;
  server: HttpServer | undefined;
  readonly reloads: { ok: number; failed: number };
}

async function serve(serving: Serving): Promise<Running> {
  const { config, opened, shared, schemas, checksum, first } = serving;
  const standing: Standing = { generation: undefined, server: undefined, reloads: { ok: 0, failed: 0 } };
  const telemetry = await openTelemetry({
    config: config.telemetry,
    checksum,
    figures: () => readFigures({ ...standing, opened, shared, states: upstreamStates(opened, schemas) }),
  });
  let frontDoor: FrontDoor | undefined;
  try {
    frontDoor = await openFrontDoor(config, first.supergraph, shared);
    return await listen({ serving, frontDoor, telemetry, standing });
  } catch (error) {
    await frontDoor?.close();
    await telemetry.close();
    throw error;
  }
}

interface Listening {
  readonly serving: Serving;
  readonly frontDoor: FrontDoor;
  readonly telemetry: Telemetry;
  readonly standing: Standing;
}

async function listen(listening: Listening): Promise<Running> {
  const { serving, frontDoor, telemetry, standing } = listening;
  const { config, opened, shared, schemas } = serving;
  let generation = generationOf(listening, serving.first);
  standing.generation = generation;
  const server = await startHttpServer({
    host: config.host,
    port: config.port,
    tls: config.tls,
    lanes: () => generation.lanes,
    drainMs: config.shutdown.drainMs,
    records: recordOptions(config),
  });
  standing.server = server;
  const { metrics, metricsUrl } = telemetry;
  return {
    reload: async (compose) => {
      try {
        generation = generationOf(listening, await compose());
        standing.generation = generation;
        standing.reloads.ok += 1;
      } catch (error) {
        standing.reloads.failed += 1;
        throw error;
      }
    },
    gateway: {
      url: server.url,
      port: server.port,
      graphqlUrl: `${server.url}${config.graphql.path}`,
      upstreams: () => upstreamStates(opened, schemas),
      outFields: () => generation.outFields,
      metricsUrl: metrics ? server.url + metrics.path : metricsUrl,
      close: async () => {
        await server.close();
        await opened.close();
        await frontDoor.close();
        await shared.close();
        // Last: it tells of all that ended before.
        await telemetry.close();
      },
    },
  };
}

function generationOf({ serving, frontDoor, telemetry }: Listening, composed: Composed): Served {
  const { config, opened, shared, schemas } = serving;
  const { supergraph, facades, missing: unavailable, out } = composed;
  const { persisted, caching } = shared;
  const { metrics } = telemetry;
  const states = () => Object.fromEntries(upstreamStates(opened, schemas).map(({ name, schema }) => [name, schema]));
  return {
    ...createGeneration({
      ...{ config, opened, supergraph, facades, unavailable, frontDoor, persisted, caching, metrics, states },
    }),
    outFields: out.map(({ type, field }) => `${type}.${field}`),
  };
}

/** What answers may show of their own request is recorded, though nobody else listens. */
function recordOptions({ telemetry, graphql }: GatewayConfig): RecordOptions {
  const { clientName, clientVersion, serverTiming } = telemetry;
  return { clientName, clientVersion, always: serverTiming !== false || (graphql.timeline ?? false) !== false };
}

function upstreamStates(opened: OpenUpstreams, schemas: ReadonlyMap<string, UpstreamSchema>): UpstreamState[] {
  return [...opened.byName.values()].map(({ config, isEmbedded, upstream }) => ({
    name: config.name,
    kind: config.kind,
    targets: isEmbedded ? ['embedded'] : upstream.targets,
    schema: schemas.get(config.name)?.loaded.state ?? 'declared',
  }));
}
