import type { ServerResponse } from 'node:http';
import { addDefaultFields } from '../../lib/default-fields.ts';
import type { LimitsConfig } from '../../config/limit-types.ts';
import type { Charge, Decision, Limiter, Outcome } from '../../limits/types.ts';
import { publishLimit } from '../../telemetry/channels.ts';
import { limitFields } from './limit-fields.ts';
import { keyOf, type RateLimit, type Using } from './rate-limit.ts';

export interface RequestLimitsParts {
  readonly limiter: Limiter;
  readonly shown: LimitsConfig['headers'];
  readonly res: ServerResponse;
  readonly requestId: string;
  readonly address: string | undefined;
}

/**
 * What one request has used of its limits, and what it is still to be charged for. Charges are gathered and made in one
 * call as late as they can be: with those of its operation, where it has one.
 */
export class RequestLimits {
  readonly #parts: RequestLimitsParts;
  /** What is charged for the request, and for each further operation of a batch. */
  readonly #each: Charge[] = [];
  #pending: Charge[] = [];
  #outcomes: readonly Outcome[] = [];
  #operations = 0;
  #expected = 1;
  #tier: string | undefined;

  constructor(parts: RequestLimitsParts) {
    this.#parts = parts;
  }

  /** Adds one use of each of these limits that is about the caller. */
  add(limits: readonly RateLimit[], using: Pick<Using, 'caller'>): void {
    const { address } = this.#parts;
    this.#tier = using.caller.tier;
    for (const limit of limits) {
      if (!limit.isFor(using.caller)) continue;
      const charge: Charge = {
        limit,
        key: keyOf(limit, { caller: using.caller, address }),
        amount: 1,
        ifOver: 'refuse',
      };
      this.#pending.push(charge);
      if (limit.algorithm.kind !== 'concurrency') this.#each.push(charge);
    }
  }

  /** A refusal that is certain, before anything is charged; told to the client. */
  refusalKnown(): Decision | undefined {
    if (this.#pending.length === 0) return undefined;
    const decision = this.#parts.limiter.refusalKnown(this.#pending);
    if (decision?.refusal) this.#tell(decision);
    return decision;
  }

  /**
   * Charges what has been added, with these charges beside it, and waits where a limit says so. Sets response fields, and
   * gives back what is held for the time of the request when its answer has ended. Never throws or rejects.
   */
  charge(more: readonly Charge[] = []): Decision | Promise<Decision> {
    const charges = more.length > 0 ? [...this.#pending, ...more] : this.#pending;
    if (charges.length === 0) return nothing;
    this.#pending = [];
    const decision = this.#parts.limiter.charge(charges);
    return decision instanceof Promise ? decision.then((settled) => this.#settle(settled)) : this.#settle(decision);
  }

  /** As `charge`, for the next operation of the request: each after the first counts as a request of its own. */
  chargeOperation(more: readonly Charge[]): Decision | Promise<Decision> {
    if (this.#operations > 0) this.#pending.push(...this.#each);
    this.#operations += 1;
    return this.charge(more);
  }

  expectOperations(count: number): void {
    this.#expected = count;
  }

  /** The request's coming in was charged for the first of them, or still waits. */
  async chargeRest(): Promise<void> {
    const missing = this.#expected - Math.max(this.#operations, 1);
    await this.charge();
    for (let each = 0; each < missing; each += 1) {
      this.#pending.push(...this.#each);
      await this.charge();
    }
  }

  setField(name: string, value: string): void {
    const { res } = this.#parts;
    if (!res.headersSent) addDefaultFields(res, { [name]: value });
  }

  #settle(decision: Decision): Decision | Promise<Decision> {
    this.#tell(decision);
    const { release, waitMs } = decision;
    if (release) this.#onEnd(release);
    return waitMs > 0 ? this.#wait(decision) : decision;
  }

  #onEnd(release: () => void): void {
    const { res } = this.#parts;
    if (res.closed || res.destroyed) release();
    else res.once('close', release);
  }

  /** Until its turn has come, or the client has left. */
  async #wait(decision: Decision): Promise<Decision> {
    const { res } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, decision.waitMs);
    res.once('close', resolve);
    await promise;
    clearTimeout(timer);
    res.off('close', resolve);
    return decision;
  }

  #tell({ outcomes, refusal }: Decision): void {
    const { res, shown, requestId } = this.#parts;
    for (const outcome of outcomes) {
      if (outcome.hasRoom) continue;
      const { limit, ifOver } = outcome.charge;
      if (refusal && outcome !== refusal && limit.mode === 'enforce' && ifOver === 'refuse') continue;
      publishLimit(() => ({
        limit: limit.name,
        outcome: limit.mode === 'measure' ? 'measured' : 'refused',
        tier: this.#tier,
        requestId,
      }));
    }
    if (res.headersSent) return;
    this.#outcomes = this.#outcomes.length > 0 ? latest([...this.#outcomes, ...outcomes]) : outcomes;
    addDefaultFields(res, limitFields(this.#outcomes, shown, refusal));
  }
}

const nothing: Decision = { refusal: undefined, outcomes: [], waitMs: 0, release: undefined };

/** The last word about each limit counts. */
function latest(outcomes: readonly Outcome[]): readonly Outcome[] {
  return [...new Map(outcomes.map((outcome) => [outcome.charge.limit, outcome])).values()];
}
