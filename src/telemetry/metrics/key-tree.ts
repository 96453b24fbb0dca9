export type Key = string | number;

type Branch = Map<Key, unknown>;

/** A map by several keys at once: no text is made of them, and strings that stay the same are found by their hash. */
export class KeyTree<T extends object> {
  readonly #root: Branch = new Map();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param keys One or more, always as many. */
  get(keys: readonly Key[]): T | undefined {
    let found: unknown = this.#root;
    for (let level = 0; level < keys.length; level++) {
      found = (found as Branch).get(keys[level] as Key);
      if (found === undefined) return undefined;
    }
    return found as T;
  }

  /** Nothing may be there under these keys. */
  set(keys: readonly Key[], value: T): void {
    let branch = this.#root;
    const last = keys.length - 1;
    for (let level = 0; level < last; level++) {
      const key = keys[level] as Key;
      let next = branch.get(key) as Branch | undefined;
      if (!next) {
        next = new Map();
        branch.set(key, next);
      }
      branch = next;
    }
    branch.set(keys[last] as Key, value);
    this.#size += 1;
  }
}
