import { readdir, readFile, writeFile } from 'node:fs/promises';

/** What a process has used, as Linux tells it in /proc. */

/** Of the kernel's clock; the same on all machines that Node runs on. */
const ticksPerSecond = 100;

/** Processor time since the start of the process, all threads, user and system, in milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  return readCpuMs(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** The same, of the text of `/proc/PID/stat`. The program's name stands in brackets and may hold anything. */
export function readCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/**
 * Processor time of all threads that run now, by the scheduler's own clock, in microseconds: fine enough for a fraction of
 * a second. A thread that has ended is not in it.
 */
export async function threadsCpuUs(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const texts = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')));
  return texts.reduce((sum, text) => sum + Number(text.split(' ', 1)[0]) / 1000, 0);
}

/** Starts the peak of a process anew. */
export async function resetPeakMemory(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** The most memory that a process has held since the last reset, in MiB. */
export async function peakMemoryMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
