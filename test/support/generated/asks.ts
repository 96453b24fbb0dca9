import { Kind, type DirectiveNode, type DocumentNode, type SelectionSetNode } from 'graphql';
import type { Faults } from './faults.ts';
import type { Subgraph } from './subgraph.ts';
import type { Universe } from './universe.ts';

interface Asked {
  readonly subgraph: Subgraph;
  readonly universe: Universe;
  readonly faults: Faults;
}

type Variables = Readonly<Record<string, unknown>>;

/**
 * Whether a document asks a subgraph for something that others could have given, too. If the subgraph fails then, it
 * takes the plan to say what is lost, and the monolith knows no plan.
 */
export function asksUnsurely(asked: Asked, document: DocumentNode, given: Variables): boolean {
  const { subgraph, universe, faults } = asked;
  const variables = { ...defaultsOf(document), ...given };
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const isInterface = (type: string): boolean => subgraph.types.get(type)?.kind === 'interface';
  const isUnsure = (type: string, { selections }: SelectionSetNode): boolean =>
    selections.some((node) => {
      if (!isIncluded(node.directives, variables)) return false;
      if (node.kind === Kind.FIELD) {
        const name = node.name.value;
        if (name === '_entities') return node.selectionSet !== undefined && isUnsure('', node.selectionSet);
        // What type an object is of may hang on it, unless the representation said so.
        if (name === '__typename')
          return type !== '' && !isRoot(type) && (isInterface(type) || selections.length === 1);
        const concrete = subgraph.types.get(type)?.kind === 'object' && !subgraph.types.get(type)?.isInterfaceObject;
        const types =
          concrete || isRoot(type) ? [type] : [...new Set(universe.thingsOf(type).map((thing) => thing.type))];
        return (
          types.length === 0 || types.some((each) => !faults.isSole(each, name, subgraph.name)) || faults.isInput(name)
        );
      }
      const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node;
      return fragment !== undefined && isUnsure(fragment.typeCondition?.name.value ?? type, fragment.selectionSet);
    });
  return document.definitions.some(
    (node) =>
      node.kind === Kind.OPERATION_DEFINITION &&
      isUnsure(node.operation === 'mutation' ? 'Mutation' : 'Query', node.selectionSet),
  );
}

function defaultsOf({ definitions }: DocumentNode): Variables {
  const declared = definitions.flatMap((node) =>
    node.kind === Kind.OPERATION_DEFINITION ? (node.variableDefinitions ?? []) : [],
  );
  return Object.fromEntries(
    declared.flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.BOOLEAN ? [[variable.name.value, defaultValue.value]] : [],
    ),
  );
}

function isRoot(type: string): boolean {
  return type === 'Query' || type === 'Mutation';
}

function isIncluded(directives: readonly DirectiveNode[] = [], variables: Variables): boolean {
  return directives.every(({ name, arguments: given }) => {
    const value = given?.[0]?.value;
    const isTrue =
      value?.kind === Kind.VARIABLE
        ? variables[value.name.value] === true
        : value?.kind === Kind.BOOLEAN && value.value;
    return name.value === 'include' ? isTrue : name.value !== 'skip' || !isTrue;
  });
}
