import type { FieldSet, FieldSetField, JoinGraph } from '../composition/join-graph/types.ts';
import type { Position } from './data-keys.ts';
import { memberKey } from './draft.ts';
import type { RepresentationField } from './plan.ts';

export interface RepresentationSite {
  /** The object that the representation is taken from. */
  readonly position: Position;
  /** Whether the fields are of `@requires`. */
  readonly required: boolean;
}

/** Representation members for a key or requirement, each with the name that its value has in the merged data. */
export function representationOf(
  graph: JoinGraph,
  fields: FieldSet,
  site: RepresentationSite,
): readonly RepresentationField[] {
  return fields.map((field) => memberOf(graph, field, site));
}

function memberOf(
  graph: JoinGraph,
  field: FieldSetField,
  { position, required }: RepresentationSite,
): RepresentationField {
  if (field.name === '__typename') return { name: field.name, dataKey: field.name, required };
  const dataKey = position.keys.keyFor(field, field.name);
  const below = field.fields && representationOf(graph, field.fields, { position: position.below(dataKey), required });
  const type = graph.types.get(field.parentType)?.fields.get(field.name)?.type.name ?? '';
  const isAbstract = graph.types.get(type)?.kind !== 'object';
  return {
    name: field.name,
    dataKey,
    required,
    ...(field.on && { on: field.on }),
    ...(below && { fields: isAbstract ? [{ name: '__typename', dataKey: '__typename', required }, ...below] : below }),
  };
}

/** Adds members to a representation; those that it has already take in what is new below them. */
export function addMembers(into: Map<string, RepresentationField>, members: Iterable<RepresentationField>): void {
  for (const member of members) {
    const known = into.get(memberKey(member));
    into.set(memberKey(member), known ? mergedMember(known, member) : member);
  }
}

/** A member of the key stays one: without it there is no entity to ask for. */
function mergedMember(a: RepresentationField, b: RepresentationField): RepresentationField {
  const required = a.required && b.required;
  if (!a.fields || !b.fields) return { ...a, required };
  const fields = new Map(a.fields.map((field) => [memberKey(field), field]));
  addMembers(fields, b.fields);
  return { ...a, required, fields: [...fields.values()] };
}

/** Whether one representation can stand for both: no member is read from two places. */
export function canMerge(a: Iterable<RepresentationField>, b: Iterable<RepresentationField>): boolean {
  const known = new Map([...a].map((field) => [field.name, field]));
  return [...b].every((field) => {
    const other = known.get(field.name);
    return !other || (other.dataKey === field.dataKey && canMerge(other.fields ?? [], field.fields ?? []));
  });
}
