import { randomUUID } from 'node:crypto';
import type { GatewayError } from '../../errors.ts';
import { TurnoverMap } from '../../lib/turnover-map.ts';

/**
 * How a call ended for those who wait for it. Its answer is `kept`, or was `passed` on and not kept; the upstream `failed`,
 * or did and what was kept `stood-in` for it; or it is too `late` to wait on.
 */
export type Landing =
  | { readonly is: 'kept' | 'passed' | 'stood-in' | 'late' }
  | { readonly is: 'failed'; readonly error: GatewayError };

/** One upstream call whose answer others wait for. It ends when all of them have left. */
export class Flight {
  readonly #controller = new AbortController();
  readonly #landed = Promise.withResolvers<Landing>();
  #present = 1;
  /** What the call is shared by with other generations and instances. */
  readonly sharedKey: string;
  /** Whether what is called has been changed since it began. */
  isOvertaken = false;

  constructor(sharedKey: string) {
    this.sharedKey = sharedKey;
  }

  /** Aborts the call. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** One of those who wait has left. */
  leave(): void {
    this.#present -= 1;
    if (this.#present === 0) this.#controller.abort();
  }

  /** Never rejects. `late` after `maxMs` milliseconds, or when `signal` aborts. */
  async wait(signal: AbortSignal, maxMs: number): Promise<Landing> {
    const { promise, resolve } = Promise.withResolvers<Landing>();
    const leave = (): void => resolve({ is: 'late' });
    const timer = setTimeout(leave, maxMs);
    signal.addEventListener('abort', leave, { once: true });
    this.#present += 1;
    try {
      return await Promise.race([this.#landed.promise, promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      this.leave();
    }
  }

  land(landing: Landing): void {
    this.#landed.resolve(landing);
  }
}

interface Running {
  readonly flight: Flight;
  readonly tag: string;
}

/** The calls under way, by key. */
export class Flights {
  readonly #running = new TurnoverMap<string, Running>();
  // How many calls under way were overtaken by a change, by key.
  readonly #overtaken = new TurnoverMap<string, number>();

  get(key: string): Flight | undefined {
    return this.#running.get(key)?.flight;
  }

  /** @param tag Names the URI that is called. */
  begin(key: string, tag: string): Flight {
    const flight = new Flight(this.#overtaken.get(key) === undefined ? key : `${key} ${randomUUID()}`);
    this.#running.set(key, { flight, tag });
    // Nobody must wait for a call that has been given up.
    flight.signal.addEventListener('abort', () => this.end(key, flight), { once: true });
    return flight;
  }

  /** Whoever comes from now on does not wait for this one. */
  end(key: string, flight: Flight): void {
    if (this.get(key) === flight) this.#running.delete(key);
    if (!flight.isOvertaken) return;
    flight.isOvertaken = false;
    const left = (this.#overtaken.get(key) ?? 1) - 1;
    if (left === 0) this.#overtaken.delete(key);
    else this.#overtaken.set(key, left);
  }

  /** Whoever comes after a change of a URI must not get what was asked for before it. */
  overtake(tags: readonly string[]): void {
    for (const key of [...this.#running.keys()]) {
      const { flight, tag } = this.#running.get(key) as Running;
      if (!tags.includes(tag)) continue;
      this.#running.delete(key);
      flight.isOvertaken = true;
      this.#overtaken.set(key, (this.#overtaken.get(key) ?? 0) + 1);
    }
  }
}
