import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { assemble, type Assembly } from './assembly/assemble.ts';
import { remoteFacade } from './assembly/create-facades.ts';
import { loadSchemas, type UpstreamSchema } from './assembly/load-schemas.ts';
import { openUpstreams, type OpenUpstreams } from './assembly/open-upstreams.ts';
import { loadResolvers } from './assembly/resolvers.ts';
import { createCompiledEngine, type CompiledEngineParts } from './compiled/engine.ts';
import { readSupergraph } from './composition/supergraph.ts';
import type { GatewayConfig, GatewayFolder, UpstreamConfig } from './config/types.ts';
import { createPolicies } from './policies/index.ts';
import { createPassthrough, type Passthrough } from './rest/passthrough.ts';
import { clientSignal } from './server/client-signal.ts';
import { createGraphqlHandler, type Execute, type GraphqlHandlerOptions } from './server/graphql-server.ts';
import { startHttpServer } from './server/http-server.ts';
import type { Lanes } from './server/lanes.ts';
import { executeStitched, subscribeStitched } from './stitched/execute.ts';
import { stitch } from './stitched/schema.ts';
import { publishNotice } from './telemetry/channels.ts';
import { checkResponseHeaderRules } from './upstream/response-headers.ts';
import { pollUpstreamSchemas } from './upstream/schema-poll.ts';
import { createRequestScope } from './upstream/scope.ts';
import type { RequestScope } from './upstream/types.ts';

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
  const opened = await openUpstreams('folder' in source ? source.folder.upstreams : source.upstreams);
  try {
    return await ('folder' in source
      ? serveFolder(source.folder, opened)
      : serveSupergraph({ config, opened, supergraph: readSupergraph(source.supergraph, 'supergraph') }));
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function serveFolder(folder: GatewayFolder, opened: OpenUpstreams): Promise<Gateway> {
  const config = folder.gateway;
  const resolvers = await loadResolvers(folder.resolvers);
  const schemas = new Map(await loadSchemas(opened.byName, config));
  const build = async (): Promise<Generation> => {
    const assembly = await assemble({ folder, upstreams: opened.byName, resolvers, schemas });
    return generationOf(assembly, { config, opened, schemas });
  };
  const running = await serve({ config, opened, first: await build(), schemas });
  const poll = pollUpstreamSchemas(
    [...schemas.values()].map(({ source, loaded }) => ({ source, inUse: loaded })),
    async (name, loaded) => {
      const known = schemas.get(name);
      if (!known) return;
      schemas.set(name, { ...known, loaded });
      try {
        running.swap(await build());
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

interface SupergraphParts {
  readonly config: GatewayConfig;
  readonly opened: OpenUpstreams;
  readonly supergraph: DocumentNode;
}

async function serveSupergraph({ config, opened, supergraph }: SupergraphParts): Promise<Gateway> {
  const facades = new Map([...opened.byName].map(([name, upstream]) => [name, remoteFacade(upstream)]));
  const schema = stitch(supergraph, facades);
  const engine = engineOf(config, { supergraph, facades, schema });
  const lanes = lanesOf({ config, opened, schema, engine, unavailable: [], states: () => ({}) });
  const first = { lanes, outFields: [] };
  return (await serve({ config, opened, first, schemas: new Map() })).gateway;
}

interface Serving {
  readonly config: GatewayConfig;
  readonly opened: OpenUpstreams;
  readonly first: Generation;
  readonly schemas: ReadonlyMap<string, UpstreamSchema>;
}

async function serve({ config, opened, first, schemas }: Serving): Promise<{
  readonly gateway: Gateway;
  readonly swap: (next: Generation) => void;
}> {
  let generation = first;
  const server = await startHttpServer({
    host: config.host,
    port: config.port,
    lanes: () => generation.lanes,
    drainMs: config.shutdown.drainMs,
  });
  return {
    swap: (next) => {
      generation = next;
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

function generationOf(
  { supergraph, facades, missing, out }: Assembly,
  { config, opened, schemas }: Omit<Serving, 'first'>,
): Generation {
  const document = readSupergraph(supergraph, 'supergraph');
  const schema = stitch(document, facades);
  const engine = engineOf(config, { supergraph: document, facades, schema });
  const states = () =>
    Object.fromEntries(upstreamStates(opened, schemas).map(({ name, schema: state }) => [name, state]));
  return {
    lanes: lanesOf({ config, opened, schema, engine, unavailable: missing, states }),
    outFields: out.map(({ type, field }) => `${type}.${field}`),
  };
}

type Engine = Pick<GraphqlHandlerOptions, 'runPrepared'> & { readonly execute: Execute };

/** What runs operations. Subscriptions run stitched, and so does what the planner declines. */
function engineOf({ engine, graphql }: GatewayConfig, parts: CompiledEngineParts): Engine {
  if (engine === 'stitched') return { execute: executeStitched };
  return createCompiledEngine({ ...parts, showsPlans: graphql.queryPlan });
}

interface LaneParts {
  readonly config: GatewayConfig;
  readonly opened: OpenUpstreams;
  readonly schema: GraphQLSchema;
  readonly engine: Engine;
  readonly unavailable: readonly string[];
  readonly states: () => Readonly<Record<string, string>>;
}

function lanesOf({ config, opened, schema, engine, unavailable, states }: LaneParts): Lanes {
  const createScope = (req: IncomingMessage, signal: AbortSignal): RequestScope =>
    createRequestScope({ headers: req.headers, signal, responseHeaderRules: config.responseHeaders });
  const upstreams = new Map([...opened.byName].map(([name, { upstream }]) => [name, upstream]));
  const passthrough = createPassthrough(config.routes, upstreams);
  return {
    graphqlPath: config.graphql.path,
    graphql: createGraphqlHandler({
      schema,
      ...engine,
      subscribe: subscribeStitched,
      config: config.graphql,
      createScope,
      plugins: createPolicies({ unavailable }),
    }),
    routes: (req, res) => route({ req, res, passthrough, createScope }),
    readiness: () => ({ ready: true, upstreams: states() }),
  };
}

interface Routing {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly passthrough: Passthrough;
  readonly createScope: (req: IncomingMessage, signal: AbortSignal) => RequestScope;
}

function route({ req, res, passthrough, createScope }: Routing): boolean {
  const match = passthrough.match(req.method ?? 'GET', req.url ?? '/');
  if (!match) return false;
  void passthrough.forward(req, res, match, createScope(req, clientSignal(res)));
  return true;
}
