import {
  Kind,
  parse,
  type DirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type ObjectTypeDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';

/**
 * What a subgraph's own SDL says about itself. Read from the SDL alone, so that the gateway's reading of the supergraph
 * is judged by something that does not share its mistakes.
 */
export interface Subgraph {
  readonly name: string;
  readonly sdl: string;
  readonly types: ReadonlyMap<string, SubgraphType>;
  /** Plain GraphQL definitions, one a type, without federation's directives and definitions. */
  readonly definitions: readonly DefinitionNode[];
}

export interface SubgraphType {
  readonly name: string;
  readonly kind: 'object' | 'interface' | 'union' | 'enum' | 'input' | 'scalar';
  readonly isInterfaceObject: boolean;
  readonly keys: readonly SubgraphKey[];
  readonly fields: ReadonlyMap<string, SubgraphField>;
  /** Object types of this subgraph that a value may have; empty for leaves and inputs. */
  readonly possible: readonly string[];
  readonly interfaces: readonly string[];
  /** Of an enum. */
  readonly values: readonly string[];
}

export interface SubgraphKey {
  readonly fields: SelectionSetNode;
  readonly isResolvable: boolean;
}

export interface SubgraphField {
  readonly type: TypeNode;
  readonly isExternal: boolean;
  readonly isInKey: boolean;
  readonly requires?: SelectionSetNode;
  readonly provides?: SelectionSetNode;
  readonly override?: { readonly from: string; readonly label: string | undefined };
}

type Composite = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

const kinds: Readonly<Record<string, SubgraphType['kind']>> = {
  [Kind.OBJECT_TYPE_DEFINITION]: 'object',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'interface',
  [Kind.UNION_TYPE_DEFINITION]: 'union',
  [Kind.ENUM_TYPE_DEFINITION]: 'enum',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'input',
  [Kind.SCALAR_TYPE_DEFINITION]: 'scalar',
};

/** Reads the SDL of one subgraph, Federation 1 or 2. */
export function readSubgraph(name: string, sdl: string): Subgraph {
  const merged = mergeExtensions(parse(sdl, { noLocation: true }));
  const types = new Map<string, SubgraphType>();
  for (const node of merged) types.set(nameOf(node), typeOf(node, merged));
  return { name, sdl, types, definitions: merged.map(withoutDirectives) };
}

function nameOf(node: DefinitionNode): string {
  return 'name' in node && node.name ? node.name.value : '';
}

/** One definition a type: extensions, which Federation 1 writes without a base, are folded into it. */
function mergeExtensions(document: DocumentNode): readonly DefinitionNode[] {
  const byName = new Map<string, DefinitionNode>();
  for (const node of document.definitions) {
    const kind = node.kind.replace('Extension', 'Definition');
    if (!(kind in kinds)) continue;
    const known = byName.get(nameOf(node)) as unknown as Record<string, readonly unknown[] | undefined> | undefined;
    const added = node as unknown as Record<string, readonly unknown[] | undefined>;
    if (!known) {
      byName.set(nameOf(node), { ...node, kind } as DefinitionNode);
      continue;
    }
    const folded: Record<string, unknown> = { ...known };
    for (const part of ['directives', 'fields', 'interfaces', 'types', 'values']) {
      if (known[part] ?? added[part]) folded[part] = [...(known[part] ?? []), ...(added[part] ?? [])];
    }
    byName.set(nameOf(node), folded as unknown as DefinitionNode);
  }
  return [...byName.values()];
}

function typeOf(node: DefinitionNode, all: readonly DefinitionNode[]): SubgraphType {
  const directives = 'directives' in node ? (node.directives ?? []) : [];
  const keys = directives
    .filter(({ name }) => name.value === 'key')
    .map((key) => ({
      fields: fieldSet(textArgument(key, 'fields') ?? '__typename'),
      isResolvable: !key.arguments?.some(
        ({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value,
      ),
    }));
  const keyFields = new Set(keys.flatMap(({ fields }) => topFields(fields)));
  const fields = 'fields' in node && node.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION ? (node as Composite).fields : [];
  const isAllExternal = directives.some(({ name }) => name.value === 'external');
  return {
    name: nameOf(node),
    kind: kinds[node.kind] ?? 'scalar',
    isInterfaceObject: directives.some(({ name }) => name.value === 'interfaceObject'),
    keys,
    fields: new Map((fields ?? []).map((field) => [field.name.value, fieldOf(field, { keyFields, isAllExternal })])),
    possible: possibleOf(node, all),
    interfaces: 'interfaces' in node ? (node.interfaces ?? []).map(({ name }) => name.value) : [],
    values: node.kind === Kind.ENUM_TYPE_DEFINITION ? (node.values ?? []).map(({ name }) => name.value) : [],
  };
}

function fieldOf(
  { name, type, directives = [] }: FieldDefinitionNode,
  { keyFields, isAllExternal }: { readonly keyFields: ReadonlySet<string>; readonly isAllExternal: boolean },
): SubgraphField {
  const one = (directive: string): DirectiveNode | undefined =>
    directives.find((each) => each.name.value === directive);
  const [requires, provides, override] = [one('requires'), one('provides'), one('override')];
  return {
    type,
    isExternal: one('external') !== undefined || isAllExternal,
    isInKey: keyFields.has(name.value),
    ...(requires && { requires: fieldSet(textArgument(requires, 'fields') ?? '') }),
    ...(provides && { provides: fieldSet(textArgument(provides, 'fields') ?? '') }),
    ...(override && {
      override: { from: textArgument(override, 'from') ?? '', label: textArgument(override, 'label') },
    }),
  };
}

function textArgument({ arguments: given = [] }: DirectiveNode, name: string): string | undefined {
  const value = given.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

/** A federation field set as GraphQL selections. */
function fieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError(`expected a field set, but got: ${text}`);
  return definition.selectionSet;
}

function topFields({ selections }: SelectionSetNode): readonly string[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node.name.value];
    return node.kind === Kind.INLINE_FRAGMENT ? topFields(node.selectionSet) : [];
  });
}

function possibleOf(node: DefinitionNode, all: readonly DefinitionNode[]): readonly string[] {
  if (node.kind === Kind.OBJECT_TYPE_DEFINITION) return [node.name.value];
  if (node.kind === Kind.UNION_TYPE_DEFINITION) return (node.types ?? []).map(({ name }) => name.value);
  if (node.kind !== Kind.INTERFACE_TYPE_DEFINITION) return [];
  return all.flatMap((other) =>
    other.kind === Kind.OBJECT_TYPE_DEFINITION &&
    other.interfaces?.some(({ name }) => name.value === node.name.value) === true
      ? [other.name.value]
      : [],
  );
}

function withoutDirectives(node: DefinitionNode): DefinitionNode {
  const bare = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bare);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === 'directives' ? [] : bare(inner)]),
    );
  };
  return bare(node) as DefinitionNode;
}
