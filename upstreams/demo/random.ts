/** Numbers that look random and are the same on every run and every machine. */
export interface Random {
  /** An integer from `low` to `high`, both included. */
  between: (low: number, high: number) => number;
  /** One of `items`, which must not be empty. */
  pick: <T>(items: readonly T[]) => T;
  /** True with a chance of `percent` in 100. */
  chance: (percent: number) => boolean;
}

/** Integer arithmetic only: `Math.imul` and shifts are exact in every engine, floating point functions are not. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const between = (low: number, high: number): number => low + (next() % (high - low + 1));
  return {
    between,
    pick: <T>(items: readonly T[]): T => items[next() % items.length] as T,
    chance: (percent) => next() % 100 < percent,
  };
}
