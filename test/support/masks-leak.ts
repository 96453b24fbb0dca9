import {
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { Denied } from './masks-monolith.ts';

interface Leaking {
  /** The upstream's own schema. */
  readonly there: GraphQLSchema;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly denied: Denied;
  /** Whether the gateway itself may need a field of this name. */
  readonly isNeeded: (field: string) => boolean;
}

/**
 * A denied field that a document asks an upstream for; undefined where there is none. A field of an interface is denied if
 * it is of any type that the object may have there. An interface object stands for several types, of which it is asked for
 * those that are not denied.
 */
export function leakOf(document: DocumentNode, leaking: Leaking): string | undefined {
  const { there } = leaking;
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const root = there.getRootType(node.operation);
    const leak = root ? leakIn(node.selectionSet, { type: root, types: [root.name], document }, leaking) : undefined;
    if (leak !== undefined) return leak;
  }
  return undefined;
}

interface At {
  readonly type: GraphQLNamedType;
  /** Object types of the upstream that the object may have here. */
  readonly types: readonly string[];
  readonly document: DocumentNode;
}

function leakIn({ selections }: SelectionSetNode, at: At, leaking: Leaking): string | undefined {
  for (const node of selections) {
    if (node.kind === Kind.FIELD) {
      const leak = leakAt(node.name.value, node.selectionSet, { at, leaking });
      if (leak !== undefined) return leak;
      continue;
    }
    const fragment =
      node.kind === Kind.INLINE_FRAGMENT
        ? node
        : at.document.definitions.find(
            (other) => other.kind === Kind.FRAGMENT_DEFINITION && other.name.value === node.name.value,
          );
    if (!fragment || !('selectionSet' in fragment)) continue;
    const condition = 'typeCondition' in fragment ? fragment.typeCondition?.name.value : undefined;
    const type = condition === undefined ? at.type : leaking.there.getType(condition);
    if (!type) continue;
    const types = possibleIn(leaking.there, type).filter((name) => at.types.includes(name));
    const leak = types.length === 0 ? undefined : leakIn(fragment.selectionSet, { ...at, type, types }, leaking);
    if (leak !== undefined) return leak;
  }
  return undefined;
}

function leakAt(
  name: string,
  selectionSet: SelectionSetNode | undefined,
  { at, leaking }: { readonly at: At; readonly leaking: Leaking },
): string | undefined {
  const { there, schema, denied, isNeeded } = leaking;
  const where = `${at.type.name}.${name}`;
  const isDenied = (type: string): boolean => denied.types.has(type) || denied.fields.has(`${type}.${name}`);
  if (!name.startsWith('_') && !isNeeded(name)) {
    const leaks = at.types.filter((type) =>
      isInterfaceType(schema.getType(type)) ? possibleIn(schema, schema.getType(type)).every(isDenied) : isDenied(type),
    );
    if (leaks.length > 0) return `${where} of ${leaks.join()}`;
  }
  const field = isObjectType(at.type) || isInterfaceType(at.type) ? at.type.getFields()[name] : undefined;
  const type = field && getNamedType(field.type);
  if (!type || !selectionSet) return undefined;
  if (denied.types.has(type.name) && !isNeeded(name)) return `${where}, which gives ${type.name}`;
  return leakIn(selectionSet, { ...at, type, types: possibleIn(there, type) }, leaking);
}

function possibleIn(schema: GraphQLSchema, type: GraphQLNamedType | undefined): readonly string[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type).map(({ name }) => name);
  return type ? [type.name] : [];
}
