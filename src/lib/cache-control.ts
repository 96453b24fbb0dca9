/** Directives by lower-case name; `true` where a directive has no value. */
type Directives = ReadonlyMap<string, string | true>;

/**
 * Reads a `cache-control` value. A directive given twice keeps its smaller number, else its first value.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-5.2 | RFC 9111, 5.2 Cache-Control}
 */
export function readCacheControl(text: string): Directives {
  const directives = new Map<string, string | true>();
  for (const [, name = '', quoted, plain] of text.matchAll(
    /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g,
  )) {
    const key = name.toLowerCase();
    const value = quoted ?? plain ?? true;
    const earlier = directives.get(key);
    if (earlier === undefined || (isSeconds(value) && isSeconds(earlier) && Number(value) < Number(earlier))) {
      directives.set(key, value);
    }
  }
  return directives;
}

/**
 * One `cache-control` value that allows no cache anything that one of `values` does not allow. `undefined` stands for
 * an answer without the field: it allows no reuse. With no value at all there is nothing to say: `undefined`.
 *
 * `no-store` wins alone. `no-cache` (also with field names) takes every lifetime away. `private` takes `s-maxage` away.
 * Lifetimes are the smallest of all; a missing one is 0. What loosens (`public`, `immutable`, `stale-*`) stays only
 * where all say it; what restricts stays where one says it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2 | RFC 9111, 5.2.2 Cache-Control Response Directives}
 */
export function mostRestrictiveCacheControl(values: readonly (string | undefined)[]): string | undefined {
  if (values.every((value) => value === undefined)) return undefined;
  const all = values.map((value) => readCacheControl(value ?? 'max-age=0'));
  const some = (name: string): boolean => all.some((one) => one.has(name));
  const every = (name: string): boolean => all.every((one) => one.has(name));
  if (some('no-store')) return 'no-store';
  const merged: string[] = [];
  if (some('private')) merged.push('private');
  else if (every('public')) merged.push('public');
  if (some('no-cache')) merged.push('no-cache');
  else merged.push(...lifetimes(all));
  for (const name of ['must-revalidate', 'proxy-revalidate', 'no-transform']) if (some(name)) merged.push(name);
  if (every('immutable')) merged.push('immutable');
  return merged.length === 0 ? undefined : merged.join(', ');
}

function lifetimes(all: readonly Directives[]): string[] {
  const given = (name: string): string[] => [`${name}=${Math.min(...all.map((one) => seconds(one, name)))}`];
  const every = (name: string): boolean => all.every((one) => one.has(name));
  const stale = ['stale-while-revalidate', 'stale-if-error'].filter(every).flatMap(given);
  // `s-maxage` also lets shared caches keep answers to authenticated requests, so one that does not say it forbids it.
  if (every('s-maxage') && !all.some((one) => one.has('private'))) {
    return [...(all.some((one) => one.has('max-age')) ? given('max-age') : []), ...given('s-maxage'), ...stale];
  }
  if (!all.some((one) => one.has('max-age') || one.has('s-maxage'))) return stale;
  const shortest = all.map((one) => {
    const own = ['max-age', 's-maxage'].filter((name) => one.has(name)).map((name) => seconds(one, name));
    return own.length === 0 ? 0 : Math.min(...own);
  });
  return [`max-age=${Math.min(...shortest)}`, ...stale];
}

/** RFC 9111, 4.2.1: a lifetime that cannot be read is stale, so 0. */
function seconds(directives: Directives, name: string): number {
  const value = directives.get(name);
  return isSeconds(value) ? Number(value) : 0;
}

function isSeconds(value: string | true | undefined): value is string {
  return typeof value === 'string' && /^\d{1,15}$/.test(value);
}
