import type { CacheHint } from '../../config/cache-types.ts';

/**
 * What several hints on one place come to: the shortest time, private where one says so; a time is only inherited where all
 * that say anything inherit it. Undefined where none says anything. Pure.
 */
export function strictestOf(hints: readonly CacheHint[]): CacheHint | undefined {
  const said = hints.filter(saysAnything);
  if (said.length <= 1) return said[0];
  const ages = said.flatMap(({ maxAge }) => maxAge ?? []);
  return {
    maxAge: ages.length > 0 ? Math.min(...ages) : undefined,
    scope: said.some(({ scope }) => scope === 'PRIVATE') ? 'PRIVATE' : said.find(({ scope }) => scope)?.scope,
    inheritMaxAge: said.every(({ inheritMaxAge }) => inheritMaxAge),
  };
}

function saysAnything({ maxAge, scope, inheritMaxAge }: CacheHint): boolean {
  return maxAge !== undefined || scope !== undefined || inheritMaxAge;
}
