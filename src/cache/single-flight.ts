import { setTimeout as pause } from 'node:timers/promises';
import { TurnoverMap } from '../lib/turnover-map.ts';
import type { Redis } from '../redis/connect.ts';
import { KeyClaims, type KeyClaim } from './claims.ts';
import { defineLock, type Lock, type LockState } from './redis/lock.ts';
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
  const isRunning = (key: string): boolean => running.get(key) !== undefined;
  const claims = lock && new KeyClaims({ lock, lockMs, isRunning });
  return {
    spansInstances: lock !== undefined,
    claims,
    run: <T>(key: string, work: () => Promise<T>, shared?: SharedResult<T>): Promise<T> => {
      const known = running.get(key);
      if (known !== undefined) return known as Promise<T>;
      const isShared = lock !== undefined && claims !== undefined && shared !== undefined && lock.isUp();
      const started = isShared ? runShared({ lock, claims, key, work, shared, waitMs }) : startWork(work);
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
  readonly claims: KeyClaims;
  readonly key: string;
  readonly work: () => Promise<T>;
  readonly shared: SharedResult<T>;
  readonly waitMs: number;
}

async function runShared<T>(running: SharedWork<T>): Promise<T> {
  const { lock, claims, key, work, shared, waitMs } = running;
  const begun = claims.use(key);
  const claim = begun ?? claims.make(key);
  // A look-up that came to no end is not waited for again.
  let known = begun && lockStateOf(begun);
  const deadline = performance.now() + waitMs;
  let mayRepeat = false;
  for (let stepMs = firstStepMs; ; stepMs = Math.min(stepMs * 2, maxStepMs)) {
    const state = known ?? (await lock.take(key, claim.token, mayRepeat));
    known = undefined;
    if (state === 'taken') return workAndRelease(running, claim);
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

/** Undefined where Redis is to be asked: it had an entry, which was no good. */
function lockStateOf({ state = 'unknown' }: KeyClaim): LockState | undefined {
  return state === 'unneeded' ? undefined : state;
}

async function workAndRelease<T>({ claims, work, shared }: SharedWork<T>, claim: KeyClaim): Promise<T> {
  claims.hold(claim);
  try {
    return await work();
  } finally {
    claims.end(claim);
    // Nobody here waits for it.
    const release = (): void => claims.release(claim);
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
