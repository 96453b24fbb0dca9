import { GraphQLError, isInterfaceType, isObjectType, Kind, visit } from 'graphql';
import type { DocumentNode, ExecutionResult, FieldNode, GraphQLSchema } from 'graphql';

/**
 * Delegation adds fields that it needs, such as keys, under their own names. An alias that is the name of another field
 * would be taken for that one: `{ product(id: 2) { id: name inStock } }` would look a product up by its name. Such
 * aliases are changed before execution, and changed back in the answer.
 */

const prefix = '_weft_as_';

const fieldNames = new WeakMap<GraphQLSchema, ReadonlySet<string>>();
const changedDocuments = new WeakMap<DocumentNode, DocumentNode>();

/** The document with safe aliases; the same document where none is unsafe. Pure. */
export function changeAliases(document: DocumentNode, schema: GraphQLSchema): DocumentNode {
  let changed = changedDocuments.get(document);
  if (!changed) {
    const names = fieldNamesOf(schema);
    const change = (field: FieldNode): FieldNode | undefined => {
      const { alias, name } = field;
      if (!alias || alias.value === name.value) return undefined;
      if (!names.has(alias.value) && !alias.value.startsWith(prefix)) return undefined;
      return { ...field, alias: { kind: Kind.NAME, value: prefix + alias.value } };
    };
    // A node that is put in the place of another is not looked into on the way in.
    changed = visit(document, { Field: { leave: change } });
    changedDocuments.set(document, changed);
  }
  return changed;
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
