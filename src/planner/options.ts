import type { FieldInUpstream, JoinField, JoinType, Key } from '../composition/join-graph/types.ts';
import type { EntityChoice, Option, Place, Solution, Want } from './choice.ts';
import { callAfter, compareCosts, free, together, type Cost } from './cost.ts';
import { declaredField, placeKind, selectable, typeNamed, valuePlace, withoutTypes } from './places.ts';
import type { Search } from './search.ts';

const oneField: Cost = { waves: [], size: 1 };

interface Ask {
  readonly search: Search;
  /** Finds what is wanted below the field. */
  readonly inner: Search;
  readonly want: Want;
  readonly at: Place;
}

/**
 * Every way to get one want from a place, the one that stays where the object is first; empty where there is none.
 * What is wanted below it is found by the search `inner`.
 */
export function optionsAt(search: Search, want: Want, at: Place, inner = search): readonly Option[] {
  const ask = { search, inner, want, at };
  const kind = placeKind(search, at);
  if (want.name.startsWith('__') && (kind !== 'interface object' || want.name !== '__typename')) {
    return [{ choice: { how: 'known' }, cost: free, missing: [] }];
  }
  if (kind === 'root') return rootOptions(ask);
  if (kind === 'abstract') return hereOptions(ask, declaredField(search, want, at));
  const isTyped = kind === 'interface object' && (want.on !== undefined || want.name === '__typename');
  const here = isTyped ? [] : hereOptions(ask, selectable(search, want, at));
  if (search.flat === search) return here;
  if (here.some(({ cost, missing }) => cost.waves.length === 0 && missing.length === 0)) return here;
  if (kind === 'interface object') return [...here, ...interfaceOptions(ask, isTyped)];
  return [...here, ...entityOptions(ask), ...rootOptions(ask)];
}

function hereOptions({ search, inner: below, want, at }: Ask, field: FieldInUpstream | undefined): readonly Option[] {
  search.step();
  if (!field) return [];
  const place = valuePlace(want, field, at);
  const inner = below.solve(want.fields ?? [], place);
  if (isFruitless(want, inner)) return [];
  const cost = together(inner.cost, oneField);
  return [{ choice: { how: 'here', place, inner }, cost, missing: inner.missing }];
}

/** Whether nothing of what is wanted below a field comes with it. */
function isFruitless(want: Want, inner: Solution): boolean {
  return want.fields !== undefined && inner.picked.length === 0 && inner.missing.length > 0;
}

/** A root field needs no key: any upstream that resolves it can be asked, also for a root object further down. */
function rootOptions({ search, inner: below, want, at }: Ask): readonly Option[] {
  const { roots } = search.graph;
  if (at.upstream >= 0 && at.type !== roots.query) return [];
  const field = typeNamed(search, at.type).fields.get(want.name);
  return [...(field?.upstreams ?? [])].flatMap(([upstream, inUpstream]) => {
    if (upstream === at.upstream || !search.isResolved(inUpstream)) return [];
    search.step();
    const place = { upstream, type: at.type };
    const value = valuePlace(want, inUpstream, place);
    const inner = below.solve(want.fields ?? [], value);
    if (isFruitless(want, inner)) return [];
    const cost = callAfter(free, upstream, together(inner.cost, oneField));
    return [{ choice: { how: 'root', place, inner: selecting(want, value, inner) }, cost, missing: inner.missing }];
  });
}

/** A solution that selects one field. */
function selecting(want: Want, place: Place, inner: Solution): Solution {
  return { cost: inner.cost, missing: inner.missing, picked: [{ want, choice: { how: 'here', place, inner } }] };
}

/** Moves by key from an object: to upstreams with the same type, and to those that have an interface of it as an object. */
function entityOptions(ask: Ask): readonly Option[] {
  const { search, want, at } = ask;
  const type = typeNamed(search, at.type);
  const own = type.fields.get(want.name);
  const options = [...movesAs(ask, { as: type, field: own })];
  for (const name of type.interfaces) {
    const as = search.graph.types.get(name);
    if (as) options.push(...movesAs(ask, { as, field: as.fields.get(want.name) }));
  }
  return options;
}

function movesAs(
  { search, inner: below, want, at }: Ask,
  { as, field }: { readonly as: JoinType; readonly field: JoinField | undefined },
): readonly Option[] {
  return [...(field?.upstreams ?? [])].flatMap(([upstream, inUpstream]) => {
    const there = as.upstreams.get(upstream);
    if (as.kind === 'interface' && !there?.isInterfaceObject) return [];
    if (!search.isResolved(inUpstream) || (upstream === at.upstream && !inUpstream.requires)) return [];
    const place = { upstream, type: as.name };
    const value = valuePlace(want, inUpstream, place);
    const inner = below.solve(want.fields ?? [], value);
    if (isFruitless(want, inner)) return [];
    return move(search, at, {
      place,
      requires: inUpstream.requires,
      inner: selecting(withoutTypes(want), value, inner),
    });
  });
}

type Target = Pick<EntityChoice, 'place' | 'inner'> & { readonly requires: EntityChoice['requires'] | undefined };

/** One entity call, by the cheapest key that can be had at the place; none where no key or requirement can be had. */
function move(search: Search, at: Place, { place, requires, inner }: Target): readonly Option[] {
  const requiresSolution = requires && search.solve(requires.fields, at);
  if (requiresSolution && requiresSolution.missing.length > 0) return [];
  const keys = typeNamed(search, place.type).upstreams.get(place.upstream)?.keys ?? [];
  let best: { readonly key: Key; readonly solution: Solution; readonly inputs: Cost } | undefined;
  for (const key of keys) {
    search.step();
    if (!key.resolvable) continue;
    const solution = search.solve(key.fields, at);
    if (solution.missing.length > 0) continue;
    const inputs = together(solution.cost, requiresSolution?.cost ?? free);
    if (!best || compareCosts(inputs, best.inputs) < 0) best = { key, solution, inputs };
  }
  if (!best) return [];
  const choice: EntityChoice = {
    how: 'entity',
    place,
    key: best.key,
    keySolution: best.solution,
    ...(requires && { requires }),
    ...(requiresSolution && { requiresSolution }),
    inner,
  };
  const following = together(inner.cost, oneField);
  return [{ choice, cost: callAfter(best.inputs, place.upstream, following), missing: inner.missing }];
}

/**
 * Ways out of an interface object, whose object type its upstream does not know. Where the type matters, only an
 * upstream with the real interface can tell it; there the want is solved like any other.
 */
function interfaceOptions(ask: Ask, isTyped: boolean): readonly Option[] {
  const { search, inner: below, want, at } = ask;
  const as = typeNamed(search, at.type);
  const direct = isTyped ? [] : movesAs(ask, { as, field: as.fields.get(want.name) });
  const real = [...as.upstreams].flatMap(([upstream, there]) => {
    if (there.isInterfaceObject || !there.keys.some(({ resolvable }) => resolvable)) return [];
    const place = { upstream, type: as.name };
    const inner = below.solve([want], place);
    return inner.missing.length > 0 ? [] : move(search, at, { place, requires: undefined, inner });
  });
  return [...direct, ...real];
}
