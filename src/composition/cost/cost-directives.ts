import type { DocumentNode } from 'graphql';
import { linkedNames, linksOf } from '../links.ts';

/** A directive that says what a place costs. */
export type CostDirective = 'cost' | 'listSize';

export const costDirectives: readonly CostDirective[] = ['cost', 'listSize'];

/** Specifications that have the directives. */
export const costSpecifications: ReadonlyMap<string, readonly CostDirective[]> = new Map([
  ['cost', costDirectives],
  ['federation', costDirectives],
]);

/**
 * The names that a document calls `@cost` and `@listSize` by. Only what a link gives is one: both words are used for other
 * things, too.
 *
 * @see {@link https://specs.apollo.dev/link/v1.0/ | link v1.0, @link}
 */
export function costDirectivesOf(document: DocumentNode): ReadonlyMap<string, CostDirective> {
  return linkedNames(linksOf(document), costSpecifications);
}
