import type { EntityTypes } from './entity-types.ts';
import type { EntitySelection } from './kept-entities.ts';

export interface EntityTagParts {
  readonly types: EntityTypes;
  /** The field that tells objects of a type apart; undefined where the type has none, and none of its objects is ever named. */
  readonly idFieldOf: (type: string) => string | undefined;
}

/**
 * By which tags a kept entity is made invalid: `Type` and `Type:id` of itself and of every object within it; `Type:?` in
 * place of `Type:id` where the id is not known, as GraphQL answers have it.
 *
 * @param entity As the upstream gave it.
 * @param representation What it was asked by, as JSON.
 */
export type TagEntity = (entity: object, representation: string) => readonly string[];

/** One level of what is asked: where it says what its objects are, and what lies below it. */
interface Level {
  /** Object types that it may be, with the member that holds the id of each. */
  readonly ids: ReadonlyMap<string, string | undefined>;
  /** Member that holds `__typename`. */
  readonly typeKey: string | undefined;
  readonly below: readonly { readonly dataKey: string; readonly level: Level }[];
}

/** A tag is at most as long. */
const maxLength = 256;

export function compileEntityTags(
  type: string,
  selections: readonly EntitySelection[],
  parts: EntityTagParts,
): TagEntity {
  const level = levelOf(parts.types.possible(type), selections, parts);
  const idField = parts.idFieldOf(type);
  const own = (entity: object, representation: string): string => {
    const idKey = level.ids.get(type);
    // What is asked for by its id need not say it again.
    const id = idKey === undefined ? keyIn(representation, idField) : member(entity, idKey);
    return isId(id) ? named(type, id) : `${type}:?`;
  };
  if (level.below.length === 0) return (entity, representation) => [type, own(entity, representation)];
  return (entity, representation) => {
    const tags = new Set([type, own(entity, representation)]);
    for (const { dataKey, level: below } of level.below) addValue(tags, member(entity, dataKey), below);
    return [...tags];
  };
}

function keyIn(representation: string, idField: string | undefined): unknown {
  return idField === undefined ? undefined : member(JSON.parse(representation) as object, idField);
}

function levelOf(objects: readonly string[], selections: readonly EntitySelection[], parts: EntityTagParts): Level {
  const fields = fieldsOf(selections);
  const keyOf = (name: string): string | undefined => fields.find((field) => field.name === name)?.dataKey;
  const ids = objects.map((object) => {
    const idField = parts.idFieldOf(object);
    return [object, idField === undefined ? undefined : keyOf(idField)] as const;
  });
  const below = fields.flatMap(({ name, dataKey, selections: inner }) => {
    if (inner.length === 0) return [];
    const types = objects.flatMap((object) => parts.types.below(object, name) ?? []);
    return [{ dataKey, level: levelOf([...new Set(types)], inner, parts) }];
  });
  return { ids: new Map(ids), typeKey: keyOf('__typename'), below };
}

function fieldsOf(selections: readonly EntitySelection[]): Extract<EntitySelection, { select: 'field' }>[] {
  return selections.flatMap((each) => (each.select === 'field' ? [each] : fieldsOf(each.selections)));
}

function addValue(tags: Set<string>, value: unknown, level: Level): void {
  if (Array.isArray(value)) for (const item of value) addValue(tags, item, level);
  else if (typeof value === 'object' && value !== null) {
    addObject(tags, value, level);
    for (const { dataKey, level: below } of level.below) addValue(tags, member(value, dataKey), below);
  }
}

function addObject(tags: Set<string>, object: object, { ids, typeKey }: Level): void {
  const said = typeKey === undefined ? undefined : member(object, typeKey);
  for (const [type, idKey] of ids) {
    if (typeof said === 'string' && ids.has(said) && said !== type) continue;
    tags.add(type);
    const id = idKey === undefined ? undefined : member(object, idKey);
    // Which of several types it is, nobody said: it may be any.
    const isSaid = isId(id) && (ids.size === 1 || said === type);
    tags.add(isSaid ? named(type, id) : `${type}:?`);
  }
}

function named(type: string, id: string | number): string {
  const tag = `${type}:${id}`;
  return tag.length > maxLength ? `${type}:?` : tag;
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function member(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}
