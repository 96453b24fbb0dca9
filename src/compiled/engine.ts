import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import {
  noFieldLimits,
  noGuards,
  withFieldLimits,
  type FieldLimits,
} from '../composition/field-limits/field-limits.ts';
import { buildJoinGraph } from '../composition/join-graph/build.ts';
import type { Program } from '../executor/program.ts';
import { mapResults } from '../lib/map-results.ts';
import type { Plan } from '../planner/plan.ts';
import { printPlan } from '../planner/print-plan.ts';
import { executeStitched, subscribeStitched } from '../stitched/execute.ts';
import type { Facade, RequestScope } from '../upstream/types.ts';
import type { Admission, AdmittedRequest, Finish } from './admission.ts';
import { introspectionRefusal, type Authorization, type MayIntrospect } from './authorization.ts';
import type { CompiledEntry, Entry, Reading, Variables } from './entry.ts';
import { Gate, type Allowed } from './gate.ts';
import { Programs } from './programs.ts';
import { asFetchAnswer, asGraphqlError, gatewayErrorOf, resultOf } from './results.ts';

/**
 * The compiled engine: an operation comes in, its plan and program are made once, and run. What the planner declines runs
 * stitched. It never looks at a socket, and is told what a caller lacks: it sees to it that nothing of that is read.
 */

export interface CompiledEngineParts<Examined = unknown> {
  readonly supergraph: DocumentNode;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  /** What clients see; executing it runs an operation stitched. */
  readonly schema: GraphQLSchema;
  /** `stitched`: nothing is planned, all else is the same. Default `compiled`. */
  readonly runs?: 'compiled' | 'stitched';
  /** Default: everyone may read everything. */
  readonly authorization?: Authorization;
  /** Default: no field has a limit. Their numbers follow those of the guards; what is used up, `admission` says. */
  readonly fieldLimits?: FieldLimits;
  /** Asked before each run, after `authorization`. Default: everything is admitted. */
  readonly admission?: Admission<Examined>;
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

export function createCompiledEngine<Examined>(parts: CompiledEngineParts<Examined>): CompiledEngine {
  // What `examine` finds comes back to `admit` of the same admission alone.
  const engine = new Engine(parts as CompiledEngineParts);
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
  readonly #gate: Gate | undefined;
  readonly #mayIntrospect: MayIntrospect | undefined;

  constructor({ supergraph, facades, schema, runs = 'compiled', maxBytes, ...options }: CompiledEngineParts) {
    const { authorization, fieldLimits = noFieldLimits, admission, mayIntrospect, showsPlans = false } = options;
    const guards = withFieldLimits(authorization?.guards ?? noGuards, fieldLimits);
    const isGuarded = guards.requirements.length > 0 || guards.limits.length > 0;
    this.#schema = schema;
    this.#showsPlans = showsPlans;
    this.#mayIntrospect = mayIntrospect;
    this.#programs = new Programs({
      ...{ schema, facades, runs, graph: buildJoinGraph(supergraph) },
      ...(isGuarded && { guards }),
      ...(admission && { admission }),
      ...(maxBytes !== undefined && { maxBytes }),
    });
    const isGated = isGuarded || admission !== undefined;
    this.#gate = isGated ? new Gate({ authorization, admission, guards, programs: this.#programs }) : undefined;
    if (runs === 'compiled') this.#programs.warmUp();
  }

  execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const { entry, scope, variables } = this.#read(args);
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    const whole = (finish?: Finish): Promise<ExecutionResult> => {
      if (entry.runs === 'compiled') return this.#run(entry, { variables, scope }, finish);
      this.counts.stitched += 1;
      const result = executeStitched(args);
      return finish ? result.then(finish) : result;
    };
    return this.#pass(entry, { variables, scope }, whole);
  }

  runPrepared(
    { query, operationName, variables }: PreparedRequest,
    { req, scope }: PreparedContext,
  ): Promise<ExecutionResult> | undefined {
    const entry = this.#programs.find(query, operationName);
    if (entry?.runs !== 'compiled' || (entry.isMutation && req.method !== 'POST')) return undefined;
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    const request = { variables, scope };
    return this.#pass(entry, request, (finish) => this.#run(entry, request, finish));
  }

  subscribe(args: ExecutionArgs): Promise<Events | ExecutionResult> {
    const { entry, scope, variables } = this.#read(args);
    if (this.#hidesSchema(entry, scope)) return Promise.resolve(introspectionRefusal);
    if (!this.#gate?.stops(entry)) return subscribeStitched(args);
    const request = { variables, scope };
    return this.#gate.pass<Events | ExecutionResult>(entry, request, {
      whole: async (finish) => finished(await subscribeStitched(args), finish),
      part: async (allowed, finish) => finished(await this.#subscribeMasked(allowed, request), finish),
    });
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

  #pass(
    entry: Entry,
    request: AdmittedRequest,
    whole: (finish?: Finish) => Promise<ExecutionResult>,
  ): Promise<ExecutionResult> {
    if (!this.#gate?.stops(entry)) return whole();
    const part = ({ masked, reading }: Allowed, finish: Finish | undefined): Promise<ExecutionResult> =>
      this.#run({ ...masked, ...reading }, request, finish);
    return this.#gate.pass(entry, request, { whole, part });
  }

  #run(
    runnable: Runnable | CompiledEntry,
    request: AdmittedRequest,
    finish: Finish | undefined,
  ): Promise<ExecutionResult> {
    const { plan } = runnable;
    if (plan) this.counts.compiled += 1;
    else this.counts.stitched += 1;
    const shows = this.#showsPlans && plan && request.scope.clientHeaders['weft-query-plan'] === 'true';
    return shows ? runShown(runnable, plan, { request, finish }) : run(runnable, request, finish);
  }

  async #subscribeMasked(
    { masked, reading, values }: Allowed,
    { variables, scope }: AdmittedRequest,
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
  { variables, scope }: AdmittedRequest,
  finish: Finish | undefined,
): Promise<ExecutionResult> {
  const { values, errors } = coerce(variables);
  if (errors) return finish ? finish({ errors }) : { errors };
  const introspection = introspect && { introspection: introspect(variables) };
  const result = resultOf(await program.run({ variables, values, scope, ...introspection }), scope);
  return finish ? finish(result) : result;
}

/** Runs as any other, and shows how. */
async function runShown(
  runnable: Runnable,
  plan: Plan,
  { request, finish }: { readonly request: AdmittedRequest; readonly finish: Finish | undefined },
): Promise<ExecutionResult> {
  const result = await run(runnable, request, finish);
  return { ...result, extensions: { ...result.extensions, queryPlan: printPlan(plan) } };
}

function finished(events: Events | ExecutionResult, finish: Finish | undefined): Events | ExecutionResult {
  if (!finish) return events;
  return Symbol.asyncIterator in events ? mapResults(events, finish) : finish(events);
}
