import type { CostField, CostPlace } from './places.ts';
import { maxPoints, numberOf, type Values } from './terms.ts';

/** The field that an operation costs so much for. */
export interface DearField {
  /** Response keys from the root, with dots; lists add nothing. */
  readonly path: string;
  /** `Type.field`. */
  readonly coordinate: string;
  /** With all below it, for all objects that it is asked of. */
  readonly points: number;
}

/**
 * Starts with the dearest root field, and goes down to the dearest field below as long as that one makes up more than half
 * of what the field above costs. Undefined where nothing costs anything.
 */
export function dearestOf(root: CostPlace, values: Values): DearField | undefined {
  let found: DearField | undefined;
  let place: CostPlace | undefined = root;
  let times = 1;
  while (place) {
    const field: CostField | undefined = dearestAt(place, values);
    const points = field ? Math.min(times * numberOf(field.points, values), maxPoints) : 0;
    if (!field || points === 0 || (found && points * 2 <= found.points)) return found;
    const path: string = found ? `${found.path}.${field.responseKey}` : field.responseKey;
    found = { path, coordinate: field.coordinate, points };
    times = Math.min(times * numberOf(field.size, values), maxPoints);
    place = field.below;
  }
  return found;
}

function dearestAt({ variants }: CostPlace, values: Values): CostField | undefined {
  let dearest: CostField | undefined;
  for (const { asked } of variants) {
    for (const field of asked) {
      if (!dearest || numberOf(field.points, values) > numberOf(dearest.points, values)) dearest = field;
    }
  }
  return dearest;
}
