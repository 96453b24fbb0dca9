import { GraphQLError, isInterfaceType, isObjectType, Kind, visit } from 'graphql';
import type {
  DocumentNode,
  ExecutionResult,
  FieldNode,
  GraphQLSchema,
  InlineFragmentNode,
  SelectionNode,
} from 'graphql';

/**
 * Delegation adds fields that it needs, such as keys, under their own names. An alias that is the name of another field
 * would be taken for that one: `{ product(id: 2) { id: name inStock } }` would look a product up by its name. One that
 * every object has a member of (`constructor`) would find that. It also drops an inline fragment that has nothing but `__typename`, and what it stands in with it. So aliases are changed
 * before execution, and changed back in the answer.
 */

const prefix = '_weft_as_';

const fieldNames = new WeakMap<GraphQLSchema, ReadonlySet<string>>();
const changedDocuments = new WeakMap<DocumentNode, DocumentNode>();

/** The document with safe aliases; the same document where all are safe. Pure. */
export function changeAliases(document: DocumentNode, schema: GraphQLSchema): DocumentNode {
  let changed = changedDocuments.get(document);
  if (!changed) {
    const names = fieldNamesOf(schema);
    const isSafe = ({ alias, name }: FieldNode): boolean =>
      !alias ||
      alias.value === name.value ||
      !(names.has(alias.value) || alias.value in Object.prototype || alias.value.startsWith(prefix));
    // On the way out: what is put in the place of another on the way in is not looked into.
    changed = visit(document, {
      Field: { leave: (field) => (isSafe(field) ? undefined : renamed(field)) },
      InlineFragment: {
        leave: (fragment) => (mayHaveTypenameOnly(fragment) ? withNamedTypenames(fragment) : undefined),
      },
    });
    changedDocuments.set(document, changed);
  }
  return changed;
}

function renamed(field: FieldNode): FieldNode {
  return { ...field, alias: { kind: Kind.NAME, value: prefix + (field.alias ?? field.name).value } };
}

/** Conditions may leave no other field. */
function mayHaveTypenameOnly({ selectionSet: { selections } }: InlineFragmentNode): boolean {
  return (
    selections.some(isTypename) && selections.every((selection) => isTypename(selection) || isConditional(selection))
  );
}

function isTypename(selection: SelectionNode): selection is FieldNode {
  return selection.kind === Kind.FIELD && !selection.alias && selection.name.value === '__typename';
}

function isConditional({ kind, directives = [] }: SelectionNode): boolean {
  return kind === Kind.INLINE_FRAGMENT || directives.length > 0;
}

function withNamedTypenames(fragment: InlineFragmentNode): InlineFragmentNode {
  const selections = fragment.selectionSet.selections.map((node) => (isTypename(node) ? renamed(node) : node));
  return { ...fragment, selectionSet: { ...fragment.selectionSet, selections } };
}

function fieldNamesOf(schema: GraphQLSchema): ReadonlySet<string> {
  let names = fieldNames.get(schema);
  if (!names) {
    const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) || isInterfaceType(type));
    names = new Set(['__typename', ...types.flatMap((type) => Object.keys(type.getFields()))]);
    fieldNames.set(schema, names);
  }
  return names;
}

/** The result of a changed document under the aliases that the client gave. Pure. */
export function restoreAliases(result: ExecutionResult): ExecutionResult {
  const { data, errors, ...rest } = result;
  return {
    ...(errors && { errors: errors.map(restoreError) }),
    ...(data !== undefined && { data: restoreNames(data) as ExecutionResult['data'] & {} }),
    ...rest,
  };
}

function restoreName(name: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

function restoreNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restoreNames);
  if (typeof value !== 'object' || value === null) return value;
  const restored: Record<string, unknown> = Object.create(null);
  for (const [name, inner] of Object.entries(value)) restored[restoreName(name)] = restoreNames(inner);
  return restored;
}

function restoreError(error: GraphQLError): GraphQLError {
  const { message, nodes, path, originalError = error, extensions } = error;
  if (!path) return error;
  const restored = path.map((part) => (typeof part === 'string' ? restoreName(part) : part));
  return new GraphQLError(message, { nodes: nodes ?? null, path: restored, originalError, extensions });
}
