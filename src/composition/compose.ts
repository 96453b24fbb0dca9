import { composeServices } from '@theguild/federation-composition';
import { print, type GraphQLError } from 'graphql';
import { GatewayError } from '../errors.ts';
import { checkCacheHints } from './cache-hints/check-cache-hints.ts';
import { holdCacheHints } from './cache-hints/hold-cache-hints.ts';
import { withoutCacheHints } from './cache-hints/without-cache-hints.ts';
import { withCanonicalCosts } from './cost/canonical-costs.ts';
import { checkCosts } from './cost/check-costs.ts';
import { mergedTypes, fieldsOf, placeOf } from './definitions.ts';
import { checkFieldLimits, holdFieldLimits, withoutFieldLimits } from './field-limits/hold-field-limits.ts';
import { holdGuards } from './guards/hold-guards.ts';
import { checkGuards, lowerGuards } from './guards/lower-guards.ts';
import { checkSensitive, holdSensitive, withoutSensitive } from './sensitive/hold-sensitive.ts';
import type { Place, Problem, SourceSchema } from './types.ts';

/** The schemas do not compose; `problems` has all of them, and the message a line for each. */
export class CompositionError extends GatewayError {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super('COMPOSITION_FAILED', problems.map(printProblem).join('\n'));
    this.problems = problems;
  }
}

/** One line: places, code, message. */
export function printProblem({ code, message, places }: Problem): string {
  const where = places.map(({ file, line, column }) => `${file}:${line}:${column}`).join(', ');
  return `${where ? `${where}: ` : ''}${code}: ${message}`;
}

/**
 * Source schemas to supergraph SDL. A guard that any source has stands in it, at its place: those of interfaces on what
 * implements them, those of several sources as one that asks for all of them. So does every `@rateLimit`,
 * every `@cacheTag`, every `@sensitive` and the strictest `@cacheControl`.
 *
 * @throws {CompositionError} with every problem that the composition library reports, each with its places, or with the
 * guards, limits, costs and cache hints that have no meaning where they stand.
 */
export function compose(sources: readonly SourceSchema[]): string {
  const misplaced = sources.flatMap((source) => [
    ...checkGuards(source),
    ...checkFieldLimits(source),
    ...checkCosts(source),
    ...checkCacheHints(source),
    ...checkSensitive(source),
  ]);
  if (misplaced.length > 0) throw new CompositionError(misplaced);
  const lowered = sources.map(composableOf);
  const result = composeServices(lowered.map(({ name, sdl, url }) => ({ name, typeDefs: sdl, url })));
  if (result.errors && result.errors.length > 0) {
    throw new CompositionError(result.errors.map((error) => problemOf(error, sources)));
  }
  if (result.supergraphSdl === undefined) throw new CompositionError([]);
  const guarded = holdGuards(result.supergraphDocumentNode, sources);
  const held = holdSensitive(holdCacheHints(holdFieldLimits(guarded, sources), sources), sources);
  return held === result.supergraphDocumentNode ? result.supergraphSdl : print(held);
}

/** A source without what the composition library does not know, and with what it knows as it wants it. */
function composableOf(source: SourceSchema): SourceSchema {
  return withCanonicalCosts(lowerGuards(withoutFieldLimits(withoutCacheHints(withoutSensitive(source)))));
}

function problemOf(error: GraphQLError, sources: readonly SourceSchema[]): Problem {
  const code = error.extensions['code'];
  return {
    code: typeof code === 'string' ? code : 'COMPOSITION_ERROR',
    message: error.message,
    places: placesOf(error.message, sources),
  };
}

/** The library names sources and schema coordinates in its text only: they are looked up in the sources' own files. */
function placesOf(message: string, sources: readonly SourceSchema[]): Place[] {
  const quoted = new Set([...message.matchAll(/"([A-Za-z_]\w*)"/g)].map(([, name]) => name));
  const prefix = /^\[([A-Za-z_]\w*)\]/.exec(message)?.[1];
  const named = sources.filter(({ name }) => quoted.has(name) || name === prefix);
  const candidates = named.length > 0 ? named : sources;
  for (const [, type, field] of message.matchAll(/\b([A-Z_a-z]\w*)\.([A-Z_a-z]\w*)\b/g)) {
    const places = candidates.flatMap((source) => fieldPlace(source, { type: type ?? '', field: field ?? '' }));
    if (places.length > 0) return places;
  }
  for (const [, type] of message.matchAll(/"([A-Za-z_]\w*)"/g)) {
    const places = candidates.flatMap((source) => {
      const node = mergedTypes(source.sdl).get(type ?? '');
      return node?.loc ? [placeOf(source.file, node)] : [];
    });
    if (places.length > 0) return places;
  }
  return named.map(({ file }) => ({ file, line: 1, column: 1 }));
}

function fieldPlace(source: SourceSchema, { type, field }: { readonly type: string; readonly field: string }): Place[] {
  const node = fieldsOf(mergedTypes(source.sdl).get(type)).find(({ name }) => name.value === field);
  return node?.loc ? [placeOf(source.file, node)] : [];
}
