import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DocumentNode } from 'graphql';
import { answersOf, keepEntities, routeCachesOf, type Caching } from './caching.ts';
import { createCompiledEngine, type CompiledEngine } from './compiled/engine.ts';
import type { KeptPrograms } from './compiled/programs.ts';
import { contractOf } from './composition/contract/contract.ts';
import { noFieldLimits, readFieldLimits, type FieldLimits } from './composition/field-limits/field-limits.ts';
import { readGuards } from './composition/guards/guards.ts';
import { readSensitive } from './composition/sensitive/sensitive.ts';
import type { GatewayConfig } from './config/types.ts';
import type { AccessRule, DoorConfig } from './config/identity-types.ts';
import type { OpenUpstreams } from './assembly/open-upstreams.ts';
import type { Caller } from './identity/caller.ts';
import { withoutSuggestion } from './lib/without-suggestion.ts';
import { sensitiveVariablesOf } from './operation/sensitive-variables.ts';
import { createAuthorizer } from './policies/authorize.ts';
import type { Entered } from './policies/entrance.ts';
import { forCallers, type FrontDoor } from './policies/front-door.ts';
import { graphqlPolicies } from './policies/index.ts';
import { documentCheckOf } from './policies/limits/document-limits.ts';
import type { DoorPlace } from './policies/limits/door-limits.ts';
import { createOperationLimits } from './policies/limits/operation-limits.ts';
import type { PersistedOperations } from './persisted/types.ts';
import { createPassthrough } from './rest/passthrough.ts';
import { formatError, type FormatError } from './server/format-error.ts';
import { createGraphqlLane, type GraphqlLaneOptions, type Lane } from './server/graphql-lane.ts';
import { createGraphqlHandler, type GraphqlHandler } from './server/graphql-server.ts';
import type { Lanes } from './server/lanes.ts';
import { createMetricsLane } from './server/metrics-lane.ts';
import type { Telemetry } from './telemetry/open.ts';
import { recordOf } from './telemetry/record.ts';
import { stitch } from './stitched/schema.ts';
import type { Facade } from './upstream/types.ts';

/**
 * One generation: what one supergraph is served by. Each audience has its own part of the schema, and so its own engine
 * and its own parser's and validator's memory: nothing of one can show in another's answers.
 */

export interface GenerationParts {
  readonly config: GatewayConfig;
  readonly opened: OpenUpstreams;
  readonly supergraph: DocumentNode;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  /** Upstreams whose schema is missing. */
  readonly unavailable: readonly string[];
  readonly frontDoor: FrontDoor;
  /** Undefined where clients send whole documents. */
  readonly persisted: PersistedOperations | undefined;
  /** Undefined where nothing is kept. */
  readonly caching: Caching | undefined;
  /** Read on the gateway's own listener; undefined where they are not. */
  readonly metrics: Telemetry['metrics'];
  /** How upstreams stand, for readiness. */
  readonly states: () => Readonly<Record<string, string>>;
}

export interface Generation {
  readonly lanes: Lanes;
  /** What is kept of plans and programs, of all audiences. */
  readonly plans: () => KeptPrograms;
}

/** @throws {GatewayError} `COMPOSITION_FAILED` for an audience that has nothing to ask for. */
export function createGeneration(parts: GenerationParts): Generation {
  const { config, states } = parts;
  const handlers = createHandlers(parts);
  const metrics = metricsLane(parts);
  return {
    lanes: {
      graphqlPath: config.graphql.path,
      ...(parts.persisted && { takesDocumentIds: true }),
      ...(metrics && { metrics }),
      graphql: graphqlLane(parts, handlers.handlerFor),
      routes: restLane(parts),
      readiness: () => ({ ready: true, upstreams: states() }),
    },
    plans: () => sumOf(handlers.engines.map((engine) => engine.kept())),
  };
}

function sumOf(parts: readonly KeptPrograms[]): KeptPrograms {
  let entries = 0;
  let bytes = 0;
  for (const part of parts) {
    entries += part.entries;
    bytes += part.bytes;
  }
  return { entries, bytes };
}

/** Metrics on the gateway's own listener. */
function metricsLane({ config, frontDoor, metrics }: GenerationParts): Lanes['metrics'] {
  if (!metrics) return undefined;
  const { path, handle } = metrics;
  const own = { ...listenersOwn, access: config.telemetry.metrics?.access };
  const door = frontDoor.doorFor({ config: own, methods: ['GET', 'HEAD'], place: { at: 'route', path } });
  return { path, lane: createMetricsLane({ enter: (req, res) => frontDoor.enter({ req, res, door }), handle }) };
}

function graphqlLane(parts: GenerationParts, handlerFor: GraphqlLaneOptions['handlerFor']): Lane {
  const { config, frontDoor, supergraph } = parts;
  const { door = listenersOwn, graphiql } = config.graphql;
  const hasFieldLimits = fieldLimitsOf(config, supergraph).limits.length > 0;
  return createGraphqlLane({
    config: config.graphql,
    enter: enterBy(frontDoor, door, hasFieldLimits ? 'limited' : 'plain'),
    enterPage: enterBy(frontDoor, { ...door, ...pageAccess(graphiql) }, 'none'),
    handlerFor,
  });
}

interface Handlers {
  readonly handlerFor: GraphqlLaneOptions['handlerFor'];
  readonly engines: readonly CompiledEngine[];
}

/** Where there are audiences, a caller of none sees nothing: the whole schema is an audience like any other. */
function createHandlers(parts: GenerationParts): Handlers {
  const { config, frontDoor, supergraph } = parts;
  if (config.audiences.length === 0) {
    const { handler, engine } = handlerOf(parts, supergraph);
    return { handlerFor: () => handler, engines: [engine] };
  }
  const served = new Map(
    config.audiences.map((audience) => [audience.name, handlerOf(parts, contractOf(supergraph, audience))]),
  );
  return {
    handlerFor: (caller) => served.get(frontDoor.audienceOf(caller) ?? '')?.handler,
    engines: [...served.values()].map(({ engine }) => engine),
  };
}

function fieldLimitsOf({ limits }: GatewayConfig, supergraph: DocumentNode): FieldLimits {
  return limits.fields.mode === 'off' ? noFieldLimits : readFieldLimits(supergraph);
}

type OperationsAsked = NonNullable<DoorPlace['operations']>;

const listenersOwn: DoorConfig = {
  anonymous: undefined,
  access: undefined,
  addresses: undefined,
  cors: undefined,
  csrf: undefined,
  headers: undefined,
};

/** GraphiQL's page holds nothing of the schema: where it is for all it asks nobody who they are. */
function pageAccess(graphiql: boolean | AccessRule): Pick<DoorConfig, 'anonymous' | 'access'> {
  return typeof graphiql === 'object'
    ? { anonymous: undefined, access: graphiql }
    : { anonymous: true, access: undefined };
}

function enterBy({ enter, doorFor }: FrontDoor, config: DoorConfig, operations: OperationsAsked) {
  const door = doorFor({ config, methods: ['GET', 'POST'], place: { at: 'graphql' }, operations });
  return (req: IncomingMessage, res: ServerResponse) => enter({ req, res, door });
}

interface Served {
  readonly handler: GraphqlHandler;
  readonly engine: CompiledEngine;
}

function handlerOf(parts: GenerationParts, supergraph: DocumentNode): Served {
  const { config, unavailable, frontDoor, persisted, caching } = parts;
  const facades = caching ? keepEntities({ ...parts, caching, supergraph }) : parts.facades;
  const { limits } = config;
  const { introspection = true, suggestions = true } = config.graphql;
  const mayHear = suggestions === true ? undefined : forCallers(suggestions);
  const schema = stitch(supergraph, facades);
  const guards = readGuards(supergraph);
  const sensitive = readSensitive(supergraph);
  const { deny } = createAuthorizer({ guards, decide: frontDoor.decide });
  const fieldLimits = fieldLimitsOf(config, supergraph);
  const documents = documentCheckOf(limits.documents);
  const answers = caching && answersOf({ ...parts, caching }, { supergraph, schema });
  const engine = createCompiledEngine({
    ...{ supergraph, facades, schema, runs: config.engine, showsPlans: forWhom(config.graphql.queryPlan) },
    ...(introspection !== true && { mayIntrospect: forCallers(introspection) }),
    fieldLimits,
    sensitiveVariables: (document, node) => sensitiveVariablesOf({ document, node, schema }, sensitive),
    ...(answers && { answers }),
    admission: createOperationLimits({
      ...{ config: limits, documents, supergraph, schema, now: Date.now },
      fields: { limits: fieldLimits.limits, firstLimit: guards.requirements.length },
    }),
    authorization: {
      guards,
      mode: config.authorization.mode,
      deny: (requirements, { caller, requestId, client }) =>
        deny(requirements, { caller, requestId, address: client?.address }),
    },
  });
  const handler = createGraphqlHandler({
    schema,
    execute: engine.execute,
    runPrepared: engine.runPrepared,
    subscribe: engine.subscribe,
    config: { ...config.graphql, showsCache: config.cache.show },
    showsTimeline: forWhom(config.graphql.timeline ?? false),
    ...(persisted && { resolveDocument: persisted.resolve }),
    challenges: frontDoor.challenges,
    ...(mayHear && { formatError: quietly(mayHear) }),
    plugins: graphqlPolicies({ unavailable, documents, ...(mayHear && { mayHearSuggestions: mayHear }) }),
  });
  return {
    engine,
    handler: (request) => (request.scope.limits ? chargeAfter(handler, request) : handler(request)),
  };
}

/** At once where it does not depend on the caller. */
function forWhom(rule: boolean | AccessRule): boolean | ((caller: Caller) => boolean) {
  return typeof rule === 'boolean' ? rule : forCallers(rule);
}

/** What never came to an operation, such as a document that does not parse, counts too. */
async function chargeAfter(handler: GraphqlHandler, request: Parameters<GraphqlHandler>[0]): Promise<void> {
  await handler(request);
  await request.scope.limits?.chargeRest();
}

/** Errors of variables are found past the plugins, and suggest names of enum values and input fields. */
function quietly(mayHear: (caller: Caller) => boolean): FormatError {
  return (error, scope) => {
    const formatted = formatError(error, scope);
    return mayHear(scope.caller) ? formatted : { ...formatted, message: withoutSuggestion(formatted.message) };
  };
}

/** Takes a request for a REST route, or says `false`. */
function restLane({ config, opened, frontDoor, caching }: GenerationParts): NonNullable<Lanes['routes']> {
  const upstreams = new Map([...opened.byName].map(([name, { upstream }]) => [name, upstream]));
  const doors = new Map(
    config.routes.map((route) => {
      const { door: own = listenersOwn, methods, path, upstream } = route;
      return [route, frontDoor.doorFor({ config: own, methods, place: { at: 'route', path }, upstream })];
    }),
  );
  const passthrough = createPassthrough(config.routes, upstreams, {
    hasCors: (route) => doors.get(route)?.cors !== undefined,
    cacheFor: routeCachesOf({ config, caching }),
  });
  return (req, res, pathname, below = '') => {
    const match = passthrough.match(req.method ?? 'GET', req.url ?? '/');
    if (!match || (below !== '' && match.route.path.length <= below.length)) return false;
    const { route } = match;
    const record = recordOf(res);
    if (record) {
      record.served = 'rest';
      record.route = route.path;
      record.upstream = route.upstream;
      record.path = pathname;
    }
    const door = doors.get(route);
    if (!door) throw new TypeError(`route "${route.path}" has no door`);
    const proceed = (entered: Entered): void => {
      if (entered.is === 'refused') passthrough.refuse(req, res, entered);
      else if (entered.is === 'admitted') void passthrough.forward(req, res, match, entered.scope);
    };
    const entering = frontDoor.enter({ req, res, door });
    if (entering instanceof Promise) void entering.then(proceed);
    else proceed(entering);
    return true;
  };
}
