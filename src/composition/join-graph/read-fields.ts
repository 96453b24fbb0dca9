import { parseType, type FieldDefinitionNode, type TypeDefinitionNode } from 'graphql';
import { namedType, outputFieldsOf } from '../definitions.ts';
import { directiveArguments, textOf, typeReferenceOf, type DirectiveArguments } from './directives.ts';
import { parseFieldSet } from './field-set.ts';
import { upstreamsOf, type Reading } from './read-types.ts';
import type { FieldInUpstream, JoinField, TypeReference } from './types.ts';

/** The fields of an object or interface type, with who resolves them. */
export function readFields(node: TypeDefinitionNode, reading: Reading): ReadonlyMap<string, JoinField> {
  const defining = upstreamsOf(node, reading);
  return new Map(
    outputFieldsOf(node).map((field) => {
      const name = field.name.value;
      const type = typeReferenceOf(field.type);
      const upstreams = resolvers(node, field, { defining, reading });
      const responseShape = responseShapeOf(type, [...upstreams.values()], reading);
      return [name, { name, type, responseShape, upstreams }];
    }),
  );
}

function responseShapeOf(type: TypeReference, upstreams: readonly FieldInUpstream[], reading: Reading): string {
  const isLeaf = !reading.possible.has(type.name);
  const shapeIn = ({ name, text }: TypeReference) => (isLeaf ? text : text.replace(name, ''));
  const shapes = new Set(upstreams.map((inUpstream) => shapeIn(inUpstream.type)));
  return shapes.size === 0 ? shapeIn(type) : [...shapes].toSorted().join('|');
}

interface Surroundings {
  /** Upstreams that define the parent type. */
  readonly defining: readonly number[];
  readonly reading: Reading;
}

function resolvers(
  parent: TypeDefinitionNode,
  field: FieldDefinitionNode,
  { defining, reading }: Surroundings,
): ReadonlyMap<number, FieldInUpstream> {
  const joins = directiveArguments(field, 'join__field');
  const plain = { type: typeReferenceOf(field.type), external: false, hasContextArguments: false };
  const owner = reading.indexOf.get(textOf(directiveArguments(parent, 'join__owner')[0] ?? {}, 'graph') ?? '');
  if (joins.length === 0 && owner === undefined) return new Map(defining.map((index) => [index, plain]));
  const found = new Map<number, FieldInUpstream>();
  for (const join of joins) {
    const index = reading.indexOf.get(textOf(join, 'graph') ?? '');
    if (index !== undefined) found.set(index, fieldInUpstream(parent.name.value, { field, join, reading }));
  }
  applyOverrides(joins, found, reading);
  if (owner !== undefined) applyOwnership(owner, found, { parent, field: plain, name: field.name.value, reading });
  return found;
}

interface Owned {
  readonly parent: TypeDefinitionNode;
  readonly field: FieldInUpstream;
  readonly name: string;
  readonly reading: Reading;
}

/**
 * In join v0.1 a field that names no upstream is the owner's; the others resolve the keys that they name, and know any
 * other field only as one that `@provides` and `@requires` may mention.
 */
function applyOwnership(
  owner: number,
  found: Map<number, FieldInUpstream>,
  { parent, field, name, reading }: Owned,
): void {
  if (found.size === 0) found.set(owner, field);
  for (const join of directiveArguments(parent, 'join__type')) {
    const index = reading.indexOf.get(textOf(join, 'graph') ?? '');
    if (index === undefined || found.get(index)?.external === false) continue;
    const type = reading.nodes.get(field.type.name);
    if (type && !upstreamsOf(type, reading).includes(index)) continue;
    const key = parseFieldSet(textOf(join, 'key') ?? '__typename', parent.name.value, reading);
    found.set(index, { ...field, external: !key.some((one) => one.name === name) });
  }
}

interface FieldJoin {
  readonly field: FieldDefinitionNode;
  readonly join: DirectiveArguments;
  readonly reading: Reading;
}

function fieldInUpstream(parent: string, { field, join, reading }: FieldJoin): FieldInUpstream {
  const requires = textOf(join, 'requires');
  const provides = textOf(join, 'provides');
  const type = textOf(join, 'type');
  return {
    type: typeReferenceOf(type === undefined ? field.type : parseType(type, { noLocation: true })),
    external: requires === undefined && (join['external'] === true || join['usedOverridden'] === true),
    hasContextArguments: join['contextArguments'] !== undefined,
    ...(requires !== undefined && { requires: { text: requires, fields: parseFieldSet(requires, parent, reading) } }),
    ...(provides !== undefined && { provides: parseFieldSet(provides, namedType(field.type), reading) }),
  };
}

/** An overridden upstream keeps the field only for what names it (external), or while a label is off. */
function applyOverrides(
  joins: readonly DirectiveArguments[],
  found: Map<number, FieldInUpstream>,
  reading: Reading,
): void {
  for (const join of joins) {
    const to = reading.indexOf.get(textOf(join, 'graph') ?? '');
    const from = textOf(join, 'override');
    if (to === undefined || from === undefined) continue;
    const label = textOf(join, 'overrideLabel');
    const overriding = found.get(to);
    if (overriding && label !== undefined) found.set(to, { ...overriding, label: { name: label, active: true } });
    const overridden = reading.upstreams.indexOf(from);
    const loser = found.get(overridden);
    if (!loser) continue;
    found.set(
      overridden,
      label === undefined ? { ...loser, external: true } : { ...loser, label: { name: label, active: false } },
    );
  }
}
