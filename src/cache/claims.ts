import { randomUUID } from 'node:crypto';
import { TurnoverMap } from '../lib/turnover-map.ts';
import type { Lock } from './redis/lock.ts';
import type { Claim, Claims, ClaimState } from './types.ts';

export interface KeyClaimsOptions {
  readonly lock: Lock;
  /** How long an instance that says nothing more holds a key, in milliseconds. */
  readonly lockMs: number;
  /** Whether work for the key runs here. */
  readonly isRunning: (key: string) => boolean;
}

/** The claims of one process: at most one for a key that waits for its work, and one that work runs under. */
export class KeyClaims implements Claims {
  readonly #options: KeyClaimsOptions;
  readonly #waiting = new TurnoverMap<string, KeyClaim>();
  readonly #held = new TurnoverMap<string, KeyClaim>();

  constructor(options: KeyClaimsOptions) {
    this.#options = options;
  }

  begin(key: string): KeyClaim | undefined {
    const { lock, isRunning } = this.#options;
    if (!lock.isUp() || isRunning(key) || this.#waiting.get(key) !== undefined) return undefined;
    const claim = this.make(key);
    this.#waiting.set(key, claim);
    return claim;
  }

  heldFor(key: string): KeyClaim | undefined {
    return this.#held.get(key);
  }

  /** One that Redis has not been told of. */
  make(key: string): KeyClaim {
    const { lockMs } = this.#options;
    return new KeyClaim(key, lockMs, (claim, state) => this.#settled(claim, state));
  }

  /** The one that was begun for the work that runs now; it is nobody else's from now on. */
  use(key: string): KeyClaim | undefined {
    const claim = this.#waiting.get(key);
    if (claim !== undefined) this.#waiting.delete(key);
    return claim;
  }

  hold(claim: KeyClaim): void {
    this.#held.set(claim.key, claim);
  }

  /** Work has ended. It may be let go of by what is being stored. */
  end(claim: KeyClaim): void {
    if (this.#held.get(claim.key) === claim) this.#held.delete(claim.key);
  }

  release(claim: KeyClaim): void {
    if (!claim.isReleased) this.#options.lock.release(claim.key, claim.token);
  }

  #settled(claim: KeyClaim, state: ClaimState): void {
    this.#options.lock.noted(state !== 'unknown');
    // Who waited for it runs before that, or has given up.
    if (this.#waiting.get(claim.key) === claim) setImmediate(() => this.#drop(claim));
    else if (state === 'taken') this.release(claim);
  }

  #drop(claim: KeyClaim): void {
    if (this.#waiting.get(claim.key) !== claim) return;
    this.#waiting.delete(claim.key);
    if (claim.state === 'taken') this.release(claim);
  }
}

export class KeyClaim implements Claim {
  readonly key: string;
  readonly token = randomUUID();
  readonly holdMs: number;
  readonly #onSettled: (claim: KeyClaim, state: ClaimState) => void;
  #state: ClaimState | undefined;
  #isReleased = false;

  constructor(key: string, holdMs: number, onSettled: (claim: KeyClaim, state: ClaimState) => void) {
    this.key = key;
    this.holdMs = holdMs;
    this.#onSettled = onSettled;
  }

  /** Undefined while Redis has not said. */
  get state(): ClaimState | undefined {
    return this.#state;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  settle(state: ClaimState): void {
    this.#state = state;
    this.#onSettled(this, state);
  }

  released(): void {
    this.#isReleased = true;
  }
}
