import { readFile, stat } from 'node:fs/promises';
import { watch, type Found, type Watched } from './watch.ts';

export interface WatchedFileOptions<T> {
  readonly file: string;
  /** Time between two looks at it, in milliseconds. */
  readonly pollMs: number;
  /** Throws or rejects where the text is bad. */
  readonly read: (text: string) => T | Promise<T>;
  /** What holds where there is no file. Undefined: there must be one. */
  readonly absent: T | undefined;
  /** Called at the first look, then whenever the file has changed and is good. May throw, which makes the file bad. */
  readonly use: (value: T) => void;
  /** As `watch` tells it. */
  readonly onProblem: (problem: string) => void;
  readonly onGood?: () => void;
}

/** Reads a file, and reads it anew when it changes; see `watch`. */
export async function watchFile<T>({ file, read, absent, use, ...rest }: WatchedFileOptions<T>): Promise<Watched> {
  return watch<string | undefined>({
    ...rest,
    load: async (version) => loadFile(file, version, absent !== undefined),
    use: async (text) => {
      if (text !== undefined) use(await read(text));
      else if (absent !== undefined) use(absent);
    },
  });
}

const none = 'none';

/** The text; undefined in it where there is no file and there may be none. */
async function loadFile(
  file: string,
  former: string | undefined,
  mayBeAbsent: boolean,
): Promise<Found<string | undefined> | undefined> {
  // Taken before the text: a change in between shows at the next look.
  const version = await versionOf(file);
  if (version === none && !mayBeAbsent) throw new Error('there is no such file');
  if (version === former) return undefined;
  return { version, value: version === none ? undefined : await readFile(file, 'utf8') };
}

async function versionOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${ino}:${size}:${mtimeNs}`;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return none;
    throw cause;
  }
}
