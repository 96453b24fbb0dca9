import { TurnoverMap } from '../../lib/turnover-map.ts';
import { everything, type Invalidations } from '../invalidations.ts';
import type { CacheCommands } from './commands.ts';
import { changeVersions } from './versions.ts';

/** An invalidation of this instance that Redis may not have yet. */
export interface Debt {
  readonly tags: readonly string[];
}

export interface DebtsOptions {
  readonly commands: CacheCommands;
  readonly invalidations: Invalidations;
  readonly self: string;
  /** So many tags, then all is made invalid in their place. Default 10,000. */
  readonly maxTags?: number;
}

/** What must reach Redis before this instance may believe it again. */
export class Debts {
  readonly #options: DebtsOptions;
  readonly #owed = new TurnoverMap<Debt, true>();
  #tags = 0;

  constructor(options: DebtsOptions) {
    this.#options = options;
  }

  add(tags: readonly string[]): Debt {
    const { invalidations, maxTags = 10_000 } = this.#options;
    const debt = { tags };
    invalidations.begin(tags, performance.now());
    if (this.#tags + tags.length > maxTags && !tags.includes(everything)) {
      const all = this.add([everything]);
      this.#forgetAllBut(all);
      this.#settle(debt, undefined);
      return all;
    }
    this.#owed.set(debt, true);
    this.#tags += tags.length;
    return debt;
  }

  /** @throws {Error} where Redis could not be reached: then it is still owed. */
  async pay(debt: Debt): Promise<void> {
    const { commands, self } = this.#options;
    const { version } = await changeVersions(commands, debt.tags, self);
    if (this.#drop(debt)) this.#settle(debt, version);
  }

  /** @throws {Error} where Redis could not be reached: then the rest is still owed. */
  async payAll(): Promise<void> {
    for (const debt of [...this.#owed.keys()]) await this.pay(debt);
  }

  #forgetAllBut(kept: Debt): void {
    for (const debt of [...this.#owed.keys()]) {
      if (debt === kept) continue;
      this.#drop(debt);
      this.#settle(debt, undefined);
    }
  }

  #drop(debt: Debt): boolean {
    if (!this.#owed.delete(debt)) return false;
    this.#tags -= debt.tags.length;
    return true;
  }

  #settle({ tags }: Debt, version: string | undefined): void {
    this.#options.invalidations.settle(tags, version, performance.now());
  }
}
