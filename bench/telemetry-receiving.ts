import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { threadsCpuUs } from './process-use.ts';
import { gatewayProcessor } from './running.ts';
import type { Received, ReceiverMessage } from './telemetry-receiver.ts';

export type ReceivedByPath = Readonly<Record<string, Received>>;

export interface Receiver {
  readonly url: string;
  readonly received: () => Promise<ReceivedByPath>;
  /** What it has cost, in one line. */
  readonly describe: () => Promise<string>;
  readonly close: () => void;
}

/** Starts a receiver of OTLP, on the other processor than the gateways. */
export async function startReceiver(): Promise<Receiver> {
  const child = fork(fileURLToPath(new URL('telemetry-receiver.ts', import.meta.url)));
  const next = async <T extends ReceiverMessage>(): Promise<T> => ((await once(child, 'message')) as [T])[0];
  const { url } = await next<{ url: string }>();
  const { pid = 0 } = child;
  execFileSync('taskset', ['-apc', gatewayProcessor, `${pid}`], { stdio: 'ignore' });
  const cpuBefore = await threadsCpuUs(pid);
  const received = async (): Promise<ReceivedByPath> => {
    const reply = next<{ received: ReceivedByPath }>();
    child.send('count');
    return (await reply).received;
  };
  return {
    url,
    received,
    describe: async () => {
      const all = Object.values(await received());
      const [spans, exports] = [sum(all.map((one) => one.spans)), sum(all.map((one) => one.exports))];
      const us = ((await threadsCpuUs(pid)) - cpuBefore) / Math.max(1, spans);
      return `The receiver of spans, on another processor: ${spans} in ${exports} exports, ${us.toFixed(1)} us of its own CPU each.`;
    },
    close: () => child.disconnect(),
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
