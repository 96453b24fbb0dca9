/** The value at `path` inside `value`, own properties only; `undefined` where the way ends early. */
export function readPath(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    // Inherited names (`constructor`, `__proto__`) are no data.
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
