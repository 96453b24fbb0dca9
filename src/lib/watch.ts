import { performance } from 'node:perf_hooks';

export interface Found<T> {
  /** Any text; another one where the value may be another one. */
  readonly version: string;
  readonly value: T;
}

export interface WatchOptions<T> {
  /** Time between two looks, in milliseconds. */
  readonly pollMs: number;
  /** What is there; undefined where it still has the version. Rejects where it cannot be had. */
  readonly load: (version: string | undefined) => Promise<Found<T> | undefined>;
  /** Takes it into use. Throws or rejects where it is bad: then it is left alone until it has another version. */
  readonly use: (value: T) => void | Promise<void>;
  /** Told of each problem, once; not of one at the first look, which `problem` of the result tells. */
  readonly onProblem: (problem: string) => void;
  /** Told when all is good again. */
  readonly onGood?: () => void;
}

export interface Watched {
  /** What was wrong at the last look: the message of the error. */
  readonly problem: () => string | undefined;
  /** `performance.now()` of the last look that found all good; `-Infinity` where none has. */
  readonly goodAt: () => number;
  /** Looks at once. Never rejects. */
  readonly look: () => Promise<void>;
  /** Looks no more; what is being looked at is not taken into use. */
  readonly close: () => void;
}

/**
 * Keeps what is elsewhere in use as it changes: what was good stays in use while what is there is bad or cannot be had.
 * Resolves after the first look, whatever came of it. Its timers do not keep the process alive.
 */
export async function watch<T>(options: WatchOptions<T>): Promise<Watched> {
  const { pollMs, onProblem, onGood } = options;
  const leave = new AbortController();
  const lookOnce = looker(options, leave.signal);
  let goodAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  const lookFirst = async (): Promise<string | undefined> => {
    const startedAt = performance.now();
    const found = await lookOnce();
    if (found === undefined) goodAt = startedAt;
    return found;
  };
  let problem = await lookFirst();
  const lookAgain = async (): Promise<void> => {
    const former = problem;
    problem = await lookFirst();
    if (leave.signal.aborted || problem === former) return;
    if (problem === undefined) onGood?.();
    else onProblem(problem);
  };
  let looking = Promise.resolve();
  // Two looks at once could end in the wrong order.
  const look = (): Promise<void> => (looking = looking.then(lookAgain));
  const plan = (): void => {
    if (!leave.signal.aborted) timer = setTimeout(() => void look().finally(plan), pollMs).unref();
  };
  plan();
  return {
    problem: () => problem,
    goodAt: () => goodAt,
    look,
    close: () => {
      leave.abort();
      clearTimeout(timer);
    },
  };
}

/** One look, which resolves with what is wrong. */
function looker<T>({ load, use }: WatchOptions<T>, signal: AbortSignal): () => Promise<string | undefined> {
  let version: string | undefined;
  let problemOfVersion: string | undefined;
  return async () => {
    let found: Found<T> | undefined;
    try {
      found = await load(version);
    } catch (cause) {
      return messageOf(cause);
    }
    if (found === undefined || signal.aborted) return problemOfVersion;
    ({ version } = found);
    try {
      await use(found.value);
      problemOfVersion = undefined;
    } catch (cause) {
      problemOfVersion = messageOf(cause);
    }
    return problemOfVersion;
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
