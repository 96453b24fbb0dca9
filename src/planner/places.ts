import type { FieldInUpstream, FieldSet, JoinType } from '../composition/join-graph/types.ts';
import type { Place, Want } from './choice.ts';
import type { Search } from './search.ts';

/** A want with the place that it is looked at from: one object type where the static type decides nothing. */
export interface PlacedWant {
  readonly want: Want;
  readonly at: Place;
}

/** What the type of a place is, in the eyes of its upstream. */
export type PlaceKind = 'root' | 'object' | 'interface object' | 'abstract';

export function placeKind(search: Search, { upstream, type }: Place): PlaceKind {
  if (upstream < 0) return 'root';
  const joinType = typeNamed(search, type);
  if (joinType.kind === 'object') return 'object';
  return joinType.upstreams.get(upstream)?.isInterfaceObject ? 'interface object' : 'abstract';
}

/**
 * The wants as they can be had at a place. At an interface or union a field stays one want where the upstream resolves
 * it for every object type in question; otherwise it becomes a want for each of them.
 */
export function wantsAt(search: Search, wants: readonly Want[], place: Place): readonly PlacedWant[] {
  const kind = placeKind(search, place);
  if (kind === 'object') {
    return wants
      .filter(({ on }) => !on || on.includes(place.type))
      .map((want) => ({ want: withoutTypes(want), at: place }));
  }
  if (kind !== 'abstract') return wants.map((want) => ({ want, at: place }));
  const all = typeNamed(search, place.type).upstreams.get(place.upstream)?.possible ?? [];
  return wants.flatMap((want) => {
    const { on } = want;
    const types = all.filter((type) => (on ? on.includes(type) : hasField(search, type, want.name)));
    if (want.name === '__typename' || isUniform(search, { want, at: place }, types)) {
      return types.length === 0
        ? []
        : [{ want: types.length === all.length ? withoutTypes(want) : { ...want, on: types }, at: place }];
    }
    return types.map((type) => ({
      want: { ...want, on: [type] },
      at: { ...place, type, ...only(place.provided, type) },
    }));
  });
}

/** A type that clients do not see may lack a field that they ask of all types they know. */
function hasField(search: Search, type: string, name: string): boolean {
  return name === '__typename' || search.graph.types.get(type)?.fields.has(name) === true;
}

/** The want for an object whose type is settled. */
export function withoutTypes(want: Want): Want {
  if (!want.on) return want;
  const { on: _, ...rest } = want;
  return rest;
}

function only(provided: FieldSet | undefined, type: string): { readonly provided?: FieldSet } {
  return provided?.some(({ on }) => on) ? { provided: provided.filter(({ on }) => !on || on.includes(type)) } : {};
}

/** Whether the interface's own field can be selected for all these object types, and gives all that is wanted below. */
function isUniform(search: Search, { want, at }: PlacedWant, types: readonly string[]): boolean {
  const declared = declaredField(search, want, at);
  if (!declared) return false;
  const isEverywhere = types.every((type) => selectable(search, want, { ...at, type }) !== undefined);
  if (!isEverywhere) return false;
  return !want.fields || search.solve(want.fields, valuePlace(want, declared, at)).missing.length === 0;
}

/** The field as an interface of the place's upstream declares it: the static type itself, or the one the client named. */
export function declaredField(search: Search, want: Want, at: Place): FieldInUpstream | undefined {
  for (const name of new Set([at.type, want.parentType])) {
    const type = search.graph.types.get(name);
    if (type?.kind !== 'interface' || type.upstreams.get(at.upstream)?.isInterfaceObject !== false) continue;
    const field = selectable(search, want, { ...at, type: name });
    if (field) return field;
  }
  return undefined;
}

/** The field in the place's upstream, where it can simply be selected: resolved without `@requires`, or provided. */
export function selectable(search: Search, want: Want, at: Place): FieldInUpstream | undefined {
  const field = search.graph.types.get(at.type)?.fields.get(want.name)?.upstreams.get(at.upstream);
  if (!field) return undefined;
  if (search.isResolved(field) && !field.requires) return field;
  return providedFor(want, at) ? field : undefined;
}

function providedFor(want: Want, at: Place): FieldSet[number] | undefined {
  return at.provided?.find(({ name, on }) => name === want.name && (!on || on.includes(at.type)));
}

/** The place of a field's value in the same upstream. */
export function valuePlace(want: Want, field: FieldInUpstream, at: Place): Place {
  const inherited = providedFor(want, at)?.fields;
  const provided = field.provides && inherited ? [...field.provides, ...inherited] : (field.provides ?? inherited);
  return { upstream: at.upstream, type: field.type.name, ...(provided && { provided }) };
}

/** @throws {TypeError} where the graph has no such type. */
export function typeNamed(search: Search, name: string): JoinType {
  const type = search.graph.types.get(name);
  if (!type) throw new TypeError(`the join graph has no type "${name}"`);
  return type;
}
