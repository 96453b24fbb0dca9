import { setTimeout as pause } from 'node:timers/promises';
import { createSingleFlight } from '../../src/cache/single-flight.ts';
import { entryOf, startInstance, timeoutMs } from './rig.ts';

/** A process with a store and a single flight of its own; see `workers.ts`. */

export type Order =
  /** Asks for a key so many times at once, and makes it where it is not there. */
  | { readonly do: 'make'; readonly key: string; readonly times: number; readonly tags: readonly string[] }
  /** Answers as soon as the key, which it has in memory, is gone. */
  | { readonly do: 'watch'; readonly key: string }
  | { readonly do: 'invalidate'; readonly tag: string };

export interface Answer {
  /** How often the work ran here. */
  readonly runs: number;
  /** How many of those who asked got it. */
  readonly got: number;
  /** Milliseconds since 1970, with fractions: for `watch` when it was gone, for `invalidate` when it was called. */
  readonly at: number;
}

const url = process.argv[2] ?? '';
const { store, redis } = await startInstance({ after: () => {} }, { servers: { url } });
const flight = createSingleFlight({ redis, timeoutMs });

async function obey(order: Order): Promise<Answer> {
  if (order.do === 'make') return make(order);
  if (order.do === 'invalidate') {
    const at = clock();
    await store.invalidate([order.tag]);
    return { runs: 0, got: 0, at };
  }
  while (store.get(order.key) !== undefined && !(store.get(order.key) instanceof Promise)) {
    await new Promise(setImmediate);
  }
  return { runs: 0, got: 0, at: clock() };
}

async function make({ key, times, tags }: Extract<Order, { readonly do: 'make' }>): Promise<Answer> {
  let runs = 0;
  const work = async (): Promise<true> => {
    runs += 1;
    const since = store.stamp();
    await pause(30);
    store.set(key, entryOf('made', { tags }), since, flight.claims);
    return true;
  };
  const lookAgain = async (): Promise<true | undefined> => (await store.get(key)) && true;
  const written = (): Promise<void> | undefined => store.written(key);
  const ask = async (): Promise<boolean> =>
    (await store.get(key, flight.claims)) !== undefined || flight.run(key, work, { lookAgain, written });
  const results = await Promise.all(Array.from({ length: times }, ask));
  return { runs, got: results.filter(Boolean).length, at: clock() };
}

function clock(): number {
  return performance.timeOrigin + performance.now();
}

process.on('message', (order: Order) => {
  void obey(order).then((answer) => process.send?.(answer));
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
