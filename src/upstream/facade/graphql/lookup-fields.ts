import {
  Kind,
  type ArgumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type VariableDefinitionNode,
} from 'graphql';
import { aliasedField, nameNode, responseKeyOf, type Variables } from './documents.ts';
import type { Lookup, LookupArgument } from './lookups.ts';
import type { LookupGroup, Representation } from './representations.ts';

/** Aliases, variables and fragments of ours start so; documents that use the prefix themselves are not supported. */
export const ownPrefix = '_weft_';
export const typeKey = `${ownPrefix}type`;
export const keyFieldKey = (index: number): string => `${ownPrefix}key${index}`;

/** A group with what is selected on its entities. */
export interface PreparedGroup {
  readonly group: LookupGroup;
  readonly index: number;
  readonly fragment: FragmentDefinitionNode;
}

/** Which representations a look-up field's answer is for. */
export interface LookupTarget {
  readonly responseKey: string;
  /** Response key of the `_entities` field that it answers. */
  readonly entities: string;
  readonly type: string;
  readonly lookup: Lookup;
  /** By key, in the order in which the keys are sent: where the representations with that key stand. */
  readonly positions: ReadonlyMap<string, readonly number[]>;
}

/** A root field that asks for entities by key, and the variables that it reads. */
export interface LookupField {
  readonly planned: LookupTarget;
  readonly node: FieldNode;
  readonly definitions: readonly VariableDefinitionNode[];
  readonly variables: Variables;
}

/** One field for all keys of the group. */
export function listLookup(prepared: PreparedGroup): LookupField {
  const { group, index } = prepared;
  const positions = new Map([...group.keys].map(([key, wanted]) => [key, wanted.positions]));
  const representations = [...group.keys.values()].map(({ representation }) => representation);
  return lookupField(prepared, { id: String(index), positions, representations });
}

/** One field for each key of the group. */
export function singleLookups(prepared: PreparedGroup): LookupField[] {
  return [...prepared.group.keys].map(([key, { representation, positions }], at) =>
    lookupField(prepared, {
      id: `${prepared.index}_${at}`,
      positions: new Map([[key, positions]]),
      representations: [representation],
    }),
  );
}

interface Wanted {
  /** Invariant: unlike those of all other fields of the document. */
  readonly id: string;
  readonly positions: ReadonlyMap<string, readonly number[]>;
  readonly representations: readonly Representation[];
}

function lookupField({ group, fragment }: PreparedGroup, { id, positions, representations }: Wanted): LookupField {
  const { lookup, type, field } = group;
  const responseKey = `${ownPrefix}${id}`;
  const variables: Record<string, unknown> = {};
  const definitions: VariableDefinitionNode[] = [];
  const args: ArgumentNode[] = [];
  for (const [at, argument] of lookup.arguments.entries()) {
    const variable = { kind: Kind.VARIABLE, name: nameNode(`${ownPrefix}${id}_${at}`) } as const;
    const values = representations.map((representation) => argumentValue(argument, representation));
    variables[variable.name.value] = lookup.isList ? values : values[0];
    definitions.push({ kind: Kind.VARIABLE_DEFINITION, variable, type: argument.type });
    args.push({ kind: Kind.ARGUMENT, name: nameNode(argument.name), value: variable });
  }
  const selections: SelectionNode[] = [{ kind: Kind.FRAGMENT_SPREAD, name: fragment.name }];
  const node = {
    ...aliasedField(responseKey, lookup.field),
    arguments: args,
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  } as const;
  return {
    planned: { responseKey, entities: responseKeyOf(field), type, lookup, positions },
    node,
    definitions,
    variables,
  };
}

function argumentValue({ isObject, parts }: LookupArgument, representation: Representation): unknown {
  const values = parts.map(({ keyField, inputField, isText }) => {
    const value = representation[keyField];
    return [inputField, isText && typeof value === 'number' ? String(value) : value] as const;
  });
  return isObject ? Object.fromEntries(values) : values[0]?.[1];
}
