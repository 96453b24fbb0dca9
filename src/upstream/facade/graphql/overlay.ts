import {
  Kind,
  print,
  type ConstDirectiveNode,
  type DocumentNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type NamedTypeNode,
  type TypeDefinitionNode,
} from 'graphql';
import { isTypeNode, kindWordOf, type Report, type TypeNodeDefinition } from './sdl.ts';

/**
 * An overlay says more of what an upstream has; it invents nothing. Each type, field, argument and enum value in it must
 * be the upstream's, with the upstream's type; what it adds are directives and descriptions.
 */

/** What an overlay may add, and whether it may stand several times at one place. */
const addable: Readonly<Record<string, { readonly isRepeatable: boolean }>> = {
  key: { isRepeatable: true },
  tag: { isRepeatable: true },
  shareable: { isRepeatable: false },
  inaccessible: { isRepeatable: false },
  deprecated: { isRepeatable: false },
  override: { isRepeatable: false },
  authenticated: { isRepeatable: false },
  requiresScopes: { isRepeatable: true },
  policy: { isRepeatable: true },
  cost: { isRepeatable: false },
  listSize: { isRepeatable: false },
  rateLimit: { isRepeatable: true },
  cacheControl: { isRepeatable: false },
  cacheTag: { isRepeatable: true },
  sensitive: { isRepeatable: false },
};

export interface OverlayReading {
  readonly report: Report;
  /** Query fields of the overlay that are marked `@lookup`, filled on the way. */
  readonly lookups: FieldDefinitionNode[];
}

/** Puts the overlay's directives and descriptions on the upstream's types. What does not fit is reported and left out. */
export function applyOverlay(
  types: Map<string, TypeDefinitionNode>,
  overlay: DocumentNode,
  reading: OverlayReading,
): void {
  for (const node of overlay.definitions) {
    // Editors want `directive @lookup ...` and `extend schema @link` there; neither says anything of the upstream.
    if (node.kind === Kind.DIRECTIVE_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION) continue;
    if (!isTypeNode(node)) {
      reading.report(node, 'expected types of the upstream with directives added, but got another kind of definition');
      continue;
    }
    const name = node.name.value;
    const known = types.get(name);
    if (!known)
      reading.report(
        node,
        `the upstream has no type "${name}": what the gateway adds stands in schema/gateway.graphql`,
      );
    else if (kindWordOf(known) !== kindWordOf(node)) {
      reading.report(
        node,
        `"${name}" is declared as ${kindWordOf(node)}, but the upstream has it as ${kindWordOf(known)}`,
      );
    } else types.set(name, overlaidType(known, node, reading));
  }
}

function overlaidType(
  known: TypeDefinitionNode,
  node: TypeNodeDefinition,
  reading: OverlayReading,
): TypeDefinitionNode {
  const { report } = reading;
  const directives = joinedDirectives(known, node, { report, besides: [] });
  const description = 'description' in node ? (node.description ?? known.description) : known.description;
  const base = { directives, ...(description && { description }) };
  checkNames('interfaces' in known ? known.interfaces : [], 'interfaces' in node ? node.interfaces : [], {
    known,
    report,
  });
  checkNames('types' in known ? known.types : [], 'types' in node ? node.types : [], { known, report });
  if ('values' in known && 'values' in node) {
    return { ...known, ...base, values: overlaidValues(known.values, node.values, { known, report }) };
  }
  if (known.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION && 'fields' in node) {
    const owner = known.name.value;
    const inputs = (node.fields ?? []) as readonly InputValueDefinitionNode[];
    return { ...known, ...base, fields: overlaidInputs(known.fields, inputs, { owner, report, besides: [] }) };
  }
  if ('fields' in known && 'fields' in node && known.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) {
    const fields = (node.fields ?? []) as readonly FieldDefinitionNode[];
    return { ...known, ...base, fields: overlaidFields(known, fields, reading) };
  }
  return { ...known, ...base };
}

interface Owner {
  readonly known: TypeDefinitionNode;
  readonly report: Report;
}

function checkNames(
  known: readonly NamedTypeNode[] | undefined,
  named: readonly NamedTypeNode[] | undefined,
  { known: owner, report }: Owner,
): void {
  for (const node of named ?? []) {
    if (known?.some(({ name }) => name.value === node.name.value)) continue;
    report(node, `"${owner.name.value}" has nothing to do with "${node.name.value}" in the upstream`);
  }
}

function overlaidValues(
  known: readonly EnumValueDefinitionNode[] | undefined,
  named: readonly EnumValueDefinitionNode[] | undefined,
  { known: owner, report }: Owner,
): EnumValueDefinitionNode[] {
  const values = [...(known ?? [])];
  for (const node of named ?? []) {
    const at = values.findIndex(({ name }) => name.value === node.name.value);
    const value = values[at];
    if (value) values[at] = overlaid(value, node, { report, besides: [] });
    else report(node, `the upstream has no value "${owner.name.value}.${node.name.value}"`);
  }
  return values;
}

function overlaidFields(
  known: TypeDefinitionNode & { readonly fields?: readonly FieldDefinitionNode[] | undefined },
  named: readonly FieldDefinitionNode[],
  { report, lookups }: OverlayReading,
): FieldDefinitionNode[] {
  const owner = known.name.value;
  const fields = [...(known.fields ?? [])];
  for (const node of named) {
    const at = fields.findIndex(({ name }) => name.value === node.name.value);
    const field = fields[at];
    const coordinate = `${owner}.${node.name.value}`;
    if (!field) {
      report(node, `the upstream has no field "${coordinate}": what the gateway adds stands in schema/gateway.graphql`);
      continue;
    }
    if (print(field.type) !== print(node.type)) {
      report(
        node,
        `"${coordinate}" is declared as ${print(node.type)}, but the upstream has it as ${print(field.type)}`,
      );
      continue;
    }
    const isLookup = owner === 'Query' && node.directives?.some(({ name }) => name.value === 'lookup') === true;
    const argsFit = checkRequired(field, node, { coordinate, report });
    const args = overlaidInputs(field.arguments, node.arguments ?? [], {
      owner: coordinate,
      report,
      besides: isLookup ? ['is'] : [],
    });
    fields[at] = {
      ...overlaid(field, node, { report, besides: owner === 'Query' ? ['lookup'] : [] }),
      arguments: args,
    };
    if (isLookup && argsFit) lookups.push(node);
  }
  return fields;
}

/** An optional argument may be left out of the overlay; a look-up does not use it then. */
function checkRequired(
  field: FieldDefinitionNode,
  node: FieldDefinitionNode,
  { coordinate, report }: { readonly coordinate: string; readonly report: Report },
): boolean {
  const missing = (field.arguments ?? []).find(
    ({ name, type, defaultValue }) =>
      type.kind === Kind.NON_NULL_TYPE &&
      defaultValue === undefined &&
      !node.arguments?.some((argument) => argument.name.value === name.value),
  );
  if (missing)
    report(node, `"${coordinate}" is declared without its argument "${missing.name.value}: ${print(missing.type)}"`);
  return missing === undefined;
}

interface InputsReading {
  /** Coordinate of the field or input type. */
  readonly owner: string;
  readonly report: Report;
  /** Directives that may stand here beside the addable ones; they are read elsewhere and not passed on. */
  readonly besides: readonly string[];
}

function overlaidInputs(
  known: readonly InputValueDefinitionNode[] | undefined,
  named: readonly InputValueDefinitionNode[],
  { owner, report, besides }: InputsReading,
): InputValueDefinitionNode[] {
  const inputs = [...(known ?? [])];
  for (const node of named) {
    const at = inputs.findIndex(({ name }) => name.value === node.name.value);
    const input = inputs[at];
    if (!input) report(node, `the upstream has no "${node.name.value}" in "${owner}"`);
    else if (print(input.type) !== print(node.type)) {
      report(
        node,
        `"${node.name.value}" of "${owner}" is declared as ${print(node.type)}, but the upstream has it as ${print(input.type)}`,
      );
    } else inputs[at] = overlaid(input, node, { report, besides });
  }
  return inputs;
}

interface Directed {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

type Described = Directed & Pick<FieldDefinitionNode, 'description' | 'loc'>;

interface DirectivesReading {
  readonly report: Report;
  readonly besides: readonly string[];
}

function overlaid<N extends Described>(known: N, node: Described, reading: DirectivesReading): N {
  const description = node.description ?? known.description;
  const directives = joinedDirectives(known, node, reading);
  // What composition finds wrong with it is to be mended in the overlay.
  return { ...known, directives, ...(description && { description }), ...(node.loc && { loc: node.loc }) };
}

function joinedDirectives(
  known: Directed,
  node: Directed,
  { report, besides }: DirectivesReading,
): ConstDirectiveNode[] {
  let directives = [...(known.directives ?? [])];
  for (const directive of node.directives ?? []) {
    const name = directive.name.value;
    if (besides.includes(name)) continue;
    const rule = Object.hasOwn(addable, name) ? addable[name] : undefined;
    if (!rule) {
      report(
        directive,
        `@${name} has no meaning here: expected one of ${[...besides, ...Object.keys(addable)].map((each) => `@${each}`).join(' ')}`,
      );
      continue;
    }
    if (!rule.isRepeatable) directives = directives.filter((other) => other.name.value !== name);
    directives.push(directive);
  }
  return directives;
}
