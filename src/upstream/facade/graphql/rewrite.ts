import { Kind, type DocumentNode, type FieldNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import {
  aliasedField,
  defaultsOf,
  fragmentsOf,
  isIncluded,
  nameNode,
  operationOf,
  responseKeyOf,
  rootFieldsOf,
  usesOf,
  type Fragments,
  type Variables,
} from './documents.ts';
import {
  keyFieldKey,
  listLookup,
  ownPrefix,
  singleLookups,
  typeKey,
  type LookupField,
  type LookupTarget,
  type PreparedGroup,
} from './lookup-fields.ts';
import type { Lookup } from './lookups.ts';
import { groupRepresentations, type LookupGroup, type LostRepresentation } from './representations.ts';
import { selectionsOn, type PossibleTypes } from './selections.ts';

/**
 * A document that asks for `_entities` becomes documents that a server without federation understands: each
 * representation's type and key choose a look-up, and everything goes out in as few documents as possible.
 * What the server answers is put together again in `answer.ts`. Pure.
 */

/** Single look-ups in one document, at most: servers bound the size of what they accept. */
const maxSingleLookups = 50;

export interface UpstreamCall {
  readonly document: DocumentNode;
  readonly variables: Variables;
  /** Keys that it asks for; 1 for a call without any. */
  readonly batch: number;
}

export interface PlannedLookup extends LookupTarget {
  /** Index into `calls`. */
  readonly call: number;
}

export interface EntitiesField {
  readonly responseKey: string;
  /** How many representations were given. */
  readonly count: number;
}

export interface Rewritten {
  readonly calls: readonly UpstreamCall[];
  readonly lookups: readonly PlannedLookup[];
  readonly entities: readonly EntitiesField[];
  readonly lost: readonly LostRepresentation[];
  /** Response keys that are answered by the first call as they are. */
  readonly passed: readonly string[];
}

export interface RewriteOptions {
  readonly upstream: string;
  readonly lookups: readonly Lookup[];
  readonly possibleTypes: PossibleTypes;
}

/** Whether a document asks for `_entities` and must be rewritten. */
export function asksForEntities(document: DocumentNode): boolean {
  return rootFieldsOf(document).some(isEntities);
}

function isEntities(field: FieldNode): boolean {
  return field.name.value === '_entities';
}

interface Asked {
  readonly document: DocumentNode;
  readonly variables: Variables;
}

export function rewriteEntities(asked: Asked, options: RewriteOptions): Rewritten {
  const { document } = asked;
  const operation = operationOf(document);
  const variables = { ...defaultsOf(operation), ...asked.variables };
  const roots = rootFieldsOf(document, variables).filter((field) => isIncluded(field.directives, variables));
  const passed = roots.filter((field) => !isEntities(field));
  const fields = mergedByKey(roots.filter(isEntities));
  const grouped = fields.map((field) => groupRepresentations(field, { ...options, variables }));
  const fragments = fragmentsOf(document);
  const prepared = grouped
    .flatMap(({ groups }) => groups)
    .map((group, index) => prepareGroup(group, index, { fragments, options }));
  const { calls, lookups } = packCalls(prepared, { operation, variables: asked.variables, passed, fragments });
  return {
    calls,
    lookups,
    entities: fields.map((field, at) => ({ responseKey: responseKeyOf(field), count: grouped[at]?.count ?? 0 })),
    lost: grouped.flatMap(({ lost }) => lost),
    passed: [...new Set(passed.map(responseKeyOf))],
  };
}

/** Two `_entities` fields with one response key are one field, whose selections merge. */
function mergedByKey(fields: readonly FieldNode[]): FieldNode[] {
  const merged = new Map<string, FieldNode>();
  for (const field of fields) {
    const key = responseKeyOf(field);
    const known = merged.get(key);
    merged.set(key, known ? { ...known, selectionSet: joinedSelections(known, field) } : field);
  }
  return [...merged.values()];
}

function joinedSelections(first: FieldNode, second: FieldNode): SelectionSetNode {
  const selections = [...(first.selectionSet?.selections ?? []), ...(second.selectionSet?.selections ?? [])];
  return { kind: Kind.SELECTION_SET, selections };
}

/** What is selected on the type, with the fields that tell which answer is for whom, as a fragment that calls share. */
function prepareGroup(
  group: LookupGroup,
  index: number,
  { fragments, options }: { readonly fragments: Fragments; readonly options: RewriteOptions },
): PreparedGroup {
  const { type, lookup, field } = group;
  const asked = selectionsOn(type, field.selectionSet?.selections ?? [], {
    fragments,
    possibleTypes: options.possibleTypes,
  });
  const keys = lookup.isList ? lookup.key.map((name, at) => aliasedField(keyFieldKey(at), name)) : [];
  return {
    group,
    index,
    fragment: {
      kind: Kind.FRAGMENT_DEFINITION,
      name: nameNode(`${ownPrefix}fragment${index}`),
      typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(type) },
      selectionSet: { kind: Kind.SELECTION_SET, selections: [aliasedField(typeKey, '__typename'), ...keys, ...asked] },
    },
  };
}

interface Packing {
  readonly operation: OperationDefinitionNode;
  /** As the operation was given them. */
  readonly variables: Variables;
  readonly passed: readonly FieldNode[];
  readonly fragments: Fragments;
}

/** List look-ups and what passes share the first call with the first single look-ups; the rest of those go beside it. */
function packCalls(
  prepared: readonly PreparedGroup[],
  { operation, variables, passed, fragments }: Packing,
): Pick<Rewritten, 'calls' | 'lookups'> {
  const lists = prepared.filter(({ group }) => group.lookup.isList).map(listLookup);
  const singles = prepared.filter(({ group }) => !group.lookup.isList).flatMap(singleLookups);
  const batches = [[...lists, ...singles.slice(0, maxSingleLookups)]];
  for (let at = maxSingleLookups; at < singles.length; at += maxSingleLookups) {
    batches.push(singles.slice(at, at + maxSingleLookups));
  }
  const known = new Map([...fragments, ...prepared.map(({ fragment }) => [fragment.name.value, fragment] as const)]);
  const packed = batches.filter((batch, index) => batch.length + (index === 0 ? passed.length : 0) > 0);
  return {
    calls: packed.map((batch, index) =>
      callOf(batch, { operation, variables, passed: index === 0 ? passed : [], fragments: known }),
    ),
    lookups: packed.flatMap((batch, call) => batch.map(({ planned }) => ({ ...planned, call }))),
  };
}

/** One document with what it needs of the operation's variables and fragments, and nothing more. */
function callOf(batch: readonly LookupField[], { operation, variables, passed, fragments }: Packing): UpstreamCall {
  const selections = [...passed, ...batch.map(({ node }) => node)];
  const uses = usesOf([...selections, ...(operation.directives ?? [])], fragments);
  const kept = (operation.variableDefinitions ?? []).filter(({ variable }) => uses.variables.has(variable.name.value));
  const definition: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: [...kept, ...batch.flatMap(({ definitions }) => definitions)],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  return {
    batch: batch.reduce((sum, { planned }) => sum + planned.positions.size, 0) || 1,
    document: { kind: Kind.DOCUMENT, definitions: [definition, ...uses.fragments] },
    variables: Object.fromEntries([
      ...Object.entries(variables).filter(([name]) => uses.variables.has(name)),
      ...batch.flatMap((field) => Object.entries(field.variables)),
    ]),
  };
}
