/**
 * One `vary` value of several: each name once, in lower case; `*` where one of them is. Undefined where there are none.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5 | RFC 9110, 12.5.5 Vary}
 */
export function joinVary(...values: readonly (string | number | readonly string[] | undefined)[]): string | undefined {
  const names = new Set(
    values
      .flatMap((value) => String(value ?? '').split(','))
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
  );
  if (names.size === 0) return undefined;
  return names.has('*') ? '*' : [...names].join(', ');
}
