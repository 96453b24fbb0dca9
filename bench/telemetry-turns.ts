import { setTimeout as wait } from 'node:timers/promises';
import { load } from './load.ts';
import { threadsCpuUs } from './process-use.ts';
import type { Side } from './turns.ts';

/** Many sides in turn, of which each also pays for what it does after its requests: spans that it sends, lines that it writes. */

/** Under way at a time, to one server. */
const connections = 20;

/** So long after the last turn its spans have been sent and its lines written, in milliseconds. */
const aftermathMs = 500;

export interface TurnsAmount {
  /** Requests of one turn. Few: what the machine does beside comes and goes by seconds, and should fall on all sides. */
  readonly slice: number;
  readonly rounds: number;
}

/** Sends so many requests to a side. */
export async function fireAt({ server, path, shots }: Side, requests: number): Promise<void> {
  await load({ url: `${server.running.url}${path}`, shots, pool: server.pool }, { connections, requests });
}

/**
 * Microseconds of CPU time a request, by side and then by round. From one turn to the next one all counts, so that what
 * is left over from a turn is done meanwhile and counts too. Another side is first in each round.
 */
export async function takeTurnsOfAll(
  sides: readonly Side[],
  { slice, rounds }: TurnsAmount,
): Promise<readonly (readonly number[])[]> {
  const readings = sides.map((): number[] => []);
  const read = async (at: number): Promise<void> => {
    readings[at]?.push(await threadsCpuUs(sides[at]?.server.running.pid ?? 0));
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const turn of sides.keys()) {
      const at = (turn + round) % sides.length;
      await read(at);
      await fireAt(sides[at] as Side, slice);
    }
  }
  await wait(aftermathMs);
  for (const at of sides.keys()) await read(at);
  return readings.map((values) => values.slice(1).map((value, round) => (value - (values[round] ?? 0)) / slice));
}
