import { setTimeout as wait } from 'node:timers/promises';
import { load } from './load.ts';
import { threadsCpuUs } from './process-use.ts';
import { percentile } from './statistics.ts';
import type { Side } from './turns.ts';

/** Many sides in turn, of which each also pays for what it does after its requests: spans that it sends, lines that it writes. */

/** Under way at a time, to one server. */
const connections = 20;

/** So long after a turn its spans have been sent and its lines written, in milliseconds. */
const aftermathMs = 450;

export interface TurnsAmount {
  /** Requests of one turn. */
  readonly slice: number;
  readonly rounds: number;
}

/** Sends so many requests to a side. */
export async function fireAt({ server, path, shots }: Side, requests: number): Promise<void> {
  await load({ url: `${server.running.url}${path}`, shots, pool: server.pool }, { connections, requests });
}

interface OpenTurn {
  readonly side: number;
  readonly cpuBefore: number;
  readonly endedAt: number;
}

/** Microseconds of CPU time a request of each side, the lower quartile of its turns. Sides go up and down in turn. */
export async function takeTurnsOfAll(sides: readonly Side[], { slice, rounds }: TurnsAmount): Promise<number[]> {
  const us = sides.map((): number[] => []);
  const cpuOf = (side: number): Promise<number> => threadsCpuUs(sides[side]?.server.running.pid ?? 0);
  let open: OpenTurn | undefined;
  // While the next side has its turn, what the one before left over is done.
  const closeTurn = async (): Promise<void> => {
    if (!open) return;
    const { side, cpuBefore, endedAt } = open;
    await wait(Math.max(0, endedAt + aftermathMs - performance.now()));
    us[side]?.push(((await cpuOf(side)) - cpuBefore) / slice);
    open = undefined;
  };
  const upwards = [...sides.keys()];
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? upwards : upwards.toReversed()) {
      // It had the last turn of the round before, too.
      if (open?.side === side) await closeTurn();
      const cpuBefore = await cpuOf(side);
      await fireAt(sides[side] as Side, slice);
      const endedAt = performance.now();
      await closeTurn();
      open = { side, cpuBefore, endedAt };
    }
  }
  await closeTurn();
  return us.map((values) =>
    percentile(
      values.toSorted((a, b) => a - b),
      0.25,
    ),
  );
}
