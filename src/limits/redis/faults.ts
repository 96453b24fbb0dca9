import { performance } from 'node:perf_hooks';
import { publishNotice } from '../../telemetry/channels.ts';

const pauseMs = 60_000;

/** What fails for one key says nothing of the others: told, but once a minute at most. */
export class Faults {
  #toldAt = -Infinity;

  tell(reason: string): void {
    const now = performance.now();
    if (now - this.#toldAt < pauseMs) return;
    this.#toldAt = now;
    publishNotice({ level: 'warn', message: `Limits: Redis cannot count for some key: ${reason}` });
  }
}
