import type { DocumentNode } from 'graphql';
import { isSpecification, linkedNames, linksOf, type Link } from '../links.ts';

/** A directive that guards a place. */
export type GuardDirective = 'authenticated' | 'requiresScopes' | 'policy';

/** Which of the three a directive is, by the name that the document has for it; undefined for all other directives. */
export type GuardDirectives = ReadonlyMap<string, GuardDirective>;

const guardDirectives: readonly GuardDirective[] = ['authenticated', 'requiresScopes', 'policy'];

/** Specifications that have the directives: each its own one, and federation all three. */
const specifications: ReadonlyMap<string, readonly GuardDirective[]> = new Map([
  ...guardDirectives.map((name) => [name, [name]] as const),
  ['federation', guardDirectives],
]);

/**
 * The names that a document calls the directives by. A directive has its own name unless a link says otherwise, and that
 * of a link beside it: what may be a guard is one. Only a name that a link gives to something else is none.
 *
 * @see {@link https://specs.apollo.dev/link/v1.0/ | link v1.0, @link}
 */
export function guardDirectivesOf(document: DocumentNode): GuardDirectives {
  const links = linksOf(document);
  const names = new Map<string, GuardDirective>(guardDirectives.map((name) => [name, name]));
  for (const link of links)
    if (!isSpecification(link, specifications)) for (const name of namesGivenBy(link)) names.delete(name);
  for (const [name, directive] of linkedNames(links, specifications)) names.set(name, directive);
  for (const name of guardDirectives) if (!names.has(`federation__${name}`)) names.set(`federation__${name}`, name);
  return names;
}

function namesGivenBy({ name, as, imports }: Link): readonly string[] {
  return [as ?? name, ...imports.map((imported) => imported.as)];
}
