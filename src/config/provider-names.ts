/**
 * What a provider without a name is called, by its place among the kinds of all: its kind, from the second of a kind on
 * with a number. Pure.
 */
export function defaultProviderName(kinds: readonly (string | undefined)[], index: number): string {
  const kind = kinds[index] ?? '';
  const earlier = kinds.slice(0, index).filter((other) => other === kind).length;
  return earlier === 0 ? kind : `${kind}-${earlier + 1}`;
}
