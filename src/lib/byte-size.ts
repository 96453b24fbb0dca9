/** Largest first among units that print; `kB` and `KB` mean the same. */
const unitsBytes = {
  GiB: 1024 ** 3,
  GB: 1000 ** 3,
  MiB: 1024 ** 2,
  MB: 1000 ** 2,
  KiB: 1024,
  KB: 1000,
  kB: 1000,
  B: 1,
} as const;

type Unit = keyof typeof unitsBytes;

/** A number (decimals allowed) and one unit, binary or decimal: `512KiB`, `4MiB`, `1MB`, `100B`. */
export const byteSizePattern = /^(\d+(?:\.\d+)?)(GiB|GB|MiB|MB|KiB|KB|kB|B)$/;

/** Whole bytes of a text such as `4MiB`; `undefined` where the text has another form. Pure. */
export function readByteSize(text: string): number | undefined {
  const match = byteSizePattern.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * unitsBytes[match[2] as Unit]);
}

/** A text that `readByteSize` reads back to the same bytes, in the largest unit that divides them. Pure. */
export function printByteSize(bytes: number): string {
  const units = Object.keys(unitsBytes) as Unit[];
  const unit = units.find((candidate) => bytes > 0 && bytes % unitsBytes[candidate] === 0) ?? 'B';
  return `${bytes / unitsBytes[unit]}${unit}`;
}
