import {
  executeSync,
  getOperationAST,
  getVariableValues,
  parse,
  print,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { JoinGraph } from '../composition/join-graph/types.ts';
import { compileProgram, type Program } from '../executor/program.ts';
import { Budget } from '../planner/budget.ts';
import { PlanDeclined } from '../planner/errors.ts';
import { normalise } from '../planner/normalise.ts';
import type { Plan } from '../planner/plan.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { shapeOf } from '../planner/shape-of.ts';
import { publishNotice } from '../telemetry/channels.ts';
import type { Facade, PreparedFetch } from '../upstream/types.ts';
import { typicalOperation } from './typical-operation.ts';

/** What runs one operation of a document. */
export type Entry =
  | {
      readonly runs: 'compiled';
      readonly isMutation: boolean;
      readonly plan: Plan;
      readonly program: Program;
      /** Checks variables and fills in defaults, as GraphQL, 6.1.2 says. */
      readonly coerce: (variables: Variables) => Coerced;
      /** Answers the introspection fields; absent where there are none. */
      readonly introspect: ((variables: Variables) => object) | undefined;
    }
  | { readonly runs: 'stitched' };

export type Variables = Readonly<Record<string, unknown>>;

export type Coerced =
  | { readonly values: Variables; readonly errors?: never }
  | { readonly errors: readonly GraphQLError[]; readonly values?: never };

export interface ProgramsParts {
  readonly schema: GraphQLSchema;
  readonly graph: JoinGraph;
  /** By upstream name. */
  readonly facades: ReadonlyMap<string, Facade>;
  /** Bound of all kept programs, in bytes by estimate. Default 64 MiB. */
  readonly maxBytes?: number;
}

const stitched: Entry = { runs: 'stitched' };

/** The programs of a gateway: each operation is planned and compiled once, and kept while there is room. */
export class Programs {
  readonly #parts: ProgramsParts;
  readonly #entries: LRUCache<string, Entry>;
  /** Keys by document: the text of an operation is looked at once as long as the same document comes. */
  readonly #keys = new WeakMap<DocumentNode, Map<string | undefined, string>>();

  constructor(parts: ProgramsParts) {
    this.#parts = parts;
    this.#entries = new LRUCache({ maxSize: parts.maxBytes ?? 64 * 1024 * 1024 });
  }

  /** What runs an operation that `get` was asked for before, as long as it is kept. */
  find(text: string, operationName: string | undefined): Entry | undefined {
    return this.#entries.get(keyOf(text, operationName));
  }

  get(document: DocumentNode, operationName: string | undefined): Entry {
    const key = this.#keys.get(document)?.get(operationName) ?? this.#keep(document, operationName);
    // An operation that is not there is for the execution to refuse; a name that anyone may invent is not kept.
    if (key === undefined) return stitched;
    const known = this.#entries.get(key);
    if (known) return known;
    const { entry, bytes } = build(document, operationName, this.#parts);
    this.#entries.set(key, entry, { size: bytes + key.length * 2 });
    return entry;
  }

  /**
   * Plans and compiles one operation and throws it away, so that the first client does not wait for what runs for the first
   * time in this process: that is several times as slow.
   */
  warmUp(): void {
    try {
      const { schema, graph } = this.#parts;
      const document = typicalOperation(schema);
      const budget = new Budget({ maxFields: 500 });
      if (document)
        compile(document, undefined, { schema, graph, budget, prepare: () => async () => ({ data: null }) });
    } catch {
      // An operation that nobody asked for may fail unheard: where one that is asked for fails so, that is told.
    }
  }

  #keep(document: DocumentNode, operationName: string | undefined): string | undefined {
    if (!getOperationAST(document, operationName)) return undefined;
    const key = keyOf(document.loc?.source.body ?? print(document), operationName);
    const keys = this.#keys.get(document) ?? new Map<string | undefined, string>();
    this.#keys.set(document, keys.set(operationName, key));
    return key;
  }
}

/** No document that can be run has a NUL, so no text and name can be taken for another pair of them. */
function keyOf(text: string, operationName: string | undefined): string {
  return operationName === undefined ? text : `\0${operationName}\0${text}`;
}

interface Built {
  readonly entry: Entry;
  /** What the entry takes in memory, by estimate. */
  readonly bytes: number;
}

const smallestBytes = 1024;

/** Every other request waits while one is planned. */
const maxPlanningMs = 500;

/** Says whether this thread has been busy for so long: a machine that stands still for a while costs no plan. */
function cpuTimer(maxMs: number): () => boolean {
  const start = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(start);
    return user + system > maxMs * 1000;
  };
}

/** What cannot be planned is known as such, so that it is not tried again for each request. */
function build(document: DocumentNode, operationName: string | undefined, parts: ProgramsParts): Built {
  try {
    const budget = new Budget({ isOverdue: cpuTimer(maxPlanningMs) });
    return compile(document, operationName, {
      schema: parts.schema,
      graph: parts.graph,
      budget,
      prepare: (upstream, text) => facadeOf(parts.facades, upstream).prepare(text),
    });
  } catch (cause) {
    tellWhy(cause, document);
    return { entry: stitched, bytes: smallestBytes };
  }
}

interface Compiling extends Pick<ProgramsParts, 'schema' | 'graph'> {
  readonly budget: Budget;
  readonly prepare: (upstream: string, text: string) => PreparedFetch;
}

function compile(
  document: DocumentNode,
  operationName: string | undefined,
  { schema, graph, budget, prepare }: Compiling,
): Built {
  const node = getOperationAST(document, operationName);
  if (!node || node.operation === 'subscription') return { entry: stitched, bytes: smallestBytes };
  const input = { document, schema, graph, budget, ...(operationName !== undefined && { operationName }) };
  const operation = normalise(input);
  const plan = planOperation({ graph, operation, budget });
  const shape = shapeOf(schema, operation);
  const program = compileProgram({ plan, shape, prepare });
  const entry: Entry = {
    runs: 'compiled',
    isMutation: node.operation === 'mutation',
    plan,
    program,
    coerce: coercerOf(schema, node.variableDefinitions ?? []),
    introspect: shape.introspection === undefined ? undefined : introspectorOf(schema, shape.introspection),
  };
  // Closures and generated code take several times the room of the data that they are made from.
  return { entry, bytes: smallestBytes + 4 * (JSON.stringify(plan).length + JSON.stringify(shape).length) };
}

function facadeOf(facades: ProgramsParts['facades'], upstream: string): Facade {
  const facade = facades.get(upstream);
  if (!facade) throw new TypeError(`the plan names upstream "${upstream}", which has no facade`);
  return facade;
}

function tellWhy(cause: unknown, document: DocumentNode): void {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof PlanDeclined) {
    publishNotice({ level: 'info', message: `runs stitched, as the planner declines it (${cause.reason}): ${reason}` });
  } else {
    publishNotice({ level: 'error', message: `runs stitched, as planning failed: ${reason}\n${print(document)}` });
  }
}

function coercerOf(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): (variables: Variables) => Coerced {
  if (definitions.length === 0) return () => ({ values: {} });
  return (variables) => {
    const { variableValues, errors } = getVariableValues(schema, definitions, variables, { maxErrors: 50 });
    return variableValues ? { values: variableValues.coerced } : { errors };
  };
}

function introspectorOf(schema: GraphQLSchema, text: string): (variables: Variables) => object {
  const document = parse(text);
  return (variableValues) => executeSync({ schema, document, variableValues }).data ?? {};
}
