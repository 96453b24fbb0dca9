import {
  getNamedType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ArgumentNode,
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type TypeNode,
} from 'graphql';
import type { Sensitive } from '../composition/sensitive/sensitive.ts';

const none: ReadonlySet<string> = new Set();

/** An operation, as it is valid against its schema. */
export interface AskedOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
}

/**
 * Names of an operation's variables that may hold what is `@sensitive`: those of a sensitive type, or of an input object that
 * holds anything sensitive, and those that reach a sensitive argument or input field, in fragments, lists, objects and
 * directives' arguments too. Pure.
 */
export function sensitiveVariablesOf(
  { document, node, schema }: AskedOperation,
  sensitive: Sensitive,
): ReadonlySet<string> {
  const definitions = node.variableDefinitions ?? [];
  if (definitions.length === 0 || sensitive.places.size === 0) return none;
  const found = new Set<string>();
  for (const { variable, type } of definitions) {
    const name = nameOf(type);
    if (sensitive.places.has(name) || sensitive.holders.has(name)) found.add(variable.name.value);
  }
  for (const part of partsOf(document, node)) addReaching(part, { schema, sensitive, found });
  return found;
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

/** The operation and the fragments that it uses. */
function partsOf(document: DocumentNode, node: OperationDefinitionNode): Iterable<ASTNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const parts = new Set<ASTNode>([node]);
  // A set that grows while it is walked is walked to its end.
  for (const part of parts) {
    visit(part, {
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value);
        if (fragment) parts.add(fragment);
      },
    });
  }
  return parts;
}

interface Looking {
  readonly schema: GraphQLSchema;
  readonly sensitive: Sensitive;
  readonly found: Set<string>;
}

function addReaching(part: ASTNode, { schema, sensitive: { places }, found }: Looking): void {
  const info = new TypeInfo(schema);
  const addAll = (node: ASTNode): void => {
    visit(node, { Variable: ({ name }) => void found.add(name.value) });
  };
  visit(
    part,
    visitWithTypeInfo(info, {
      VariableDefinition: () => false,
      Argument: (node) => {
        if (places.has(coordinateOf(node, info))) addAll(node.value);
      },
      ObjectField: (node) => {
        const owner = getNamedType(info.getParentInputType())?.name;
        if (owner !== undefined && places.has(`${owner}.${node.name.value}`)) addAll(node.value);
      },
    }),
  );
}

function coordinateOf({ name }: ArgumentNode, info: TypeInfo): string {
  const directive = info.getDirective();
  if (directive) return `@${directive.name}(${name.value}:)`;
  return `${info.getParentType()?.name}.${info.getFieldDef()?.name}(${name.value}:)`;
}
