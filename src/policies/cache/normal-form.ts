import {
  Kind,
  print,
  separateOperations,
  type DefinitionNode,
  type DocumentNode,
  type OperationDefinitionNode,
} from 'graphql';

/** An operation alone, as all texts of it look. */
export interface NormalForm {
  /** The operation and the fragments that it uses, by their names. */
  readonly document: DocumentNode;
  readonly text: string;
}

/**
 * What of a document an answer depends on: not its other operations, nor white space, comments, descriptions and the order
 * of its fragments. Names, aliases and the order of fields stay, as they show in the answer or upstream.
 */
export function normalFormOf(document: DocumentNode, { name }: OperationDefinitionNode): NormalForm {
  const { definitions = [] } = separateOperations(document)[name?.value ?? ''] ?? {};
  const plain = definitions.map(withoutDescription).toSorted(byName);
  const form: DocumentNode = { kind: Kind.DOCUMENT, definitions: plain };
  return { document: form, text: print(form) };
}

/** The operation first; no fragment has an empty name. */
function byName(a: DefinitionNode, b: DefinitionNode): number {
  return sortKeyOf(a) < sortKeyOf(b) ? -1 : 1;
}

function sortKeyOf(node: DefinitionNode): string {
  return node.kind === Kind.FRAGMENT_DEFINITION ? node.name.value : '';
}

function withoutDescription(node: DefinitionNode): DefinitionNode {
  if (node.kind !== Kind.OPERATION_DEFINITION && node.kind !== Kind.FRAGMENT_DEFINITION) return node;
  const { description: _, ...plain } = node;
  const variableDefinitions = plain.variableDefinitions?.map(({ description: __, ...variable }) => variable);
  return { ...plain, ...(variableDefinitions && { variableDefinitions }) };
}
