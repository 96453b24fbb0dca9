import {
  Kind,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type Location,
  type TypeDefinitionNode,
  type TypeExtensionNode,
} from 'graphql';

/** Something in an overlay that does not fit its upstream. Line and column count from 1. */
export interface SchemaProblem {
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Notes a problem at a node of the overlay. */
export type Report = (node: { readonly loc?: Location | undefined }, message: string) => void;

export function reportTo(problems: SchemaProblem[], file: string): Report {
  return (node, message) => {
    const token = node.loc?.startToken;
    problems.push({ message, file, line: token?.line ?? 1, column: token?.column ?? 1 });
  };
}

export type TypeNodeDefinition = TypeDefinitionNode | TypeExtensionNode;

const kindWords = {
  [Kind.SCALAR_TYPE_DEFINITION]: 'scalar',
  [Kind.OBJECT_TYPE_DEFINITION]: 'type',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'interface',
  [Kind.UNION_TYPE_DEFINITION]: 'union',
  [Kind.ENUM_TYPE_DEFINITION]: 'enum',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'input',
  [Kind.SCALAR_TYPE_EXTENSION]: 'scalar',
  [Kind.OBJECT_TYPE_EXTENSION]: 'type',
  [Kind.INTERFACE_TYPE_EXTENSION]: 'interface',
  [Kind.UNION_TYPE_EXTENSION]: 'union',
  [Kind.ENUM_TYPE_EXTENSION]: 'enum',
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: 'input',
} as const;

export type KindWord = (typeof kindWords)[keyof typeof kindWords];

/** The keyword that a type is declared with; a definition and its extensions share it. */
export function kindWordOf(node: TypeNodeDefinition): KindWord {
  return kindWords[node.kind];
}

export function isTypeNode(node: DefinitionNode): node is TypeNodeDefinition {
  return Object.hasOwn(kindWords, node.kind);
}

export type MemberNode = FieldDefinitionNode | InputValueDefinitionNode;

export function directiveOf(
  node: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  name: string,
): ConstDirectiveNode | undefined {
  return node.directives?.find((directive) => directive.name.value === name);
}

export function stringArgumentOf(directive: DirectiveNode, name: string): string | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}
