import { TurnoverMap } from '../../lib/turnover-map.ts';

interface Group {
  readonly controller: AbortController;
  waiting: number;
}

/** Requests that wait for one run. It hears of none that leaves, but ends when nobody is left. */
export class Waiting {
  readonly #groups = new TurnoverMap<string, Group>();

  /**
   * Waits with all others of the same key.
   *
   * @param signal Aborts when this one leaves.
   * @param join Starts or joins the run; `signal` aborts when all have left.
   */
  async wait<T>(key: string, signal: AbortSignal, join: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const group = this.#groups.get(key) ?? { controller: new AbortController(), waiting: 0 };
    this.#groups.set(key, group);
    group.waiting += 1;
    const leave = (): void => {
      group.waiting -= 1;
      if (group.waiting > 0) return;
      this.#forget(key, group);
      group.controller.abort(signal.reason);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    try {
      return await join(group.controller.signal);
    } finally {
      signal.removeEventListener('abort', leave);
      this.#forget(key, group);
    }
  }

  #forget(key: string, group: Group): void {
    if (this.#groups.get(key) === group) this.#groups.delete(key);
  }
}
