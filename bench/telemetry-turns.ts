import { setTimeout as wait } from 'node:timers/promises';
import { load } from './load.ts';
import { threadsCpuUs } from './process-use.ts';
import type { Server, Side } from './turns.ts';

/** Under way at a time, to one server. */
const connections = 20;

/** Sends so many requests to a side, and resolves with microseconds of CPU time a request. */
export async function fireAt({ server, path, shots }: Side, requests: number): Promise<number> {
  const { pid, url } = server.running;
  const before = await threadsCpuUs(pid);
  await load({ url: `${url}${path}`, shots, pool: server.pool }, { connections, requests });
  return ((await threadsCpuUs(pid)) - before) / requests;
}

/** Time in which it is seen what a gateway takes without requests. */
const idleMs = 1000;

/** Microseconds of CPU time that a server takes in a second without requests. */
export async function idleOf({ running: { pid } }: Server): Promise<number> {
  await wait(idleMs / 2);
  const [before, startedAt] = [await threadsCpuUs(pid), performance.now()];
  await wait(idleMs);
  return (((await threadsCpuUs(pid)) - before) / (performance.now() - startedAt)) * 1000;
}
