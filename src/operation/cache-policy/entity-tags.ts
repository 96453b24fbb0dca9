import { boundedText } from '../../lib/bounded-text.ts';

/**
 * Entities and tags. An answer is kept under `User:1` for each object whose id it has, and under `User:?` where it has
 * objects whose ids its operation does not select, and where it has no object at a place for one (null, an empty list): the
 * one that was changed may be among them, or belong there now. So what makes `User:1` invalid takes `User:?` along; and
 * where only the type is known of what was changed, all answers go that may have read an object of it: they have `User`.
 */

/** An object that an answer has; without `id`: at least one of the type that nobody can tell apart, or a place for one. */
export interface Entity {
  readonly typename: string;
  readonly id?: string;
}

/** Longest tag, in UTF-16 units; longer ones are hashed. */
export const maxTag = 256;

/** The tag that a text stands for: itself, or its hash where it is too long. Whoever makes a tag invalid must ask for it, too. */
export function tagOf(text: string): string {
  return boundedText(text, maxTag);
}

/** What an answer with the entity is kept under. */
export function keptTagOf({ typename, id }: Entity): string {
  return id === undefined ? `${typename}:?` : tagOf(`${typename}:${id}`);
}

/** What is invalid where the entity was changed. */
export function invalidTagsOf(entity: Entity): readonly string[] {
  const { typename, id } = entity;
  return id === undefined ? [typename] : [keptTagOf(entity), keptTagOf({ typename })];
}
