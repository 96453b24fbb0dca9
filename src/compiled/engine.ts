import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import { buildJoinGraph } from '../composition/join-graph/build.ts';
import type { Program } from '../executor/program.ts';
import { mapResults } from '../lib/map-results.ts';
import type { Plan } from '../planner/plan.ts';
import { printPlan } from '../planner/print-plan.ts';
import { executeStitched, subscribeStitched } from '../stitched/execute.ts';
import type { Facade, RequestScope } from '../upstream/types.ts';
import { introspectionRefusal, type Authorization, type MayIntrospect } from './authorization.ts';
import { Denying, type Allowed } from './denying.ts';
import type { CompiledEntry, Entry, Reading, Variables } from './entry.ts';
import { Programs } from './programs.ts';
import { asFetchAnswer, asGraphqlError, gatewayErrorOf, resultOf } from './results.ts';

/**
 * The compiled engine: an operation comes in, its plan and program are made once, and run. What the planner declines runs
 * stitched. It never looks at a socket, and is told what a caller lacks: it sees to it that nothing of that is read.
 */

export interface CompiledEngineParts {
  readonly supergraph: DocumentNode;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  /** What clients see; executing it runs an operation stitched. */
  readonly schema: GraphQLSchema;
  /** `stitched`: nothing is planned, all else is the same. Default `compiled`. */
  readonly runs?: 'compiled' | 'stitched';
  /** Default: everyone may read everything. */
  readonly authorization?: Authorization;
  /** Default: everyone may. */
  readonly mayIntrospect?: MayIntrospect;
  /** Whether a request with `weft-query-plan: true` gets its plan in `extensions.queryPlan`. Default false. */
  readonly showsPlans?: boolean;
  /** Bound of all kept programs, in bytes by estimate. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** How many operations ran which way since the start; those that were refused ran no way. */
export interface EngineCounts {
  readonly compiled: number;
  readonly stitched: number;
}

export interface PreparedRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Variables;
}

export interface PreparedContext {
  readonly req: { readonly method?: string | undefined };
  readonly scope: RequestScope;
}

type Events = AsyncIterable<ExecutionResult>;

export interface CompiledEngine {
  /** Runs a query or mutation that is valid against the schema. Never rejects for what an upstream does. */
  readonly execute: (args: ExecutionArgs) => Promise<ExecutionResult>;
  /** Runs an operation by its text, where `execute` has run it before; `undefined` where not, or for a mutation by GET. */
  readonly runPrepared: (request: PreparedRequest, context: PreparedContext) => Promise<ExecutionResult> | undefined;
  /** Runs a subscription that is valid against the schema, stitched: one result for each event, or one that refuses. */
  readonly subscribe: (args: ExecutionArgs) => Promise<Events | ExecutionResult>;
  readonly counts: () => EngineCounts;
}

export function createCompiledEngine(parts: CompiledEngineParts): CompiledEngine {
  const engine = new Engine(parts);
  return {
    execute: (args) => engine.execute(args),
    runPrepared: (request, context) => engine.runPrepared(request, context),
    subscribe: (args) => engine.subscribe(args),
    counts: () => ({ ...engine.counts }),
  };
}

/** A program, and the plan to show for it. */
interface Runnable extends Reading {
  readonly program: Program;
  readonly plan?: Plan;
}

class Engine {
  readonly counts = { compiled: 0, stitched: 0 };
  readonly #schema: GraphQLSchema;
  readonly #showsPlans: boolean;
  readonly #programs: Programs;
  readonly #denying: Denying | undefined;
  readonly #mayIntrospect: MayIntrospect | undefined;

  constructor({ supergraph, facades, schema, runs = 'compiled', maxBytes, ...options }: CompiledEngineParts) {
    const { authorization, mayIntrospect, showsPlans = false } = options;
    const isGuarded = authorization !== undefined && authorization.guards.requirements.length > 0;
    this.#schema = schema;
    this.#showsPlans = showsPlans;
    this.#mayIntrospect = mayIntrospect;
    this.#programs = new Programs({
      ...{ schema, facades, runs, graph: buildJoinGraph(supergraph) },
      ...(isGuarded && { guards: authorization.guards }),
      ...(maxBytes !== undefined && { maxBytes }),
    });
    this.#denying = isGuarded ? new Denying(authorization, this.#programs) : undefined;
    if (runs === 'compiled') this.#programs.warmUp();
  }

  execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const { entry, scope, variables } = this.#read(args);
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    const whole = (): Promise<ExecutionResult> => {
      if (entry.runs === 'compiled') return this.#run(entry, variables, scope);
      this.counts.stitched += 1;
      return executeStitched(args);
    };
    return this.#admit(entry, { variables, scope }, whole);
  }

  runPrepared(
    { query, operationName, variables }: PreparedRequest,
    { req, scope }: PreparedContext,
  ): Promise<ExecutionResult> | undefined {
    const entry = this.#programs.find(query, operationName);
    if (entry?.runs !== 'compiled' || (entry.isMutation && req.method !== 'POST')) return undefined;
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    return this.#admit(entry, { variables, scope }, () => this.#run(entry, variables, scope));
  }

  subscribe(args: ExecutionArgs): Promise<Events | ExecutionResult> {
    const { entry, scope, variables } = this.#read(args);
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    const whole = (): Promise<Events | ExecutionResult> => subscribeStitched(args);
    if (!entry.guarded || !this.#denying) return whole();
    const part = (allowed: Allowed): Promise<Events | ExecutionResult> =>
      this.#subscribeMasked(allowed, variables, scope);
    return this.#denying.admit(entry.guarded, { variables, scope }, { whole, part });
  }

  #read({ document, operationName, variableValues, contextValue }: ExecutionArgs): {
    readonly entry: Entry;
    readonly scope: RequestScope;
    readonly variables: Variables;
  } {
    const { scope } = contextValue as { readonly scope: RequestScope };
    return {
      entry: this.#programs.get(document, operationName ?? undefined),
      scope,
      variables: variableValues ?? {},
    };
  }

  #hidesSchema({ asksSchema }: Entry, { caller }: RequestScope): boolean {
    return asksSchema && this.#mayIntrospect !== undefined && !this.#mayIntrospect(caller);
  }

  #admit(
    { guarded }: Entry,
    request: { readonly variables: Variables; readonly scope: RequestScope },
    whole: () => Promise<ExecutionResult>,
  ): Promise<ExecutionResult> {
    if (!guarded || !this.#denying) return whole();
    const { variables, scope } = request;
    const part = ({ masked, reading }: Allowed): Promise<ExecutionResult> =>
      this.#run({ ...masked, ...reading }, variables, scope);
    return this.#denying.admit(guarded, request, { whole, part });
  }

  #run(runnable: Runnable | CompiledEntry, variables: Variables, scope: RequestScope): Promise<ExecutionResult> {
    const { plan } = runnable;
    if (plan) this.counts.compiled += 1;
    else this.counts.stitched += 1;
    const shows = this.#showsPlans && plan && scope.clientHeaders['weft-query-plan'] === 'true';
    return shows ? runShown(runnable, plan, { variables, scope }) : run(runnable, variables, scope);
  }

  async #subscribeMasked(
    { masked, reading, values }: Allowed,
    variables: Variables,
    scope: RequestScope,
  ): Promise<Events | ExecutionResult> {
    const { stitched } = masked;
    if (!stitched) throw new TypeError('a subscription runs stitched');
    const { document, shapeAnswer } = stitched;
    const input = { values, introspection: reading.introspect?.(variables) ?? {} };
    const shaped = (result: ExecutionResult): ExecutionResult =>
      resultOf(shapeAnswer(asFetchAnswer(result), input), scope);
    // Nothing that is left would bring an event.
    if (!document) return shaped({ data: {} });
    const args = { schema: this.#schema, document, variableValues: variables, contextValue: { scope } };
    const events = await subscribeStitched(args);
    if (Symbol.asyncIterator in events) return mapResults(events, shaped);
    return { errors: (events.errors ?? []).map((error) => asGraphqlError({ path: [], error: gatewayErrorOf(error) })) };
  }
}

async function run(
  { program, coerce, introspect }: Runnable,
  variables: Variables,
  scope: RequestScope,
): Promise<ExecutionResult> {
  const { values, errors } = coerce(variables);
  if (errors) return { errors };
  const introspection = introspect && { introspection: introspect(variables) };
  return resultOf(await program.run({ variables, values, scope, ...introspection }), scope);
}

/** Runs as any other, and shows how. */
async function runShown(
  runnable: Runnable,
  plan: Plan,
  { variables, scope }: { readonly variables: Variables; readonly scope: RequestScope },
): Promise<ExecutionResult> {
  return { ...(await run(runnable, variables, scope)), extensions: { queryPlan: printPlan(plan) } };
}
