import {
  executeSync,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  parse,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { LimitedGuards } from '../composition/field-limits/field-limits.ts';
import type { JoinGraph } from '../composition/join-graph/types.ts';
import { compileProgram, type Program } from '../executor/program.ts';
import { Budget } from '../planner/budget.ts';
import { PlanDeclined } from '../planner/errors.ts';
import { demandsOf } from '../planner/mask-operation.ts';
import { normalise } from '../planner/normalise.ts';
import type { Operation } from '../planner/operation.ts';
import type { Plan } from '../planner/plan.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { printPlanWithoutValues, printWithoutValues } from '../planner/plan-without-values.ts';
import { shapeOf } from '../planner/shape-of.ts';
import type { Shape } from '../planner/shape.ts';
import { publishNotice } from '../telemetry/channels.ts';
import type { Facade, PreparedFetch } from '../upstream/types.ts';
import type { Admission, ExaminedOperation } from './admission.ts';
import type { AnswerCache } from './answer-cache.ts';
import { asksFor, asksSchema } from './asks-schema.ts';
import { uncountedRefusal } from './authorization.ts';
import type { Checked, Entry, Examine, Guarded, Reading, Variables } from './entry.ts';
import { fieldUsesOf } from './field-uses.ts';
import { identityOf } from './operation-run.ts';

export interface EntryParts {
  readonly schema: GraphQLSchema;
  readonly graph: JoinGraph;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  /** Default: nothing is guarded or limited. */
  readonly guards?: LimitedGuards;
  /** Default: everything is admitted. */
  readonly admission?: Admission;
  /** Default: nothing is kept. */
  readonly answers?: AnswerCache;
  /** `stitched`: nothing is planned. Default `compiled`. */
  readonly runs?: 'compiled' | 'stitched';
  /** Names of variables that may hold what is `@sensitive`. Default: none does. */
  readonly sensitiveVariables?: (document: DocumentNode, node: OperationDefinitionNode) => ReadonlySet<string>;
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
  const { schema, graph, guards, admission } = parts;
  const isPlanned = parts.runs !== 'stitched' && node.operation !== 'subscription';
  const sensitiveVariables = parts.sensitiveVariables?.(document, node) ?? noVariables;
  const checkedWith = (plan?: Plan): Checked => ({
    asksSchema: asksSchema(document, node),
    identity: identityOf(document, node, { plan: plan && (() => printPlanWithoutValues(plan)), sensitiveVariables }),
  });
  if (!isPlanned && !guards && !admission) {
    const keeping = keepingOf({ document, node, ...nothingKnown }, parts);
    return { value: { runs: 'stitched', ...checkedWith(), ...keeping }, bytes: smallestBytes };
  }
  const budget = planningBudget();
  let operation: Operation;
  try {
    operation = normalise({ document, schema, graph, budget, ...(operationName !== undefined && { operationName }) });
  } catch (cause) {
    tellWhyStitched(cause, document);
    const opaque = checkedOpaque(document, node, parts);
    return { value: { runs: 'stitched', ...checkedWith(), ...opaque }, bytes: smallestBytes };
  }
  const reading = readingOf(operation, node, schema);
  const planned = isPlanned ? tryToPlan({ document, operation, budget }, reading, parts) : undefined;
  return withGuards(checkedWith(planned?.value.plan), { document, node, operation, reading, planned, parts });
}

const noVariables: ReadonlySet<string> = new Set();

/** What cannot be taken apart may ask for anything, any number of times. */
function checkedOpaque(document: DocumentNode, node: OperationDefinitionNode, parts: EntryParts): Partial<Checked> {
  const { guards, admission } = parts;
  const limited = new Set(guards?.limits.map(({ coordinate }) => coordinate.split('.')[1] ?? coordinate));
  const isCounted = limited.size > 0 && admission?.refusesUncounted !== false;
  const opaque = { document, node, ...nothingKnown };
  return {
    ...(guards && { guarded: { requirements: [...guards.requirements.keys()] } }),
    ...(admission && { examined: admission.examine(opaque) }),
    ...(isCounted && asksFor(document, node, limited) && { refusal: uncountedRefusal }),
    ...keepingOf(opaque, parts),
  };
}

const nothingKnown = { operation: undefined, plan: undefined, fieldUses: undefined } as const;

/** Shows an operation to the cache of answers. */
function keepingOf(given: ExaminedOperation, { answers, schema }: EntryParts): Pick<Checked, 'keeping'> {
  if (!answers || given.node.operation === 'subscription') return {};
  const examined = answers.examine(given);
  return examined === undefined ? {} : { keeping: { examined, coerce: coercerOf(schema, given.node) } };
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
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly operation: Operation;
  readonly reading: Reading;
  readonly planned: Planned | undefined;
  readonly parts: EntryParts;
}

function withGuards(checked: Checked, entering: Entering): Built<Entry> {
  const { document, node, operation, reading, planned, parts } = entering;
  const { guards, schema } = parts;
  const demands = guards ? demandsOf(operation, guards, schema) : [];
  const examine = examineOf(entering);
  const guarded: Guarded | undefined =
    guards && demands.length > 0
      ? {
          requirements: demands.filter((number) => number < guards.firstLimit),
          parts: { operation, isPlanned: planned !== undefined, ...reading, ...(examine && { examine }) },
        }
      : undefined;
  const examined = examine && { examined: examine(operation, planned?.value.plan) };
  const keeping = keepingOf({ document, node, operation, plan: planned?.value.plan, fieldUses: undefined }, parts);
  const held = { ...checked, ...(guarded && { guarded }), ...examined, ...keeping };
  const bytes = (planned?.bytes ?? smallestBytes) + (guarded ? 4 * JSON.stringify(operation).length : 0);
  return { value: planned ? { runs: 'compiled', ...planned.value, ...held } : { runs: 'stitched', ...held }, bytes };
}

/** Shows an operation, or what is left of it, to admission. */
function examineOf({ document, node, parts }: Entering): Examine | undefined {
  const { admission, guards, schema } = parts;
  if (!admission) return undefined;
  return (operation, plan) => {
    const fieldUses = guards && guards.limits.length > 0 ? fieldUsesOf(operation, { node, schema, guards }) : undefined;
    return admission.examine({ document, node, operation, plan, fieldUses });
  };
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
  // GraphQL's own errors quote values.
  const reason = cause instanceof GraphQLError ? cause.name : cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof PlanDeclined) {
    publishNotice({ level: 'info', message: `runs stitched, as the planner declines it (${cause.reason}): ${reason}` });
  } else {
    publishNotice({
      level: 'error',
      message: `runs stitched, as planning failed: ${reason}\n${printWithoutValues(document)}`,
    });
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
