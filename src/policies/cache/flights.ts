import { TurnoverMap } from '../../lib/turnover-map.ts';

interface Flight<T> {
  readonly controller: AbortController;
  waiting: number;
  running: Promise<T> | undefined;
}

/** Runs that several requests may wait for, by key. A run hears of none that leaves, but ends when nobody is left. */
export class Flights<T> {
  readonly #flights = new TurnoverMap<string, Flight<T>>();

  has(key: string): boolean {
    return this.#flights.get(key) !== undefined;
  }

  /**
   * Waits for the run of the key with all others. Rejects where it does.
   *
   * @param signal Aborts when this one leaves; undefined: it never does.
   * @param start Begins the run where there is none; `signal` aborts when all have left. From then on others begin anew.
   */
  async join(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const known = this.#flights.get(key);
    const flight = known ?? { controller: new AbortController(), waiting: 0, running: undefined };
    if (!known) this.#flights.set(key, flight);
    flight.waiting += 1;
    const leave = (): void => {
      flight.waiting -= 1;
      if (flight.waiting > 0) return;
      this.#forget(key, flight);
      flight.controller.abort(signal?.reason);
    };
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    try {
      return await (flight.running ??= start(flight.controller.signal));
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#forget(key, flight);
    }
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
