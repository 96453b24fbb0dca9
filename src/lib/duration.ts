const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof unitsMs;

/** A number (decimals allowed) and one unit: `800ms`, `1.5s`, `20m`, `2h`, `1d`. */
export const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Whole milliseconds of a text such as `800ms` or `1.5s`; `undefined` where the text has another form. Pure. */
export function readDuration(text: string): number | undefined {
  const match = durationPattern.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * unitsMs[match[2] as Unit]);
}

/** The shortest text that `readDuration` reads back to the same milliseconds: `2s`, `90s`, `1500ms`. Pure. */
export function printDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  const units = (Object.keys(unitsMs) as Unit[]).toReversed();
  const unit = units.find((candidate) => durationMs % unitsMs[candidate] === 0) ?? 'ms';
  return `${durationMs / unitsMs[unit]}${unit}`;
}
