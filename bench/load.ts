import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';

export interface Target {
  readonly url: string;
  readonly body: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly elapsedMs: number;
  /** Sorted, in milliseconds. */
  readonly latenciesMs: readonly number[];
}

/**
 * Sends the same POST over `connections` sockets for `durationMs`, each as soon as the last was answered.
 *
 * @throws {Error} on any answer other than 200: an entrant that fails is not timed.
 */
export async function load(target: Target, connections: number, durationMs: number): Promise<LoadResult> {
  const { origin, pathname } = new URL(target.url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const send = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) {
      const sentAt = performance.now();
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const response = await pool.request({ path: pathname, method: 'POST', headers, body: target.body });
      await response.body.dump({ limit: Infinity });
      if (response.statusCode !== 200) throw new Error(`${target.url} answered ${response.statusCode}`);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, send));
  const elapsedMs = performance.now() - startedAt;
  await pool.close();
  return { requests: latenciesMs.length, elapsedMs, latenciesMs: latenciesMs.toSorted((a, b) => a - b) };
}

/** Processor time of a process since its start, all threads, user and system, in milliseconds (Linux). */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticksPerSecond = 100;
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** The most memory that a process has held, in MiB (Linux). */
export async function peakMemoryMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
