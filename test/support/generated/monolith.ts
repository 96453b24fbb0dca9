import {
  execute,
  isObjectType,
  Kind,
  parse,
  buildASTSchema,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import type { Faults } from './faults.ts';
import type { Arguments, Thing, Universe } from './universe.ts';
import { newRecord, type RunRecord } from './record.ts';

/** An upstream does not know the entity: that is null, and no error, where null may be. */
class AbsentError extends Error {}

export interface MonolithAnswer {
  readonly result: ExecutionResult;
  readonly record: RunRecord;
  /** Every place where something goes wrong, as if no null went up: what may be said to be the cause of a null. */
  readonly causes: readonly Cause[];
}

export interface Cause {
  readonly path: readonly (string | number)[];
  readonly isSilent: boolean;
}

export interface MonolithRun {
  readonly document: DocumentNode;
  readonly variables: Arguments;
  readonly plan: RunRecord['plan'];
}

/** All of a supergraph in one server: the schema that clients see, over the data that all subgraphs share. */
export class Monolith {
  readonly schema: GraphQLSchema;
  readonly #lenient: GraphQLSchema;
  readonly #universe: Universe;
  readonly #faults: Faults;

  /** @param sdl What clients see. */
  constructor(sdl: string, universe: Universe, faults: Faults) {
    this.schema = universe.schema;
    this.#lenient = buildASTSchema(withoutNonNull(parse(sdl)), { assumeValid: true, assumeValidSDL: true });
    this.#universe = universe;
    this.#faults = faults;
  }

  run(run: MonolithRun): MonolithAnswer {
    const record = newRecord(run.plan);
    const result = this.#execute(run, { schema: this.schema, record, isLenient: false });
    const { plan } = run;
    if (plan.percent === 0 && !plan.down && !plan.absent) return { result, record, causes: [] };
    const lenient = this.#execute(run, { schema: this.#lenient, record: newRecord(plan), isLenient: true });
    const causes = (lenient.errors ?? []).map(({ path = [], originalError }) => ({
      path,
      isSilent: originalError instanceof AbsentError,
    }));
    return { result, record, causes };
  }

  #execute(
    { document, variables, plan }: MonolithRun,
    {
      schema,
      record,
      isLenient,
    }: { readonly schema: GraphQLSchema; readonly record: RunRecord; readonly isLenient: boolean },
  ): ExecutionResult {
    const fieldResolver = (thing: Thing, args: Arguments, _: unknown, info: GraphQLResolveInfo): unknown => {
      const { parentType, fieldName } = info;
      const where = `${parentType.name}.${fieldName}`;
      if (plan.down !== undefined && this.#faults.isLost(thing.type, fieldName, plan.down)) throw new Error('down');
      if (
        plan.absent &&
        isSame(thing, plan.absent.thing) &&
        this.#faults.isSole(thing.type, fieldName, plan.absent.subgraph)
      )
        throw new AbsentError('absent');
      const fault = this.#faults.at(plan, thing, fieldName);
      if (fault === 'error') throw new Error(`${where} fails`);
      if (fault === 'null') {
        if (isLenient && String(this.#typeOf(thing.type, fieldName)).endsWith('!')) throw new Error('null');
        return null;
      }
      const isMutation = parentType === schema.getMutationType();
      const key = isMutation ? record.journal.push(`${where}${JSON.stringify(args)}`) : undefined;
      return this.#universe.valueOf(key === undefined ? thing : { ...thing, seed: `root${key}` }, fieldName, args);
    };
    const operation =
      document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)?.operation ?? 'query';
    const rootValue: Thing = { type: schema.getRootType(operation)?.name ?? 'Query', seed: 'root' };
    const typeResolver = ({ type }: Thing): string => type;
    const result = execute({ schema, document, variableValues: variables, rootValue, fieldResolver, typeResolver });
    if ('then' in result) throw new TypeError('the monolith must be synchronous');
    return result;
  }

  #typeOf(type: string, field: string): unknown {
    const parent = this.schema.getType(type);
    return isObjectType(parent) ? parent.getFields()[field]?.type : undefined;
  }
}

/** The result without the errors of absent entities that cost nothing but themselves, or the object they are of. */
export function withoutSilentErrors({ data, errors }: ExecutionResult): readonly (readonly (string | number)[])[] {
  return (errors ?? []).flatMap(({ path = [], originalError }) => {
    const isSilent = originalError instanceof AbsentError && nullDepth(data, path) >= path.length - 1;
    return isSilent ? [] : [path];
  });
}

/** How many steps of a path lead to the null that an error is the reason of. */
export function nullDepth(data: unknown, path: readonly (string | number)[]): number {
  let value = data;
  for (const [depth, segment] of path.entries()) {
    if (value === null || value === undefined) return depth;
    value = (value as Readonly<Record<string | number, unknown>>)[segment];
  }
  return path.length;
}

function isSame(one: Thing, other: Thing): boolean {
  return one.type === other.type && one.seed === other.seed;
}

function withoutNonNull(document: DocumentNode): DocumentNode {
  return visit(document, {
    InputValueDefinition: () => false,
    NonNullType: { leave: ({ type }) => type },
  });
}
