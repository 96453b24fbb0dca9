/** The middle of the values, the mean of the two middle ones where their count is even; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/** The value below which a share (0 to 1) of the sorted values lies; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}

/** The mean of the values without this share (0 up to 0.5) of them on either side; 0 of none. */
export function trimmedMean(values: readonly number[], share: number): number {
  return meanOf(withoutEnds(values, share));
}

/**
 * How far a trimmed mean may be off, as a standard deviation: that of the values with those on either side taken as the
 * outermost that count, by the values that count.
 *
 * @see {@link https://en.wikipedia.org/wiki/Truncated_mean | Tukey and McLaughlin 1963}
 */
export function standardError(values: readonly number[], share: number): number {
  const kept = withoutEnds(values, share);
  const [least = 0, most = 0] = [kept[0], kept.at(-1)];
  const winsorized = values.map((value) => Math.min(most, Math.max(least, value)));
  const mean = meanOf(winsorized);
  const variance = winsorized.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return Math.sqrt(variance / Math.max(1, values.length)) / (1 - 2 * share);
}

/** Sorted. */
function withoutEnds(values: readonly number[], share: number): readonly number[] {
  const cut = Math.floor(values.length * share);
  return values.toSorted((a, b) => a - b).slice(cut, values.length - cut);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Slope of the straight line nearest to the points, in y per x; 0 of fewer than two. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (pick: (point: { readonly x: number; readonly y: number }) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const meanX = mean(({ x }) => x);
  const meanY = mean(({ y }) => y);
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread || 0;
}
