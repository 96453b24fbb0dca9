import {
  executeSync,
  getOperationAST,
  getVariableValues,
  parse,
  print,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Guards } from '../composition/guards/guards.ts';
import type { JoinGraph } from '../composition/join-graph/types.ts';
import { compileProgram, type Program } from '../executor/program.ts';
import { Budget } from '../planner/budget.ts';
import { PlanDeclined } from '../planner/errors.ts';
import { demandsOf } from '../planner/mask-operation.ts';
import { normalise } from '../planner/normalise.ts';
import type { Operation } from '../planner/operation.ts';
import type { Plan } from '../planner/plan.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { shapeOf } from '../planner/shape-of.ts';
import type { Shape } from '../planner/shape.ts';
import { publishNotice } from '../telemetry/channels.ts';
import type { Facade, PreparedFetch } from '../upstream/types.ts';
import { asksSchema } from './asks-schema.ts';
import type { Checked, Entry, Guarded, Reading, Variables } from './entry.ts';

export interface EntryParts {
  readonly schema: GraphQLSchema;
  readonly graph: JoinGraph;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  /** Default: nothing is guarded. */
  readonly guards?: Guards;
  /** `stitched`: nothing is planned. Default `compiled`. */
  readonly runs?: 'compiled' | 'stitched';
}

export interface Built<T> {
  readonly value: T;
  /** What it takes in memory, by estimate. */
  readonly bytes: number;
}

export const smallestBytes = 1024;

/** Every other request waits while one is planned. */
const maxPlanningMs = 500;

/** What one operation may take to plan, on this thread. */
export function planningBudget(): Budget {
  const start = process.threadCpuUsage();
  return new Budget({
    isOverdue: () => {
      const { user, system } = process.threadCpuUsage(start);
      // A machine that stands still for a while costs no plan.
      return user + system > maxPlanningMs * 1000;
    },
  });
}

/** What runs an operation of a document. What cannot be planned is known as such, so that it is not tried again. */
export function buildEntry(document: DocumentNode, operationName: string | undefined, parts: EntryParts): Built<Entry> {
  const node = getOperationAST(document, operationName);
  if (!node) throw new TypeError(`the document has no operation "${operationName ?? ''}"`);
  const { schema, graph, guards } = parts;
  const isPlanned = parts.runs !== 'stitched' && node.operation !== 'subscription';
  const checked = { asksSchema: asksSchema(document, node) };
  if (!isPlanned && !guards) return { value: { runs: 'stitched', ...checked }, bytes: smallestBytes };
  const budget = planningBudget();
  let operation: Operation;
  try {
    operation = normalise({ document, schema, graph, budget, ...(operationName !== undefined && { operationName }) });
  } catch (cause) {
    tellWhyStitched(cause, document);
    // What cannot be taken apart may ask for anything.
    const guarded = guards && { requirements: [...guards.requirements.keys()] };
    return { value: { runs: 'stitched', ...checked, ...(guarded && { guarded }) }, bytes: smallestBytes };
  }
  const reading = readingOf(operation, node, schema);
  const planned = isPlanned ? tryToPlan({ document, operation, budget }, reading, parts) : undefined;
  return withGuards(checked, { operation, reading, planned, parts });
}

interface Planning {
  readonly document: DocumentNode;
  readonly operation: Operation;
  readonly budget: Budget;
}

type Planned = Built<{ readonly plan: Plan; readonly program: Program; readonly isMutation: boolean } & Reading>;

function tryToPlan(
  { document, operation, budget }: Planning,
  reading: Reading,
  parts: EntryParts,
): Planned | undefined {
  try {
    const { schema, graph } = parts;
    const shape = shapeOf(schema, operation);
    const { plan, program, bytes } = compilePlan({ operation, shape, budget }, graph, preparing(parts.facades));
    return { value: { plan, program, isMutation: operation.kind === 'mutation', ...reading }, bytes };
  } catch (cause) {
    tellWhyStitched(cause, document);
    return undefined;
  }
}

interface Entering {
  readonly operation: Operation;
  readonly reading: Reading;
  readonly planned: Planned | undefined;
  readonly parts: EntryParts;
}

function withGuards(checked: Checked, { operation, reading, planned, parts }: Entering): Built<Entry> {
  const { guards, schema } = parts;
  const requirements = guards ? demandsOf(operation, guards, schema) : [];
  const guarded: Guarded | undefined =
    requirements.length > 0
      ? { requirements, parts: { operation, isPlanned: planned !== undefined, ...reading } }
      : undefined;
  const held = { ...checked, ...(guarded && { guarded }) };
  const bytes = (planned?.bytes ?? smallestBytes) + (guarded ? 4 * JSON.stringify(operation).length : 0);
  return { value: planned ? { runs: 'compiled', ...planned.value, ...held } : { runs: 'stitched', ...held }, bytes };
}

interface ToPlan {
  /** What is fetched. */
  readonly operation: Operation;
  /** How the answer looks. */
  readonly shape: Shape;
  readonly budget: Budget;
}

/** Plans and compiles. @throws {PlanDeclined} where the operation cannot be planned. */
export function compilePlan(
  { operation, shape, budget }: ToPlan,
  graph: JoinGraph,
  prepare: (upstream: string, text: string) => PreparedFetch,
): { readonly plan: Plan; readonly program: Program; readonly bytes: number } {
  const plan = planOperation({ graph, operation, budget });
  const program = compileProgram({ plan, shape, prepare });
  // Closures and generated code take several times the room of the data that they are made from.
  return { plan, program, bytes: smallestBytes + 4 * (JSON.stringify(plan).length + JSON.stringify(shape).length) };
}

/** Makes the calls of a plan ready. */
export function preparing(facades: EntryParts['facades']): (upstream: string, text: string) => PreparedFetch {
  return (upstream, text) => {
    const facade = facades.get(upstream);
    if (!facade) throw new TypeError(`the plan names upstream "${upstream}", which has no facade`);
    return facade.prepare(text);
  };
}

/** Tells why an operation, or a part of it, runs stitched. */
export function tellWhyStitched(cause: unknown, document: DocumentNode): void {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof PlanDeclined) {
    publishNotice({ level: 'info', message: `runs stitched, as the planner declines it (${cause.reason}): ${reason}` });
  } else {
    publishNotice({ level: 'error', message: `runs stitched, as planning failed: ${reason}\n${print(document)}` });
  }
}

function readingOf(operation: Operation, node: OperationDefinitionNode, schema: GraphQLSchema): Reading {
  const { introspection } = operation;
  return {
    coerce: coercerOf(schema, node),
    introspect: introspection === undefined ? undefined : introspectorOf(schema, introspection),
  };
}

function coercerOf(schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode): Reading['coerce'] {
  if (variableDefinitions.length === 0) return () => ({ values: {} });
  return (variables) => {
    const { variableValues, errors } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 50 });
    return variableValues ? { values: variableValues.coerced } : { errors };
  };
}

function introspectorOf(schema: GraphQLSchema, text: string): (variables: Variables) => object {
  const document = parse(text);
  return (variableValues) => executeSync({ schema, document, variableValues }).data ?? {};
}
