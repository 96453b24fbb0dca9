import { randomBytes } from 'node:crypto';
import { TurnoverMap } from '../../lib/turnover-map.ts';
import type { LimitCommands } from './commands.ts';

const renewedAtOnce = 250;

/**
 * Places of `concurrency` limits that requests of this process hold. One timer renews all of them; a process that was
 * killed renews none, and its places are free after ten seconds.
 */
export class Leases {
  readonly #commands: LimitCommands;
  /** By lease, the keys in which it stands. */
  readonly #held = new TurnoverMap<string, readonly string[]>();
  readonly #process = randomBytes(9).toString('base64url');
  readonly #timer: NodeJS.Timeout;
  #count = 0;

  constructor(commands: LimitCommands, leaseMs: number) {
    this.#commands = commands;
    // Two may fail before a lease ends.
    this.#timer = setInterval(() => this.#renew(), Math.ceil(leaseMs / 3)).unref();
  }

  /** A lease that no other process or request has. */
  next(): string {
    this.#count += 1;
    return `${this.#process}:${this.#count.toString(36)}`;
  }

  /** Keeps a lease that Redis granted, until what is given back is called. */
  hold(lease: string, keys: readonly string[]): () => void {
    this.#held.set(lease, keys);
    return () => {
      if (this.#held.delete(lease)) void this.drop(lease, keys);
    };
  }

  /** Takes a lease out of Redis, if it is there. Where that fails, it ends by itself. */
  async drop(lease: string, keys: readonly string[]): Promise<void> {
    if (!this.#commands.isReady()) return;
    await Promise.allSettled(keys.map(async (key) => this.#commands.release(key, lease)));
  }

  /** Gives all back. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const held = [...this.#held.keys()].map((lease) => [lease, this.#held.get(lease) ?? []] as const);
    await Promise.all(
      held.map(async ([lease, keys]) => {
        this.#held.delete(lease);
        await this.drop(lease, keys);
      }),
    );
  }

  #renew(): void {
    if (this.#held.size === 0 || !this.#commands.isReady()) return;
    let keys: string[] = [];
    let leases: string[] = [];
    const send = (): void => {
      this.#commands.renew(keys, leases).catch(() => {});
      keys = [];
      leases = [];
    };
    for (const lease of this.#held.keys()) {
      for (const key of this.#held.get(lease) ?? []) {
        keys.push(key);
        leases.push(lease);
        if (keys.length === renewedAtOnce) send();
      }
    }
    if (keys.length > 0) send();
  }
}
