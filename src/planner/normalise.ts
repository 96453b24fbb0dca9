import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isAbstractType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { JoinGraph } from '../composition/join-graph/types.ts';
import { collectVariables, valueText } from '../composition/join-graph/value-text.ts';
import { Budget } from './budget.ts';
import { conditionsOf, conditionsText } from './conditions.ts';
import { Position } from './data-keys.ts';
import { introspectionText } from './introspection.ts';
import { nameOf, type Operation, type OperationField } from './operation.ts';
import type { Condition } from './plan.ts';
import { usedVariables } from './used-variables.ts';

export interface NormaliseInput {
  /** A document that is valid against `schema`. */
  readonly document: DocumentNode;
  readonly operationName?: string;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly graph: JoinGraph;
  /** Default: a new one. */
  readonly budget?: Budget;
}

/**
 * One operation of a document: fragments inlined, duplicates merged, constant conditions folded, unused variables gone.
 * Type conditions become lists of object types, only where they narrow. Pure.
 *
 * @throws {PlanDeclined} where the operation has more fields than the budget allows.
 * @throws {TypeError} where the document has no such operation, or its root type is not of the schema.
 */
export function normalise({
  document,
  operationName,
  schema,
  graph,
  budget = new Budget(),
}: NormaliseInput): Operation {
  const node = findOperation(document, operationName);
  const root = schema.getRootType(node.operation);
  if (!root) throw new TypeError(`the schema has no root type for a ${node.operation}`);
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
  const name = nameOf({ kind: node.operation, ...(node.name && { name: node.name.value }) });
  const inlining = new Inlining(schema, fragments, () => budget.spendField(name));
  const fields = inlining.fieldsOf(
    [{ selectionSet: node.selectionSet, type: root, conditions: [] }],
    root,
    new Position(graph),
  );
  const introspection = introspectionText(node, inlining.introspectionFields, fragments);
  return {
    kind: node.operation,
    ...(node.name && { name: node.name.value }),
    rootType: root.name,
    fields,
    variables: usedVariables(node, fields),
    ...(introspection !== undefined && { introspection }),
  };
}

function findOperation(document: DocumentNode, name: string | undefined): OperationDefinitionNode {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (name === undefined || definition.name?.value === name) return definition;
  }
  throw new TypeError(`the document has no operation ${name === undefined ? '' : `"${name}"`}`);
}

/** A selection set that is asked under conditions. */
interface Asked {
  readonly selectionSet: SelectionSetNode;
  /** Its static type: where a field was asked through several types, theirs may be narrower than the first one's. */
  readonly type: GraphQLCompositeType;
  readonly conditions: readonly Condition[];
}

/** One occurrence of a field. */
interface Occurrence {
  readonly node: FieldNode;
  readonly parent: GraphQLCompositeType;
  readonly on: readonly string[] | undefined;
  readonly conditions: readonly Condition[];
}

/** What stays the same while the selections of one object are collected. */
interface Collecting {
  readonly parent: GraphQLCompositeType;
  /** Object types that the object may have, whatever the fragments around say. */
  readonly all: readonly string[];
  readonly on: readonly string[] | undefined;
  readonly conditions: readonly Condition[];
  /** Occurrences by response key, object types and conditions, in order of first appearance. */
  readonly groups: Map<string, Occurrence[]>;
  /** By response key: the group of the last occurrence, and what it is called where nothing comes in between. */
  readonly last: Map<string, { readonly base: string; readonly key: string }>;
  /** Selection sets that were collected already: a fragment spread many times counts once. */
  readonly seen: Set<string>;
}

class Inlining {
  readonly introspectionFields: FieldNode[] = [];
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #spendField: () => void;
  readonly #nodeIds = new Map<object, number>();

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>, spendField: () => void) {
    this.#schema = schema;
    this.#fragments = fragments;
    this.#spendField = spendField;
  }

  fieldsOf(asked: readonly Asked[], parent: GraphQLCompositeType, position: Position): readonly OperationField[] {
    const all = this.#possible(parent);
    const groups = new Map<string, Occurrence[]>();
    const last: Collecting['last'] = new Map();
    const seen = new Set<string>();
    for (const { selectionSet, type, conditions } of asked) {
      const narrowed = this.#narrow({ parent, all, on: undefined, conditions, groups, last, seen }, type.name);
      if (narrowed) this.#collect(selectionSet, narrowed);
    }
    return [...groups.values()].flatMap((group) => this.#field(group, position));
  }

  #collect(selectionSet: SelectionSetNode, at: Collecting): void {
    const identity = `${this.#idOf(selectionSet)} ${at.on?.join(',') ?? '*'} ${conditionsText(at.conditions)}`;
    if (at.seen.has(identity)) return;
    at.seen.add(identity);
    for (const node of selectionSet.selections) {
      const conditions = conditionsOf(node.directives, at.conditions);
      if (conditions === null) continue;
      if (node.kind === Kind.FIELD) this.#addOccurrence({ node, parent: at.parent, on: at.on, conditions }, at);
      else {
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
        if (!fragment)
          throw new TypeError(`the document has no fragment "${(node as { name: { value: string } }).name.value}"`);
        const narrowed = this.#narrow(at, fragment.typeCondition?.name.value);
        if (narrowed) this.#collect(fragment.selectionSet, { ...narrowed, conditions });
      }
    }
  }

  /**
   * A field that was asked unconditionally before takes the occurrence in; its conditions move to what is below it. Where
   * the same name was asked for other types or under other conditions in between, what is below them keeps its order.
   */
  #addOccurrence(occurrence: Occurrence, { groups, last }: Collecting): void {
    const { node, on, conditions } = occurrence;
    const name = node.alias?.value ?? node.name.value;
    const always = `${name} ${on?.join(',') ?? '*'} `;
    const base = groups.has(always) ? always : always + conditionsText(conditions);
    const before = last.get(name);
    const isInterrupted = node.selectionSet !== undefined && before !== undefined && before.base !== base;
    const key =
      isInterrupted && groups.has(base) ? `${base} ${groups.size}` : before?.base === base ? before.key : base;
    last.set(name, { base, key });
    const group = groups.get(key);
    if (group) group.push(occurrence);
    else groups.set(key, [occurrence]);
  }

  #idOf(node: object): number {
    const known = this.#nodeIds.get(node);
    if (known !== undefined) return known;
    this.#nodeIds.set(node, this.#nodeIds.size);
    return this.#nodeIds.size - 1;
  }

  /** Null where no object can meet the type condition. */
  #narrow(at: Collecting, condition: string | undefined): Collecting | null {
    if (condition === undefined || condition === at.parent.name) return at;
    const type = this.#schema.getType(condition);
    if (!isCompositeType(type)) throw new TypeError(`the schema has no object, interface or union "${condition}"`);
    const current = at.on ?? at.all;
    const meets = new Set(this.#possible(type));
    const on = current.filter((name) => meets.has(name));
    if (on.length === 0) return null;
    const parent = isObjectType(at.parent) ? at.parent : type;
    return { ...at, parent, on: on.length === current.length ? at.on : on };
  }

  #possible(type: GraphQLCompositeType): readonly string[] {
    if (!isAbstractType(type)) return [type.name];
    return this.#schema
      .getPossibleTypes(type)
      .map(({ name }) => name)
      .toSorted();
  }

  /** Occurrences of one response key, for the same object types and under the conditions of the first. */
  #field(occurrences: readonly Occurrence[], position: Position): readonly OperationField[] {
    const [first] = occurrences;
    if (!first) return [];
    this.#spendField();
    const { node, parent, on, conditions } = first;
    const name = node.name.value;
    if (name === '__schema' || name === '__type')
      this.introspectionFields.push(...occurrences.map((entry) => entry.node));
    const variables = new Set<string>();
    for (const { value } of node.arguments ?? []) collectVariables(value, variables);
    const args = (node.arguments ?? []).map((argument) => ({
      name: argument.name.value,
      value: valueText(argument.value),
    }));
    const own = { name, arguments: args.toSorted((a, b) => (a.name < b.name ? -1 : 1)), parentType: parent.name };
    const responseKey = node.alias?.value ?? name;
    const dataKey = name.startsWith('__') ? name : position.keys.keyFor(own, responseKey);
    const type = this.#typeOf(parent, name);
    const asked = occurrences.flatMap((entry) => {
      const { selectionSet } = entry.node;
      const declared = this.#typeOf(entry.parent, name);
      return selectionSet && declared
        ? [{ selectionSet, type: declared, conditions: conditions.length === 0 ? entry.conditions : [] }]
        : [];
    });
    return [
      {
        responseKey,
        dataKey,
        ...own,
        variables: [...variables],
        conditions,
        ...(on && { on }),
        ...(type && { fields: this.fieldsOf(asked, type, position.below(dataKey)) }),
      },
    ];
  }

  /** The composite type of a field; undefined for leaves and for introspection, which is answered elsewhere. */
  #typeOf(parent: GraphQLCompositeType, name: string): GraphQLCompositeType | undefined {
    if (name.startsWith('__')) return undefined;
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (!field) throw new TypeError(`the schema has no field "${parent.name}.${name}"`);
    const type = getNamedType(field.type);
    return isCompositeType(type) ? type : undefined;
  }
}
