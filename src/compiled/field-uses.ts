import {
  coerceInputLiteral,
  getVariableValues,
  isInterfaceType,
  isObjectType,
  Kind,
  parseValue,
  type GraphQLArgument,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableValues,
} from 'graphql';
import type { FieldLimit, LimitedGuards } from '../composition/field-limits/field-limits.ts';
import { collectVariables } from '../composition/join-graph/value-text.ts';
import { anyHolds } from '../executor/conditions.ts';
import { own } from '../executor/quote.ts';
import type { Operation, OperationField } from '../planner/operation.ts';
import type { Condition } from '../planner/plan.ts';
import { possibleTypes, typeBelow } from '../planner/possible-types.ts';
import type { FieldUse, FieldUses } from './admission.ts';
import type { Variables } from './entry.ts';

export interface UsesParts {
  readonly node: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
  readonly guards: LimitedGuards;
}

/**
 * How an operation uses fields that are limited; undefined where it does not. A field of an interface is used of every type
 * that its object may be of.
 */
export function fieldUsesOf(operation: Operation, { node, schema, guards }: UsesParts): FieldUses | undefined {
  const finder = new Finder(schema, guards);
  finder.find(operation.fields, operation.rootType, { path: '', conditions: [] });
  const found = [...finder.found.values()];
  if (found.length === 0) return undefined;
  const { variableDefinitions = [] } = node;
  return (variables) => {
    const { variableValues } =
      variableDefinitions.length === 0
        ? { variableValues: noVariables }
        : getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 });
    return variableValues ? found.flatMap((use) => useOf(use, variableValues)) : [];
  };
}

const noVariables: VariableValues = { sources: {}, coerced: {} };

/** A field at one place of the answer, with one set of arguments. */
interface FoundUse {
  readonly number: number;
  /** Grows as the same place is asked for under other conditions. */
  readonly when: (readonly Condition[])[];
  readonly arguments: readonly { readonly name: string; readonly read: ReadArgument }[];
}

type ReadArgument = (values: VariableValues) => unknown;

function useOf({ number, when, arguments: readers }: FoundUse, values: VariableValues): readonly FieldUse[] {
  if (!anyHolds(when, values.coerced)) return [];
  if (readers.length === 0) return [{ number, arguments: noArguments }];
  const read: Record<string, unknown> = Object.create(null);
  for (const { name, read: readArgument } of readers) read[name] = readArgument(values);
  return [{ number, arguments: read }];
}

const noArguments: Variables = Object.freeze({});

interface Around {
  /** Response keys. */
  readonly path: string;
  readonly conditions: readonly Condition[];
}

class Finder {
  /** By limit, place and arguments: what is asked for twice at one place is used once. */
  readonly found = new Map<string, FoundUse>();
  readonly #schema: GraphQLSchema;
  readonly #guards: LimitedGuards;

  constructor(schema: GraphQLSchema, guards: LimitedGuards) {
    this.#schema = schema;
    this.#guards = guards;
  }

  /** @param type Static type of the object that the fields are of. */
  find(fields: readonly OperationField[], type: string, around: Around): void {
    const all = possibleTypes(this.#schema, type);
    for (const field of fields) {
      if (field.name.startsWith('__')) continue;
      const at = {
        path: `${around.path} ${field.responseKey}`,
        conditions: [...around.conditions, ...field.conditions],
      };
      for (const each of field.on ?? all) this.#add(field, each, at);
      const below = typeBelow(this.#schema, field.parentType, field.name);
      if (field.fields && below !== undefined) this.find(field.fields, below, at);
    }
  }

  #add(field: OperationField, type: string, { path, conditions }: Around): void {
    const { firstLimit, fields, limits } = this.#guards;
    for (const number of fields.get(`${type}.${field.name}`) ?? []) {
      const limit = limits[number - firstLimit];
      if (!limit) continue;
      const key = `${number}${path} ${JSON.stringify(field.arguments)}`;
      const known = this.found.get(key);
      if (!known) this.found.set(key, { number, when: [conditions], arguments: this.#argumentsOf(field, type, limit) });
      else known.when.push(conditions);
    }
  }

  /** How the arguments are read that the limit looks at. */
  #argumentsOf(field: OperationField, type: string, limit: FieldLimit): FoundUse['arguments'] {
    const parent = this.#schema.getType(type);
    const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field.name] : undefined;
    const names = new Set(limit.identityArgs.map((path) => path.split('.')[0] ?? path));
    if (limit.arrayLengthField !== undefined) names.add(limit.arrayLengthField);
    return (definition?.args ?? [])
      .filter(({ name }) => names.has(name))
      .map((argument) => {
        const given = field.arguments.find(({ name }) => name === argument.name);
        return { name: argument.name, read: readerOf(argument, given?.value) };
      });
  }
}

/** @see {@link https://spec.graphql.org/October2021/#CoerceArgumentValues() | GraphQL, 6.4.1 Coercing Field Arguments} */
function readerOf(argument: GraphQLArgument, text: string | undefined): ReadArgument {
  const fallback = defaultOf(argument);
  if (text === undefined) return () => fallback;
  const node = parseValue(text, { noLocation: true });
  if (node.kind === Kind.VARIABLE) {
    const name = node.name.value;
    return ({ coerced }) => (Object.hasOwn(coerced, name) ? own(coerced, name) : fallback);
  }
  const variables = new Set<string>();
  collectVariables(node, variables);
  if (variables.size > 0) return (values) => coerceInputLiteral(node, argument.type, values);
  const constant = coerceInputLiteral(node, argument.type);
  return () => constant;
}

function defaultOf({ default: given, defaultValue, type }: GraphQLArgument): unknown {
  return given?.literal ? coerceInputLiteral(given.literal, type) : (given?.value ?? defaultValue);
}
