import {
  Kind,
  valueFromASTUntyped,
  visit,
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type NameNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;
export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** @throws {TypeError} where the document holds no operation. */
export function operationOf(document: DocumentNode): OperationDefinitionNode {
  for (const node of document.definitions) if (node.kind === Kind.OPERATION_DEFINITION) return node;
  throw new TypeError('expected a document with an operation, but got none');
}

export function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  return fragments;
}

export function nameNode(value: string): NameNode {
  return { kind: Kind.NAME, value };
}

export function aliasedField(alias: string, name: string): FieldNode {
  return { kind: Kind.FIELD, alias: nameNode(alias), name: nameNode(name) };
}

/** The default values of the operation's variables. */
export function defaultsOf(operation: OperationDefinitionNode): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue) defaults[variable.name.value] = valueFromASTUntyped(defaultValue);
  }
  return defaults;
}

export function responseKeyOf(field: FieldNode): string {
  return field.alias?.value ?? field.name.value;
}

/**
 * The operation's root fields, those of root fragments included. With `variables`, what `@skip` and `@include` on a
 * fragment leave out is left out.
 */
export function rootFieldsOf(document: DocumentNode, variables?: Variables): FieldNode[] {
  const fragments = fragmentsOf(document);
  const fields: FieldNode[] = [];
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const node of selections) {
      if (node.kind === Kind.FIELD) fields.push(node);
      else if (variables === undefined || isIncluded(node.directives, variables)) {
        const inner = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node;
        if (inner) collect(inner.selectionSet);
      }
    }
  };
  collect(operationOf(document).selectionSet);
  return fields;
}

/** The response keys of the operation's root fields. */
export function rootKeysOf(document: DocumentNode): Set<string> {
  return new Set(rootFieldsOf(document).map(responseKeyOf));
}

/** @see {@link https://spec.graphql.org/October2021/#sec--skip | GraphQL, 3.13.1 \@skip and 3.13.2 \@include} */
export function isIncluded(directives: readonly DirectiveNode[] | undefined, variables: Variables): boolean {
  for (const directive of directives ?? []) {
    const condition = directive.arguments?.find((argument) => argument.name.value === 'if')?.value;
    const value = condition?.kind === Kind.VARIABLE ? variables[condition.name.value] : isTrueLiteral(condition);
    if (directive.name.value === 'skip' && value === true) return false;
    if (directive.name.value === 'include' && value !== true) return false;
  }
  return true;
}

function isTrueLiteral(node: ASTNode | undefined): boolean {
  return node?.kind === Kind.BOOLEAN && node.value;
}

export interface Uses {
  /** Names of the variables that are read, fragments included. */
  readonly variables: ReadonlySet<string>;
  /** The fragments that are spread, directly or through others. */
  readonly fragments: readonly FragmentDefinitionNode[];
}

/** What of the document's variables and fragments the given nodes need. */
export function usesOf(nodes: readonly ASTNode[], fragments: Fragments): Uses {
  const variables = new Set<string>();
  const used = new Map<string, FragmentDefinitionNode>();
  const pending = [...nodes];
  for (let node = pending.pop(); node; node = pending.pop()) {
    visit(node, {
      Variable(variable) {
        variables.add(variable.name.value);
      },
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || used.has(name.value)) return;
        used.set(name.value, fragment);
        pending.push(fragment);
      },
    });
  }
  return { variables, fragments: [...used.values()] };
}
