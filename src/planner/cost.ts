/**
 * What a part of a plan costs. `waves[i]` lists the upstreams (sorted indexes) that are called in the i-th wave after the
 * data at hand; calls of one upstream in one wave count once, because they become one call.
 */
export interface Cost {
  readonly waves: readonly (readonly number[])[];
  /** Fields that are selected, as a measure of the data. */
  readonly size: number;
}

export const free: Cost = { waves: [], size: 0 };

/** Below 0 where `a` is cheaper: fewest waves, then fewest calls, then least data. */
export function compareCosts(a: Cost, b: Cost): number {
  return a.waves.length - b.waves.length || callsOf(a) - callsOf(b) || a.size - b.size;
}

function callsOf({ waves }: Cost): number {
  let calls = 0;
  for (const wave of waves) calls += wave.length;
  return calls;
}

/** Both parts, beside each other. */
export function together(a: Cost, b: Cost): Cost {
  if (b.waves.length === 0) return b.size === 0 ? a : { waves: a.waves, size: a.size + b.size };
  if (a.waves.length === 0) return a.size === 0 ? b : { waves: b.waves, size: a.size + b.size };
  const [longer, shorter] = a.waves.length >= b.waves.length ? [a.waves, b.waves] : [b.waves, a.waves];
  return { waves: longer.map((wave, index) => union(wave, shorter[index])), size: a.size + b.size };
}

/** A call of `upstream` once `inputs` are there, and what follows from its answer. */
export function callAfter(inputs: Cost, upstream: number, following: Cost): Cost {
  const before = inputs.waves.length;
  const call: readonly (readonly number[])[] = [
    ...Array.from({ length: before }, () => []),
    [upstream],
    ...following.waves,
  ];
  // A call brings `__typename` and a representation with it, so equal ways end where the data already is.
  return together(inputs, { waves: call, size: following.size + 2 });
}

function union(a: readonly number[], b: readonly number[] | undefined): readonly number[] {
  if (!b || b.length === 0) return a;
  if (a.length === 0) return b;
  if (b.every((index) => a.includes(index))) return a;
  return [...new Set([...a, ...b])].toSorted((x, y) => x - y);
}
