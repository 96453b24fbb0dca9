import { Kind, type SelectionSetNode } from 'graphql';
import { fixedDocumentBounds } from './default-bounds.ts';
import type { Expansion } from './expansion.ts';

const { maxFields, maxNesting, maxOverlaps } = fixedDocumentBounds;

/**
 * About how many pairs have to be compared to find out whether fields can be merged: all fields of one response key in
 * one place, with each other, and all fragments that meet in one place. Validation does so by comparing, as the fields'
 * arguments and types may differ; this only counts, and ends once the bound is passed. Pure.
 *
 * Asked only where `fields` and `nesting` are within their bounds.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Field-Selection-Merging | GraphQL, 5.3.2 Field Selection Merging}
 */
export function countOverlaps(expansion: Expansion): number {
  const counting = new Counting(expansion);
  for (const { node } of expansion.roots) counting.merge([node], 1);
  return counting.overlaps;
}

/** All fields that are merged in one place of the answer. */
interface Place {
  /** By response key. */
  readonly keys: Map<string, Same>;
  /** Names of the fragments that meet here. */
  readonly fragments: Set<string>;
  fields: number;
}

interface Same {
  count: number;
  readonly below: SelectionSetNode[];
}

class Counting {
  overlaps = 0;
  readonly #expansion: Expansion;
  /** Fragments around a place, where some spread themselves: they are not gone into again. */
  readonly #around: Set<string> | undefined;
  #visits = 0;

  constructor(expansion: Expansion) {
    this.#expansion = expansion;
    this.#around = expansion.isCyclic ? new Set() : undefined;
  }

  merge(nodes: readonly SelectionSetNode[], level: number): void {
    const place: Place = { keys: new Map(), fragments: new Set(), fields: 0 };
    for (const node of nodes) this.#collect(node, place);
    const { keys, fragments, fields } = place;
    // Each fragment with each, key by key.
    this.overlaps += Math.ceil((fragments.size * (fields + fragments.size)) / 2);
    for (const { count } of keys.values()) this.overlaps += (count * (count - 1)) / 2;
    for (const name of fragments) this.#around?.add(name);
    for (const { below } of keys.values()) {
      if (this.overlaps > maxOverlaps) return;
      if (below.length > 0 && level < maxNesting) this.merge(below, level + 1);
    }
    for (const name of fragments) this.#around?.delete(name);
  }

  #collect(node: SelectionSetNode, place: Place): void {
    for (const selection of node.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) this.#collect(selection.selectionSet, place);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) this.#collectFragment(selection.name.value, place);
      else this.#add(selection.alias?.value ?? selection.name.value, selection.selectionSet, place);
    }
  }

  #collectFragment(name: string, place: Place): void {
    const node = this.#expansion.fragment(name);
    if (node === undefined || place.fragments.has(name) || this.#around?.has(name) === true) return;
    place.fragments.add(name);
    this.#collect(node, place);
  }

  #add(key: string, below: SelectionSetNode | undefined, place: Place): void {
    place.fields += 1;
    const same = place.keys.get(key) ?? { count: 0, below: [] };
    same.count += 1;
    if (below) same.below.push(below);
    place.keys.set(key, same);
    this.#visits += 1;
    // There are no more fields to visit than were counted, but where fragments spread themselves.
    if (this.#visits > maxFields) this.overlaps = maxOverlaps + 1;
  }
}
