import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { LimitAlgorithm } from '../config/limit-types.ts';
import { TurnoverMap } from '../lib/turnover-map.ts';
import type { Counter, Tally } from './algorithms/counter.ts';
import { createCounter } from './algorithms/create-counter.ts';
import type { Charge, Decision, Limit, Limiter, Now, Outcome } from './types.ts';

export interface MemoryLimiterOptions {
  /** An integer. */
  readonly now: Now;
  /** Most keys of each limit, above 0; beyond, those that were not asked for longest are forgotten. */
  readonly maxKeys: number;
  /** Of how many instances this is one: each limit's `max` and `burst` count as their whole part of it. Default 1. */
  readonly share?: number;
  /** What its outcomes name as what decided. Default `store`. */
  readonly by?: 'store' | 'local';
}

/**
 * Counts in this process. Decides at once, always; each answer is exact.
 *
 * Limits are known by name: one that comes again with another algorithm begins anew, but for those who are still under way
 * (`concurrency`). These are never forgotten, and not among `maxKeys`: there are no more than requests under way.
 */
export function createMemoryLimiter(options: MemoryLimiterOptions): Limiter {
  const limiter = new MemoryLimiter(options);
  return {
    charge: (charges) => limiter.charge(charges),
    refusalKnown: (charges) => limiter.refusalKnown(charges),
    close: async () => limiter.close(),
  };
}

/** What is kept of one limit. */
interface Room {
  readonly algorithm: LimitAlgorithm;
  readonly counter: Counter;
  /** By key. Of each limit for itself: whoever invents keys of one limit makes none of another forgotten. */
  readonly tallies: LRUCache<string, Tally>;
  /** Those under way, by key; `concurrency` only. */
  readonly running: TurnoverMap<string, Tally>;
}

/** One charge against what was there before it. */
interface Look {
  readonly charge: Charge;
  readonly room: Room;
  readonly tally: Tally;
  readonly isNew: boolean;
  readonly hasRoom: boolean;
}

class MemoryLimiter {
  readonly #now: Now;
  readonly #share: number;
  readonly #by: 'store' | 'local';
  readonly #maxKeys: number;
  readonly #rooms = new Map<string, Room>();

  constructor({ now, maxKeys, share = 1, by = 'store' }: MemoryLimiterOptions) {
    this.#now = now;
    this.#share = share;
    this.#by = by;
    this.#maxKeys = maxKeys;
  }

  charge(charges: readonly Charge[]): Decision {
    const now = this.#now();
    const looks = charges.map((charge) => this.#look(charge, now));
    const refusedAt = looks.findIndex(isRefusal);
    if (refusedAt !== -1) return this.#refuse(looks, refusedAt, now);
    let waitMs = 0;
    let taken: Look[] | undefined;
    for (const look of looks) {
      if (!look.hasRoom || look.charge.amount === 0) continue;
      waitMs = Math.max(waitMs, waitOf(look, now));
      this.#take(look, now);
      if (isRunning(look.room)) (taken ??= []).push(look);
    }
    return {
      refusal: undefined,
      outcomes: looks.map((look) => this.#outcomeOf(look, now)),
      waitMs,
      release: taken && createRelease(taken),
    };
  }

  refusalKnown(charges: readonly Charge[]): Decision | undefined {
    const now = this.#now();
    const looks = charges.map((charge) => this.#look(charge, now));
    const refusedAt = looks.findIndex(isRefusal);
    return refusedAt === -1 ? undefined : this.#refuse(looks, refusedAt, now);
  }

  close(): void {
    this.#rooms.clear();
  }

  #look(charge: Charge, now: number): Look {
    const room = this.#roomOf(charge.limit);
    const known = isRunning(room) ? room.running.get(charge.key) : room.tallies.get(charge.key);
    const tally = known ?? room.counter.start();
    const hasRoom = charge.amount === 0 || room.counter.hasRoom(tally, charge.amount, now);
    return { charge, room, tally, isNew: known === undefined, hasRoom };
  }

  #take({ charge, room, tally, isNew }: Look, now: number): void {
    room.counter.take(tally, charge.amount, now);
    if (!isNew) return;
    if (isRunning(room)) room.running.set(charge.key, tally);
    else room.tallies.set(charge.key, tally);
  }

  #refuse(looks: readonly Look[], refusedAt: number, now: number): Decision {
    const outcomes = looks.map((look) => this.#outcomeOf(look, now));
    return { refusal: outcomes[refusedAt], outcomes, waitMs: 0, release: undefined };
  }

  /** After the decision: of what is there now. */
  #outcomeOf({ charge, room: { counter }, tally, hasRoom }: Look, now: number): Outcome {
    return {
      charge,
      hasRoom,
      remaining: counter.remaining(tally, now),
      resetMs: counter.resetMs(tally, now),
      retryAfterMs: hasRoom ? 0 : counter.retryAfterMs(tally, charge.amount, now),
      by: this.#by,
    };
  }

  #roomOf({ name, algorithm }: Limit): Room {
    const known = this.#rooms.get(name);
    if (known?.algorithm === algorithm) return known;
    const isEqual = known !== undefined && isDeepStrictEqual(known.algorithm, algorithm);
    const room = isEqual ? { ...known, algorithm } : this.#open(algorithm, known);
    this.#rooms.set(name, room);
    return room;
  }

  #open(algorithm: LimitAlgorithm, before: Room | undefined): Room {
    return {
      algorithm,
      counter: createCounter(algorithm, this.#share),
      // By size: a cache that is given a number makes room for all of it at once.
      tallies: new LRUCache({ maxSize: this.#maxKeys, sizeCalculation: () => 1 }),
      running: before?.running ?? new TurnoverMap(),
    };
  }
}

function isRefusal({ charge, hasRoom }: Look): boolean {
  return !hasRoom && charge.ifOver === 'refuse' && charge.limit.mode === 'enforce';
}

function isRunning({ algorithm }: Room): boolean {
  return algorithm.kind === 'concurrency';
}

/** Measured only, nobody waits. */
function waitOf({ charge, room: { counter }, tally }: Look, now: number): number {
  return charge.limit.mode === 'enforce' && counter.waitMs ? counter.waitMs(tally, now) : 0;
}

function createRelease(taken: readonly Look[]): () => void {
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    for (const { charge, room, tally } of taken) {
      tally.used -= charge.amount;
      if (tally.used === 0) room.running.delete(charge.key);
    }
  };
}
