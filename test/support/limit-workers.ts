import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'node:test';
import type { Charge } from '../../src/limits/types.ts';
import type { WorkerAnswer, WorkerOrder, WorkerStart } from './limit-worker.ts';

export interface LimitWorker {
  /** Charges each of them at the same time, and counts what came of it. */
  readonly charge: (charges: readonly (readonly Charge[])[]) => Promise<WorkerAnswer>;
  /** Ends the process without a word. */
  readonly kill: () => Promise<void>;
}

const program = fileURLToPath(new URL('limit-worker.ts', import.meta.url));

/** Real processes, each with its own limiter on one Redis; they end with the test. */
export async function startLimitWorkers(
  t: Pick<TestContext, 'after'>,
  { url, count, leaseMs = 10_000 }: { readonly url: string; readonly count: number; readonly leaseMs?: number },
): Promise<readonly LimitWorker[]> {
  const start: WorkerStart = { url, leaseMs };
  const children = Array.from({ length: count }, () =>
    fork(program, [JSON.stringify(start)], { execArgv: ['--disable-warning=ExperimentalWarning'] }),
  );
  t.after(async () => Promise.all(children.map(async (child) => end(child))));
  await Promise.all(children.map(async (child) => nextMessage(child)));
  return children.map((child) => ({
    charge: async (charges) => {
      const answer = nextMessage(child);
      child.send({ charges } satisfies WorkerOrder);
      return (await answer) as WorkerAnswer;
    },
    kill: async () => end(child),
  }));
}

/** The same charges, so many times. */
export function times(count: number, ...charges: readonly Charge[]): readonly (readonly Charge[])[] {
  return Array.from({ length: count }, () => charges);
}

/** @throws {Error} where the process ends before. */
function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`A worker ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGKILL');
  await ended;
}
