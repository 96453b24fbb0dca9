import { Kind, type SelectionNode } from 'graphql';
import type { Fragments } from './documents.ts';

/** Whether an object type belongs to a type: itself, an interface of it, a union with it. */
export type PossibleTypes = (type: string, objectType: string) => boolean;

interface SelectionReading {
  readonly fragments: Fragments;
  readonly possibleTypes: PossibleTypes;
}

/**
 * What an `_entities` field selects on one object type. Fragments on other types are left out, as the field that takes
 * the place of `_entities` can never return them and a server refuses such spreads.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Fragment-spread-is-possible | GraphQL, 5.5.2.3 Fragment Spread Is Possible}
 */
export function selectionsOn(
  objectType: string,
  selections: readonly SelectionNode[],
  reading: SelectionReading,
): SelectionNode[] {
  const kept: SelectionNode[] = [];
  for (const node of selections) {
    if (node.kind === Kind.FIELD) {
      kept.push(node);
      continue;
    }
    const inner = node.kind === Kind.INLINE_FRAGMENT ? node : reading.fragments.get(node.name.value);
    const condition = inner?.typeCondition?.name.value ?? '_Entity';
    if (!inner) continue;
    if (condition !== '_Entity') {
      if (reading.possibleTypes(condition, objectType)) kept.push(node);
      continue;
    }
    // The server has no type `_Entity` to spread on.
    const inside = selectionsOn(objectType, inner.selectionSet.selections, reading);
    if (inside.length > 0) {
      kept.push({
        kind: Kind.INLINE_FRAGMENT,
        ...(node.directives && { directives: node.directives }),
        selectionSet: { kind: Kind.SELECTION_SET, selections: inside },
      });
    }
  }
  return kept;
}
