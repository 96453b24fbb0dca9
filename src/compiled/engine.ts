import { GraphQLError, type DocumentNode, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { buildJoinGraph } from '../composition/join-graph/build.ts';
import type { PlacedError } from '../executor/build-carefully.ts';
import { printPlan } from '../planner/print-plan.ts';
import { executeStitched } from '../stitched/execute.ts';
import { publishInternalError } from '../telemetry/channels.ts';
import type { Facade, RequestScope } from '../upstream/types.ts';
import { Programs, type Entry, type Variables } from './programs.ts';

/**
 * The compiled engine: an operation comes in, its plan and program are made once, and run. What the planner declines runs
 * stitched. It never looks at a socket, and never decides who may ask what.
 */

export interface CompiledEngineParts {
  readonly supergraph: DocumentNode;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  /** What clients see; executing it runs an operation stitched. */
  readonly schema: GraphQLSchema;
  /** Whether a request with `weft-query-plan: true` gets its plan in `extensions.queryPlan`. Default false. */
  readonly showsPlans?: boolean;
  /** Bound of all kept programs, in bytes by estimate. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** How many operations ran which way since the start. */
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

export interface CompiledEngine {
  /** Runs a query or mutation that is valid against the schema. Never rejects for what an upstream does. */
  readonly execute: (args: ExecutionArgs) => Promise<ExecutionResult>;
  /** Runs an operation by its text, where `execute` has run it before; `undefined` where not, or for a mutation by GET. */
  readonly runPrepared: (request: PreparedRequest, context: PreparedContext) => Promise<ExecutionResult> | undefined;
  readonly counts: () => EngineCounts;
}

export function createCompiledEngine(parts: CompiledEngineParts): CompiledEngine {
  const { supergraph, facades, schema, maxBytes, showsPlans = false } = parts;
  const graph = buildJoinGraph(supergraph);
  const programs = new Programs({ schema, graph, facades, ...(maxBytes !== undefined && { maxBytes }) });
  programs.warmUp();
  const counts = { compiled: 0, stitched: 0 };
  const runCompiled = (entry: CompiledEntry, variables: Variables, scope: RequestScope): Promise<ExecutionResult> => {
    counts.compiled += 1;
    const shows = showsPlans && scope.clientHeaders['weft-query-plan'] === 'true';
    return shows ? runShown(entry, variables, scope) : run(entry, variables, scope);
  };
  return {
    execute: (args) => {
      const entry = programs.get(args.document, args.operationName ?? undefined);
      const { scope } = args.contextValue as { readonly scope: RequestScope };
      if (entry.runs === 'compiled') return runCompiled(entry, args.variableValues ?? {}, scope);
      counts.stitched += 1;
      return executeStitched(args);
    },
    runPrepared: ({ query, operationName, variables }, { req, scope }) => {
      const entry = programs.find(query, operationName);
      if (entry?.runs !== 'compiled' || (entry.isMutation && req.method !== 'POST')) return undefined;
      return runCompiled(entry, variables, scope);
    },
    counts: () => ({ ...counts }),
  };
}

type CompiledEntry = Extract<Entry, { runs: 'compiled' }>;

async function run(
  { program, coerce, introspect }: CompiledEntry,
  variables: Variables,
  scope: RequestScope,
): Promise<ExecutionResult> {
  const { values, errors } = coerce(variables);
  if (errors) return { errors };
  const result = await program.run({
    variables,
    values,
    scope,
    ...(introspect && { introspection: introspect(variables) }),
  });
  for (const error of result.unshown) if (error.isInternal) publishInternalError({ error, requestId: scope.requestId });
  const { data, errors: placed } = result;
  return placed.length > 0 ? { data, errors: placed.map(asGraphqlError) } : { data };
}

/** Runs as any other, and shows how. */
async function runShown(entry: CompiledEntry, variables: Variables, scope: RequestScope): Promise<ExecutionResult> {
  return { ...(await run(entry, variables, scope)), extensions: { queryPlan: printPlan(entry.plan) } };
}

function asGraphqlError({ path, error }: PlacedError): GraphQLError {
  return new GraphQLError(error.publicMessage, { ...(path.length > 0 && { path }), originalError: error });
}
