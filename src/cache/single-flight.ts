import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { TurnoverMap } from '../lib/turnover-map.ts';
import type { Redis } from '../redis/connect.ts';
import { defineLock, type Lock } from './redis/lock.ts';
import type { SharedResult, SingleFlight } from './types.ts';

export interface SingleFlightOptions {
  /** Undefined: each process for itself. Its owner closes it. */
  readonly redis: Redis | undefined;
  /** Longest wait for Redis for one step, in milliseconds. */
  readonly timeoutMs: number;
  /** How long an instance that says nothing more holds a key, in milliseconds. Default 5000. */
  readonly lockMs?: number;
  /** Longest wait for another instance's result, in milliseconds; then each works for itself. Default 2000. */
  readonly waitMs?: number;
}

// Most of what is waited for is a few calls away; what is slow is asked after less often.
const firstStepMs = 4;
const maxStepMs = 50;

/** Runs work for a key once at a time: here by what is under way, over instances by a lock in Redis that ends by itself. */
export function createSingleFlight({
  redis,
  timeoutMs,
  lockMs = 5000,
  waitMs = 2000,
}: SingleFlightOptions): SingleFlight {
  const lock = redis && defineLock(redis, { timeoutMs, lockMs });
  const running = new TurnoverMap<string, Promise<unknown>>();
  return {
    spansInstances: lock !== undefined,
    run: <T>(key: string, work: () => Promise<T>, shared?: SharedResult<T>): Promise<T> => {
      const known = running.get(key);
      if (known !== undefined) return known as Promise<T>;
      const isShared = lock !== undefined && shared !== undefined && lock.isUp();
      const started = isShared ? runShared({ lock, key, work, shared, waitMs }) : startWork(work);
      running.set(key, started);
      const end = (): void => {
        running.delete(key);
      };
      started.then(end, end);
      return started;
    },
    close: () => lock?.close(),
  };
}

/** A work function that throws at once fails as one that rejects. */
async function startWork<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

interface SharedWork<T> {
  readonly lock: Lock;
  readonly key: string;
  readonly work: () => Promise<T>;
  readonly shared: SharedResult<T>;
  readonly waitMs: number;
}

async function runShared<T>({ lock, key, work, shared, waitMs }: SharedWork<T>): Promise<T> {
  const token = randomUUID();
  const deadline = performance.now() + waitMs;
  let mayRepeat = false;
  for (let stepMs = firstStepMs; ; stepMs = Math.min(stepMs * 2, maxStepMs)) {
    const state = await lock.take(key, token, mayRepeat);
    if (state === 'taken') return workAndRelease({ lock, key, work, shared, waitMs }, token);
    if (state === 'unknown') return work();
    if (state === 'done') {
      const found = await lookAgain(shared);
      if (found !== undefined) return found;
      // It was not stored, so it is not for all: this instance may be the next.
      mayRepeat = true;
      continue;
    }
    if (performance.now() >= deadline) return work();
    await pause(stepMs);
  }
}

async function workAndRelease<T>({ lock, key, work, shared }: SharedWork<T>, token: string): Promise<T> {
  try {
    return await work();
  } finally {
    // Nobody here waits for it.
    const release = (): void => lock.release(key, token);
    const writing = shared.written?.();
    if (writing === undefined) release();
    else void writing.then(release, release);
  }
}

async function lookAgain<T>(shared: SharedResult<T>): Promise<T | undefined> {
  try {
    return await shared.lookAgain();
  } catch {
    return undefined;
  }
}
