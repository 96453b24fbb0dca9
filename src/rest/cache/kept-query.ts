/**
 * A path with those of its query parameters that count: by `names` and in their order, each as often as it comes. The pairs
 * stay as they came, so what is written differently differs.
 *
 * @param path Path and query.
 * @param names Undefined: all count, as they stand.
 */
export function keptQuery(path: string, names: readonly string[] | undefined): string {
  const start = path.indexOf('?');
  if (start < 0 || names === undefined) return path;
  const pairs = path.slice(start + 1).split('&');
  const kept = names.flatMap((name) => pairs.filter((pair) => nameOf(pair) === name));
  return kept.length === 0 ? path.slice(0, start) : `${path.slice(0, start)}?${kept.join('&')}`;
}

function nameOf(pair: string): string | undefined {
  if (pair === '') return undefined;
  const [name] = new URLSearchParams(pair).keys();
  return name;
}
