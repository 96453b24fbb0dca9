import { load } from './load.ts';
import { threadsCpuUs } from './process-use.ts';
import type { Side } from './turns.ts';

/** Under way at a time, to one server. */
const connections = 20;

export interface TurnsAmount {
  /** Requests of one turn. */
  readonly slice: number;
  readonly rounds: number;
}

/** Sends so many requests to a side, and resolves with microseconds of CPU time a request. */
export async function fireAt({ server, path, shots }: Side, requests: number): Promise<number> {
  const { pid, url } = server.running;
  const before = await threadsCpuUs(pid);
  await load({ url: `${url}${path}`, shots, pool: server.pool }, { connections, requests });
  return ((await threadsCpuUs(pid)) - before) / requests;
}

/** Many sides in turn, another one first in each round: microseconds of CPU time a request, by side and then by round. */
export async function takeTurnsOfAll(
  sides: readonly Side[],
  { slice, rounds }: TurnsAmount,
): Promise<readonly (readonly number[])[]> {
  const us = sides.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const turn of sides.keys()) {
      const at = (turn + round) % sides.length;
      us[at]?.push(await fireAt(sides[at] as Side, slice));
    }
  }
  return us;
}

/** Microseconds of CPU time that each side takes in a second without requests. */
export async function idleOf(sides: readonly Side[], pause: () => Promise<void>): Promise<readonly number[]> {
  const read = (): Promise<readonly number[]> =>
    Promise.all(sides.map(({ server }) => threadsCpuUs(server.running.pid)));
  await pause();
  const [before, startedAt] = [await read(), performance.now()];
  await pause();
  const seconds = (performance.now() - startedAt) / 1000;
  return (await read()).map((us, at) => (us - (before[at] ?? 0)) / seconds);
}
