import type { ValueShape } from '../planner/shape.ts';

type Key = string | number;

/** Keys of the merged data as the client knows them; what the client did not ask for ends the path. */
export function clientKeys(below: readonly Key[], of: ValueShape['of']): readonly Key[] {
  const [key, ...rest] = below;
  if (key === undefined) return [];
  if (of.kind === 'list') return typeof key === 'number' ? [key, ...clientKeys(rest, of.item.of)] : [];
  const fields = of.kind === 'object' ? of.fields : of.kind === 'abstract' ? of.fieldLists.flat() : [];
  const field = fields.find(({ source, dataKey }) => source === 'data' && dataKey === key);
  return field ? [field.responseKey, ...clientKeys(rest, field.value.of)] : [];
}
