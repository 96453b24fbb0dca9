import { hash } from 'node:crypto';
import { stripIgnoredCharacters } from 'graphql';

/** The text of an operation that is known by an id, with what it is compared by. */
export interface KnownText {
  readonly text: string;
  /** Without what has no meaning: see `normalForm`. */
  readonly normal: string;
  /** SHA-256 of `text`. */
  readonly sha256: string;
}

export function knownText(text: string): KnownText {
  return { text, normal: normalForm(text), sha256: sha256(text) };
}

/**
 * The text without comments, commas and white space of no meaning: equal where two texts differ in nothing else. Pure.
 *
 * @throws {GraphQLError} for a text that has no tokens of GraphQL.
 * @see {@link https://spec.graphql.org/October2021/#sec-Source-Text.Ignored-Tokens | GraphQL, 2.1.7 Ignored Tokens}
 */
export function normalForm(text: string): string {
  return stripIgnoredCharacters(text);
}

/** In lower-case hexadecimal, of the text as UTF-8. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
