import { performance } from 'node:perf_hooks';
import type { Redis } from '../redis/connect.ts';
import { Link } from '../redis/link.ts';
import { startPatience, withPatience } from '../redis/patience.ts';
import { createMemoryLimiter } from './memory-limiter.ts';
import { defineCommands, type LimitCommands } from './redis/commands.ts';
import { Leases } from './redis/leases.ts';
import { Faults } from './redis/faults.ts';
import {
  cameTooLate,
  type ChargeMessage,
  grantedKeys,
  readDecision,
  redisKeyOf,
  serverTimeOf,
  waitUntil,
  writeMessage,
} from './redis/message.ts';
import { decideWithoutRedis } from './redis/outage.ts';
import { KnownRefusals } from './redis/refusals.ts';
import { redisClock } from './redis/script.ts';
import { ServerClock } from './redis/server-clock.ts';
import type { Charge, Decision, Limiter, Now, Outcome } from './types.ts';

/*
 * Limits that several processes share. Charges go to Redis, all of one request in one script, by Redis's clock; what comes
 * back is a decision. Where no answer comes in time, each limit's `onOutage` decides. It knows nothing of requests.
 */

export interface RedisLimiterOptions {
  /** Opened and closed by whoever gives it. */
  readonly redis: Redis;
  /** Longest wait for an answer, in milliseconds, above 0. */
  readonly timeoutMs: number;
  /** Of how many instances this is one: what it counts by itself during an outage is each limit through this. */
  readonly instances: number;
  /** Most keys counted in memory during an outage, above 0. */
  readonly maxKeys: number;
  /** What memory counts by; Redis has its own clock. Default the system's. */
  readonly now?: Now;
  /** How long a place of `concurrency` is held for an instance that was killed, in milliseconds, above 0. Default 10,000. */
  readonly leaseMs?: number;
}

/**
 * Counts in Redis, exactly, however many processes charge. No charge waits longer than `timeoutMs`, or fails: then each
 * limit's `onOutage` decides. That Redis is not asked any more, and that it is again, is told as a notice, once each.
 */
export function createRedisLimiter(options: RedisLimiterOptions): Limiter {
  const limiter = new RedisLimiter(options);
  return {
    charge: (charges) => limiter.charge(charges),
    refusalKnown: (charges) => limiter.refusalKnown(charges),
    close: () => limiter.close(),
  };
}

const nothingCharged: Decision = { refusal: undefined, outcomes: [], waitMs: 0, release: undefined };

const notices = {
  down: "Limits are not counted in Redis, each limit's rule for outages holds",
  up: 'Limits are counted in Redis again',
};

class RedisLimiter {
  readonly #redis: Redis;
  readonly #timeoutMs: number;
  readonly #commands: LimitCommands;
  readonly #link: Link;
  readonly #faults = new Faults();
  readonly #leases: Leases;
  readonly #local: Limiter;
  readonly #refusals: KnownRefusals;
  readonly #serverClock = new ServerClock();
  readonly #connected = (): void => this.#link.connected();

  constructor({ redis, timeoutMs, instances, maxKeys, now = Date.now, leaseMs = 10_000 }: RedisLimiterOptions) {
    this.#redis = redis;
    this.#timeoutMs = timeoutMs;
    this.#commands = defineCommands(redis, { clock: redisClock, graceMs: 0, leaseMs });
    const { isReady, probe } = this.#commands;
    this.#link = new Link({ isReady, probe: async () => withPatience(probe(), timeoutMs), notices });
    this.#leases = new Leases(this.#commands, leaseMs);
    this.#local = createMemoryLimiter({ now, maxKeys, share: instances, by: 'local' });
    this.#refusals = new KnownRefusals(now, maxKeys);
    redis.on('ready', this.#connected);
  }

  charge(charges: readonly Charge[]): Decision | Promise<Decision> {
    if (charges.length === 0) return nothingCharged;
    const known = this.refusalKnown(charges);
    if (known !== undefined) return known;
    return this.#link.isUp() ? this.#ask(charges) : decideWithoutRedis(charges, this.#local);
  }

  refusalKnown(charges: readonly Charge[]): Decision | undefined {
    if (this.#refusals.isEmpty) return undefined;
    for (const charge of charges) {
      if (charge.ifOver !== 'refuse' || charge.limit.mode !== 'enforce') continue;
      const refusal = this.#refusals.find(redisKeyOf(charge), charge);
      if (refusal !== undefined) return refuse(charges, refusal);
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.#redis.off('ready', this.#connected);
    this.#link.close();
    await Promise.all([this.#leases.close(), this.#local.close()]);
  }

  #ask(charges: readonly Charge[]): Promise<Decision> {
    const message = writeMessage(charges, () => this.#leases.next());
    const { promise, resolve } = Promise.withResolvers<Decision>();
    let isDecided = false;
    const decide = (decision: Decision | Promise<Decision>): void => {
      isDecided = true;
      clearTimeout(timer);
      resolve(decision);
    };
    const timer = startPatience(this.#timeoutMs, () => {
      if (isDecided) return;
      this.#link.failed(`no answer within ${this.#timeoutMs} ms`);
      decide(decideWithoutRedis(charges, this.#local));
    });
    this.#send(message).then(
      (reply) => {
        if (isDecided) this.#undo(message);
        else decide(this.#read(message, reply));
      },
      (error: Error) => {
        this.#undo(message);
        if (isDecided) return;
        this.#blame(error, charges);
        decide(decideWithoutRedis(charges, this.#local));
      },
    );
    return promise;
  }

  /** @throws {Error} where Redis found that the caller waits no longer, or what the connection throws. */
  async #send(message: ChargeMessage): Promise<readonly number[]> {
    const startedAt = performance.now();
    const waitsUntil = startedAt + this.#timeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      waitUntil(message, this.#serverClock.at(waitsUntil));
      const reply = await this.#commands.charge(message.keys, message.values);
      const isTooLate = cameTooLate(reply);
      if (isTooLate && (attempt === 2 || performance.now() > waitsUntil))
        throw new Error('it came to a charge too late');
      // Too late by its clock but not by ours: it has another clock than before.
      if (isTooLate) this.#serverClock.forget();
      this.#serverClock.learn(serverTimeOf(reply), startedAt);
      if (!isTooLate) return reply;
    }
  }

  #read(message: ChargeMessage, reply: readonly number[]): Decision {
    this.#link.succeeded();
    const decision = readDecision(message.charges, reply);
    for (const [at, outcome] of decision.outcomes.entries()) {
      if (!outcome.hasRoom) this.#refusals.keep(message.keys[at] ?? '', outcome);
    }
    const granted = grantedKeys(message, decision);
    const release = granted.length === 0 ? undefined : this.#leases.hold(message.lease ?? '', granted);
    return { ...decision, release };
  }

  /** Nobody waits any more for what was asked: what it may have taken is given back. */
  #undo({ lease, leaseKeys }: ChargeMessage): void {
    if (lease !== undefined) void this.#leases.drop(lease, leaseKeys);
  }

  #blame(error: Error, charges: readonly Charge[]): void {
    if (!error.message.includes('WRONGTYPE')) return this.#link.failed(error.message);
    const names = charges.map(({ limit }) => JSON.stringify(limit.name)).join(', ');
    this.#faults.tell(`of the limits ${names} one has a value of another type`);
  }
}

/** Of the other charges nothing is known, and none was charged. */
function refuse(charges: readonly Charge[], refusal: Outcome): Decision {
  const outcomes = charges.map((charge): Outcome => {
    if (charge === refusal.charge) return refusal;
    const remaining = charge.limit.algorithm.max;
    return { charge, hasRoom: true, remaining, resetMs: 0, retryAfterMs: 0, by: 'none' };
  });
  return { refusal, outcomes, waitMs: 0, release: undefined };
}
