import type { CostField, CostPlace, Variant } from './places.ts';
import { maxPoints, numberOf, type Values } from './terms.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * What an answer cost: the estimate's sum with the lengths that lists have, the types that objects have and nothing below
 * what is null. A null value costs what it would have weighed, as it was looked for; a null list costs nothing. Linear in
 * the answer; odd data costs what of it fits.
 */
export function actualOf(data: unknown, place: CostPlace, values: Values): number {
  return isMembers(data) ? Math.min(costOfObject(data, place, values).fields, maxPoints) : 0;
}

function costOfObject(
  data: Members,
  place: CostPlace,
  values: Values,
): { readonly fields: number; readonly weight: number } {
  const variant = variantOf(data, place, values);
  if (!variant) return { fields: 0, weight: place.weight };
  let fields = 0;
  for (const field of variant.asked) {
    // Most of an answer are scalars, and most of these are free.
    if (field.points.fixed === 0) continue;
    const value = data[field.responseKey];
    if (value === undefined) continue;
    fields += numberOf(field.once, values) + costOfValue(value, { field, values, lists: field.lists });
  }
  return { fields, weight: variant.weight };
}

interface Counting {
  readonly field: CostField;
  readonly values: Values;
  /** Levels of lists that are still around the value. */
  readonly lists: number;
}

function costOfValue(value: unknown, counting: Counting): number {
  const { field, values, lists } = counting;
  const { below, weight } = field;
  if (lists > 0) {
    if (!Array.isArray(value)) return 0;
    if (!below && lists === 1) return value.length * (weight ?? 0);
    const inside = { field, values, lists: lists - 1 };
    let total = 0;
    for (const item of value) total += costOfValue(item, inside);
    return total;
  }
  if (!below) return weight ?? 0;
  if (!isMembers(value)) return weight ?? below.weight;
  const cost = costOfObject(value, below, values);
  return cost.fields + (weight ?? cost.weight);
}

/** The variant of an object's type: what `__typename` says, else the dearest of those that have the object's members. */
function variantOf(data: Members, { variants }: CostPlace, values: Values): Variant | undefined {
  if (variants.length <= 1) return variants[0];
  let fitting: Variant | undefined;
  for (const variant of variants) {
    if (variant.typename !== undefined && typeof data[variant.typename] === 'string') {
      if (variant.types.includes(data[variant.typename] as string)) return variant;
    } else if (fits(data, variant) && (!fitting || isDearer(variant, fitting, values))) fitting = variant;
  }
  return fitting;
}

function fits(data: Members, { asked }: Variant): boolean {
  return asked.every(({ responseKey, holds }) => holds !== undefined || data[responseKey] !== undefined);
}

function isDearer(one: Variant, other: Variant, values: Values): boolean {
  return one.weight + numberOf(one.fields, values) > other.weight + numberOf(other.fields, values);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
