import { readFile, stat } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { GatewayError } from '../../errors.ts';
import { publishNotice } from '../../telemetry/channels.ts';

export interface WatchedFileOptions<T> {
  readonly file: string;
  /** What the file is, for messages: `API keys`. */
  readonly what: string;
  /** Time between two looks at it, in milliseconds. */
  readonly pollMs: number;
  /** Throws an error that says what is wrong with the text and shows nothing secret. */
  readonly read: (text: string) => T;
  /** What holds where there is no file. Undefined: there must be one. */
  readonly absent: T | undefined;
  /** Called at the first look, then whenever the file has changed and is good. */
  readonly use: (value: T) => void;
}

export interface WatchedFile {
  /** `performance.now()` of the last look that found the file good. */
  readonly goodAt: () => number;
  /** Looks at once. */
  readonly look: () => Promise<void>;
  readonly close: () => void;
}

/**
 * Reads a file and reads it anew when it changes. One that has become bad is told as a notice, once, and what it said
 * before goes on being used.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where it is bad at the first look.
 */
export async function watchFile<T>(options: WatchedFileOptions<T>): Promise<WatchedFile> {
  const { file, what, pollMs } = options;
  let state = await lookAt(options, undefined);
  if (state.problem !== undefined) {
    throw new GatewayError('CONFIGURATION_INVALID', `${what}: ${file}: ${state.problem}`);
  }
  let goodAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();
  let isClosed = false;
  const lookOnce = async (): Promise<void> => {
    const startedAt = performance.now();
    const next = await lookAt(options, state);
    if (next.problem === undefined) goodAt = startedAt;
    else if (next !== state) {
      const message = `${what}: ${file}: ${next.problem}. What it said before goes on being used`;
      publishNotice({ level: 'error', message });
    }
    state = next;
  };
  // Two looks at once could end in the wrong order.
  const look = (): Promise<void> => (looking = looking.then(lookOnce));
  const plan = (): void => {
    if (isClosed) return;
    timer = setTimeout(() => void look().finally(plan), pollMs).unref();
  };
  plan();
  return {
    goodAt: () => goodAt,
    look,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

interface Look {
  /** What the file was when it was looked at; differs where it may have changed. */
  readonly version: string;
  /** What is wrong with it. */
  readonly problem: string | undefined;
}

/** The former look itself where nothing has changed. Never throws. */
async function lookAt<T>({ file, read, absent, use }: WatchedFileOptions<T>, former: Look | undefined): Promise<Look> {
  let version = 'unreadable';
  try {
    // Taken before the text: a change in between shows at the next look.
    version = await versionOf(file);
    if (version === former?.version) return former;
    if (version !== none) use(read(await readFile(file, 'utf8')));
    else if (absent !== undefined) use(absent);
    else throw new Error('there is no such file');
    return { version, problem: undefined };
  } catch (cause) {
    const { message } = cause as Error;
    return former?.version === version && former.problem === message ? former : { version, problem: message };
  }
}

const none = 'none';

async function versionOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${ino}:${size}:${mtimeNs}`;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return none;
    throw cause;
  }
}
