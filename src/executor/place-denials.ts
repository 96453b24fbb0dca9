import type { AbstractShape, FieldShape, Shape, ValueShape } from '../planner/shape.ts';
import type { PlacedError } from './build-carefully.ts';
import { anyHolds, type Values } from './conditions.ts';
import { fieldDenial, objectDenial } from './denials.ts';
import { isObject, own } from './quote.ts';

/** Finds every place of data that is denied, in the order of the answer. */
export type PlaceDenials = (data: object, values: Values) => readonly PlacedError[];

/**
 * The errors of an answer in which nothing went wrong but that some of it is denied. Only what leads to something denied
 * is looked at, so one denied field costs no look at all of a large answer. Undefined where nothing is denied.
 */
export function compilePlaceDenials({ root }: Shape): PlaceDenials | undefined {
  const leads = leadsOf(root.fields);
  if (leads.length === 0) return undefined;
  return (data, values) => {
    const found: PlacedError[] = [];
    placeOn(data, leads, { path: [], values, found });
    return found;
  };
}

/** A field that is denied (no `way`), or below which something is. */
interface Lead {
  readonly field: FieldShape;
  readonly way?: Way;
}

/** How to go on from a value. */
type Way =
  | { readonly kind: 'object'; readonly leads: readonly Lead[] }
  | { readonly kind: 'list'; readonly item: Way }
  | {
      readonly kind: 'abstract';
      readonly shape: AbstractShape;
      readonly denied: ReadonlySet<unknown>;
      readonly byType: ReadonlyMap<unknown, readonly Lead[]>;
      readonly untyped: readonly Lead[];
    };

function leadsOf(fields: readonly FieldShape[]): readonly Lead[] {
  return fields.flatMap((field): readonly Lead[] => {
    if (field.source === 'denied') return [{ field }];
    const way = field.source === 'data' ? wayOf(field.value.of) : undefined;
    return way ? [{ field, way }] : [];
  });
}

function wayOf(of: ValueShape['of']): Way | undefined {
  if (of.kind === 'list') {
    const item = wayOf(of.item.of);
    return item && { kind: 'list', item };
  }
  if (of.kind === 'object') {
    const leads = leadsOf(of.fields);
    return leads.length > 0 ? { kind: 'object', leads } : undefined;
  }
  return of.kind === 'abstract' ? abstractWay(of) : undefined;
}

function abstractWay(shape: AbstractShape): Way | undefined {
  const lists = shape.fieldLists.map(leadsOf);
  const denied = new Set(shape.types.flatMap(({ name, isDenied }) => (isDenied ? [name] : [])));
  if (denied.size === 0 && lists.every((leads) => leads.length === 0)) return undefined;
  const byType = new Map(shape.types.map(({ name, fields }) => [name, lists[fields] ?? []]));
  return { kind: 'abstract', shape, denied, byType, untyped: lists[shape.untyped ?? -1] ?? [] };
}

interface Placing {
  /** Where the walk stands; grows and shrinks at its end. */
  readonly path: (string | number)[];
  readonly values: Values;
  readonly found: PlacedError[];
}

function placeOn(object: object, leads: readonly Lead[], placing: Placing): void {
  const { path, values, found } = placing;
  for (const { field, way } of leads) {
    if (!anyHolds(field.when, values)) continue;
    path.push(field.responseKey);
    if (way) goOn(own(object, field.dataKey), way, placing);
    else found.push({ path: [...path], error: fieldDenial(field) });
    path.pop();
  }
}

function goOn(value: unknown, way: Way, placing: Placing): void {
  if (way.kind === 'list') {
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length; index++) {
      placing.path.push(index);
      goOn(value[index], way.item, placing);
      placing.path.pop();
    }
  } else if (isObject(value)) {
    if (way.kind === 'object') {
      placeOn(value, way.leads, placing);
      return;
    }
    const type = own(value, '__typename');
    if (way.denied.has(type)) placing.found.push({ path: [...placing.path], error: objectDenial(way.shape) });
    else placeOn(value, way.byType.get(type) ?? way.untyped, placing);
  }
}
