import type { HiddenPlaces } from './types.ts';

/**
 * What an upstream may see of a header's value; undefined: nothing. Hidden cookies are taken out of `cookie`, and the
 * others stay as they came.
 *
 * @param name In lower case.
 */
export function visibleValue(name: string, value: string, hidden: HiddenPlaces | undefined): string | undefined {
  if (hidden === undefined) return value;
  if (hidden.headers.includes(name)) return undefined;
  return name === 'cookie' && hidden.cookies.length > 0 ? visibleCookies(value, hidden.cookies) : value;
}

function visibleCookies(text: string, hidden: readonly string[]): string | undefined {
  const all = text.split(';').map((pair) => pair.trim());
  const visible = all.filter((pair) => !hidden.includes(cookieName(pair)));
  if (visible.length === all.length) return text;
  const left = visible.filter((pair) => pair !== '');
  return left.length > 0 ? left.join('; ') : undefined;
}

function cookieName(pair: string): string {
  const [name = ''] = pair.split('=', 1);
  return name.trim();
}

/**
 * A path without the hidden query parameters, however their names are percent-encoded and how often they stand there. The
 * rest stays as it came, byte for byte.
 *
 * @param path Path and query.
 */
export function visiblePath(path: string, hidden: HiddenPlaces | undefined): string {
  if (hidden === undefined || hidden.queryParameters.length === 0) return path;
  const start = path.indexOf('?');
  if (start < 0) return path;
  const all = path.slice(start + 1).split('&');
  const visible = all.filter((pair) => !isHidden(pair, hidden.queryParameters));
  if (visible.length === all.length) return path;
  const query = visible.join('&');
  return query === '' ? path.slice(0, start) : `${path.slice(0, start)}?${query}`;
}

function isHidden(pair: string, names: readonly string[]): boolean {
  if (pair === '') return false;
  // Read as credentials are, so that what one of them was found in is what is hidden.
  for (const name of new URLSearchParams(pair).keys()) if (names.includes(name)) return true;
  return false;
}
