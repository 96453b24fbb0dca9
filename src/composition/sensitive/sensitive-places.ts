import {
  isTypeDefinitionNode,
  Kind,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type InputValueDefinitionNode,
} from 'graphql';
import { fieldsOf, mergedTypes } from '../definitions.ts';
import { isMarked, sensitiveUse } from './sensitive-directive.ts';

/** Where `@sensitive` stands, by coordinate: `Type`, `Type.field`, `Type.field(argument:)`, `@directive(argument:)`. */

/** Places of a document that are marked. `rename` has the supergraph's names of types that are called otherwise here. */
export function markedPlaces(document: DocumentNode, rename: ReadonlyMap<string, string>): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (coordinate: string, node: Directed): void => {
    if (isMarked(node)) found.add(coordinate);
  };
  const lookAtArguments = (coordinate: string, args: readonly InputValueDefinitionNode[] | undefined): void => {
    for (const argument of args ?? []) look(`${coordinate}(${argument.name.value}:)`, argument);
  };
  for (const [own, type] of mergedTypes(document)) {
    const name = rename.get(own) ?? own;
    look(name, type);
    for (const field of fieldsOf(type)) {
      const coordinate = `${name}.${field.name.value}`;
      look(coordinate, field);
      if (field.kind === Kind.FIELD_DEFINITION) lookAtArguments(coordinate, field.arguments);
    }
  }
  for (const node of document.definitions)
    if (node.kind === Kind.DIRECTIVE_DEFINITION) lookAtArguments(`@${node.name.value}`, node.arguments);
  return found;
}

/** A definition of a supergraph with `@sensitive` on those of its places that `wanted` names. */
export function markPlaces(node: DefinitionNode, wanted: ReadonlySet<string>): DefinitionNode {
  const mark = <N extends Directed>(coordinate: string, place: N): N =>
    wanted.has(coordinate) && !isMarked(place)
      ? { ...place, directives: [...(place.directives ?? []), sensitiveUse] }
      : place;
  const markArguments = (coordinate: string, args: readonly InputValueDefinitionNode[] | undefined) =>
    args?.map((argument) => mark(`${coordinate}(${argument.name.value}:)`, argument));
  if (node.kind === Kind.DIRECTIVE_DEFINITION)
    return { ...node, arguments: markArguments(`@${node.name.value}`, node.arguments) };
  if (!isTypeDefinitionNode(node)) return node;
  const name = node.name.value;
  const type = mark(name, node);
  if (type.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION)
    return { ...type, fields: type.fields?.map((field) => mark(`${name}.${field.name.value}`, field)) };
  if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) return type;
  const fields = type.fields?.map((field) => {
    const coordinate = `${name}.${field.name.value}`;
    return { ...mark(coordinate, field), arguments: markArguments(coordinate, field.arguments) };
  });
  return { ...type, fields };
}

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}
