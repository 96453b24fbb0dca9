/** What was counted of one limit since the line before. */
export interface LimitCount {
  readonly limit: string;
  readonly count: number;
}

const intervalMs = 10_000;

/**
 * Tells of a limit at once when it first has no room, then of all that followed every 10 seconds as long as there is
 * anything to tell: a limit that is hit a thousand times a second fills no log.
 */
export class LimitTally {
  readonly #tell: (count: LimitCount) => void;
  readonly #counts = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>();

  constructor(tell: (count: LimitCount) => void) {
    this.#tell = tell;
  }

  add(limit: string): void {
    const known = this.#counts.get(limit);
    if (known) {
      known.count += 1;
      return;
    }
    this.#tell({ limit, count: 1 });
    const timer = setInterval(() => this.#flush(limit), intervalMs);
    timer.unref();
    this.#counts.set(limit, { count: 0, timer });
  }

  /** Tells of what is left. */
  stop(): void {
    for (const limit of this.#counts.keys()) {
      this.#flush(limit);
      this.#forget(limit);
    }
  }

  #flush(limit: string): void {
    const known = this.#counts.get(limit);
    if (!known) return;
    if (known.count === 0) {
      this.#forget(limit);
      return;
    }
    this.#tell({ limit, count: known.count });
    known.count = 0;
  }

  #forget(limit: string): void {
    clearInterval(this.#counts.get(limit)?.timer);
    this.#counts.delete(limit);
  }
}
