import {
  execute,
  GraphQLError,
  Kind,
  print,
  validate,
  valueFromASTUntyped,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { GatewayError } from '../../../src/errors.ts';
import { prepareByExecute } from '../../../src/upstream/facade/prepare.ts';
import type { Facade, FacadeRequest, RequestScope } from '../../../src/upstream/types.ts';
import { asksUnsurely } from './asks.ts';
import { noteRoots, type RunRecord } from './record.ts';
import type { Faults } from './faults.ts';
import type { Subgraph, SubgraphField } from './subgraph.ts';
import { schemaOf } from './upstream-schema.ts';
import type { Arguments, Thing, Universe, Value } from './universe.ts';

/** An object as one upstream hands it on. */
interface Handed {
  readonly thing: Thing;
  readonly provided?: readonly SelectionSetNode[];
  readonly representation?: Arguments;
}

export interface UpstreamParts {
  readonly subgraph: Subgraph;
  readonly universe: Universe;
  readonly faults: Faults;
  readonly recordOf: (scope: RequestScope) => RunRecord;
}

/**
 * A subgraph as a facade in memory: graphql-js over the subgraph's own SDL. It refuses what a real one could not answer:
 * external fields that nobody provides, fields that another subgraph has taken over, entities that it does not know by
 * the given key, and fields whose `@requires` did not come along as it must.
 */
export function memoryFacade(parts: UpstreamParts): Facade {
  const { subgraph, recordOf } = parts;
  const schema = schemaOf(subgraph);
  const valid = new WeakMap<DocumentNode, string | null>();
  const problemOf = (document: DocumentNode): string | null => {
    const known = valid.get(document);
    if (known !== undefined) return known;
    const problem = validate(schema, document)[0]?.message ?? null;
    valid.set(document, problem);
    return problem;
  };
  const run = async ({ document, variables, scope }: FacadeRequest): Promise<ExecutionResult> => {
    const record = recordOf(scope);
    const problem = problemOf(document);
    if (problem !== null) {
      record.refusals.push(`"${subgraph.name}" refuses ${print(document)}: ${problem}`);
      return failed(subgraph.name, problem);
    }
    if (record.plan.down === subgraph.name) {
      record.isUnsure ||= asksUnsurely(parts, document, variables);
      return failed(subgraph.name, 'cannot be reached');
    }
    noteRoots(record, subgraph.name, document);
    const resolver = new Resolver(parts, record, () => asksUnsurely(parts, document, variables));
    const result = await execute({
      schema,
      document,
      variableValues: variables,
      rootValue: { thing: { type: rootTypeOf(schema, document), seed: 'root' } } satisfies Handed,
      fieldResolver: resolver.field,
      typeResolver: resolver.type,
    });
    // What travels is JSON, and belongs to whoever asked.
    const answer = JSON.parse(JSON.stringify(result.data ?? null)) as ExecutionResult['data'] & {};
    return {
      data: answer,
      ...(result.errors && { errors: result.errors.map((error) => asFacadeError(subgraph.name, error)) }),
    };
  };
  return {
    name: subgraph.name,
    kind: 'federation',
    execute: run,
    prepare: prepareByExecute(run),
    close: async () => {},
  };
}

function failed(name: string, message: string): ExecutionResult {
  const originalError = new GatewayError('UPSTREAM_UNREACHABLE', `${name}: ${message}`, { upstream: name });
  return { errors: [new GraphQLError(originalError.message, { originalError })] };
}

function asFacadeError(upstream: string, { message, path }: GraphQLError): GraphQLError {
  const originalError = new GatewayError('UPSTREAM_ERROR', message, { upstream });
  return new GraphQLError(message, { originalError, ...(path && { path }) });
}

function rootTypeOf(schema: GraphQLSchema, document: DocumentNode): string {
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)?.operation ?? 'query';
  return schema.getRootType(operation)?.name ?? 'Query';
}

class Resolver {
  readonly #parts: UpstreamParts;
  readonly #record: RunRecord;
  readonly #asksUnsurely: () => boolean;

  constructor(parts: UpstreamParts, record: RunRecord, asks: () => boolean) {
    this.#parts = parts;
    this.#record = record;
    this.#asksUnsurely = asks;
  }

  readonly type = ({ thing }: Handed): string => {
    const { subgraph, universe } = this.#parts;
    if (subgraph.types.get(thing.type)?.kind === 'object') return thing.type;
    return (
      universe.interfacesOf(thing.type).find((name) => subgraph.types.get(name)?.isInterfaceObject === true) ??
      thing.type
    );
  };

  readonly field = (source: Handed, args: Arguments, _: unknown, info: GraphQLResolveInfo): unknown => {
    if (info.fieldName === '_entities') return this.#entities(args['representations'] as readonly Arguments[]);
    const { subgraph, universe, faults } = this.#parts;
    const where = `${info.parentType.name}.${info.fieldName}`;
    const field = subgraph.types.get(info.parentType.name)?.fields.get(info.fieldName);
    if (!field) return this.#refuse(`${where} is not a field`);
    const provided = (source.provided ?? []).flatMap((set) =>
      selectedIn(set, info.fieldName, (type) => this.#isA(source.thing, type)),
    );
    this.#check(source, field, { where, isProvided: provided.length > 0 });
    const { thing } = source;
    const { plan, journal } = this.#record;
    if (plan.absent?.subgraph === subgraph.name && isSame(plan.absent.thing, thing) && !field.isInKey) {
      // It gives fields of an entity that it says not to know: who reaches them on which way, no monolith can tell.
      this.#record.isUnsure = true;
    }
    const fault = faults.at(plan, thing, info.fieldName);
    if (fault === 'error') throw new Error(`${where} fails`);
    if (fault === 'null') return null;
    const key =
      info.operation.operation === 'mutation' && thing.seed === 'root'
        ? journal.push(`${where}${JSON.stringify(args)}`)
        : undefined;
    const value = universe.valueOf(key === undefined ? thing : { ...thing, seed: `root${key}` }, info.fieldName, args);
    const below = [...(field.provides ? [field.provides] : []), ...provided.flatMap((set) => set ?? [])];
    return hand(value, below);
  };

  #isA(thing: Thing, type: string | undefined): boolean {
    return type === undefined || type === thing.type || this.#parts.universe.interfacesOf(thing.type).includes(type);
  }

  #check(
    source: Handed,
    field: SubgraphField,
    { where, isProvided }: { readonly where: string; readonly isProvided: boolean },
  ): void {
    const { subgraph, universe } = this.#parts;
    if (isProvided) return;
    if (field.isExternal && !field.isInKey) this.#refuse(`${where} is external`);
    // No label of a progressive override is set.
    if (field.override?.label !== undefined) this.#refuse(`${where} is not taken over while its label is off`);
    const name = where.slice(where.indexOf('.') + 1);
    for (const other of universe.declarationsOf(source.thing.type, name)) {
      if (other.field.override?.from === subgraph.name && other.field.override.label === undefined && !field.isInKey)
        this.#refuse(`${where} was taken over by "${other.subgraph.name}"`);
    }
    if (field.requires && !this.#matches(source.thing, field.requires, source.representation)) {
      this.#refuse(`${where} requires "${print(field.requires)}", but got: ${JSON.stringify(source.representation)}`);
    }
  }

  #entities(representations: readonly Arguments[]): readonly (Handed | null | Error)[] {
    const { absent } = this.#record.plan;
    return representations.map((representation) => {
      const thing = this.#find(representation);
      if (!thing) {
        try {
          return this.#refuse(`there is no entity ${JSON.stringify(representation)}`);
        } catch (error) {
          return error as Error;
        }
      }
      if (absent?.subgraph !== this.#parts.subgraph.name || !isSame(absent.thing, thing))
        return { thing, representation };
      this.#record.isUnsure ||= this.#asksUnsurely();
      return null;
    });
  }

  #find(representation: Arguments): Thing | undefined {
    const { subgraph, universe } = this.#parts;
    const name = String(representation['__typename']);
    const keys = (subgraph.types.get(name)?.keys ?? []).filter(({ isResolvable }) => isResolvable);
    return universe
      .thingsOf(name)
      .find((thing) => keys.some(({ fields }) => this.#matches(thing, fields, representation)));
  }

  /** Whether an object of a representation holds just what the data has for these fields. */
  #matches(thing: Thing, { selections }: SelectionSetNode, given: unknown): boolean {
    if (typeof given !== 'object' || given === null) return false;
    return selections.every((node) => {
      if (node.kind === Kind.FRAGMENT_SPREAD) return false;
      if (node.kind === Kind.INLINE_FRAGMENT) {
        return !this.#isA(thing, node.typeCondition?.name.value) || this.#matches(thing, node.selectionSet, given);
      }
      const name = node.name.value;
      if (name === '__typename') return true;
      const args = Object.fromEntries(
        (node.arguments ?? []).map((argument) => [argument.name.value, valueFromASTUntyped(argument.value)]),
      );
      const value = this.#parts.universe.valueOf(thing, name, args);
      return this.#equals(value, node.selectionSet, Reflect.get(given, name));
    });
  }

  #equals(value: Value, below: SelectionSetNode | undefined, given: unknown): boolean {
    if (Array.isArray(value)) {
      const items = value as readonly Value[];
      return (
        Array.isArray(given) &&
        given.length === items.length &&
        items.every((item, index) => this.#equals(item, below, given[index]))
      );
    }
    if (typeof value === 'object' && value !== null)
      return below !== undefined && this.#matches(value as Thing, below, given);
    return value === given;
  }

  #refuse(message: string): never {
    const text = `"${this.#parts.subgraph.name}": ${message}`;
    this.#record.refusals.push(text);
    throw new Error(text);
  }
}

function isSame(one: Thing, other: Thing): boolean {
  return one.type === other.type && one.seed === other.seed;
}

/** The selections below a field, once for each time that a set selects it; undefined for a leaf. */
function selectedIn(
  { selections }: SelectionSetNode,
  name: string,
  isA: (type: string | undefined) => boolean,
): readonly (SelectionSetNode | undefined)[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return node.name.value === name ? [node.selectionSet] : [];
    if (node.kind === Kind.FRAGMENT_SPREAD || !isA(node.typeCondition?.name.value)) return [];
    return selectedIn(node.selectionSet, name, isA);
  });
}

function hand(value: Value, provided: readonly SelectionSetNode[]): unknown {
  if (Array.isArray(value)) return value.map((item: Value) => hand(item, provided));
  if (typeof value !== 'object' || value === null) return value;
  return { thing: value as Thing, ...(provided.length > 0 && { provided }) } satisfies Handed;
}
