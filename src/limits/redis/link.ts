import { performance } from 'node:perf_hooks';
import { publishNotice } from '../../telemetry/channels.ts';
import type { LimitCommands } from './commands.ts';

const failuresInARow = 3;
const probePauseMs = 1000;
const faultPauseMs = 60_000;

/**
 * Whether Redis is asked. It is not while the connection is lost, nor after three failures in a row; then it is tried once
 * a second, by nobody's request, until an answer comes in time. Operators are told of both, once each.
 */
export class Link {
  readonly #commands: LimitCommands;
  readonly #timeoutMs: number;
  #failures = 0;
  #isDown = false;
  #isProbing = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #faultToldAt = -Infinity;

  constructor(commands: LimitCommands, timeoutMs: number) {
    this.#commands = commands;
    this.#timeoutMs = timeoutMs;
  }

  isUp(): boolean {
    if (this.#isDown) return false;
    if (this.#commands.isReady()) return true;
    this.#fall('there is no connection');
    return false;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(reason: string): void {
    this.#failures += 1;
    if (this.#failures >= failuresInARow || !this.#commands.isReady()) this.#fall(reason);
  }

  /** What fails for one key says nothing of the others: told, but once a minute at most. */
  refused(reason: string): void {
    const now = performance.now();
    if (now - this.#faultToldAt < faultPauseMs) return;
    this.#faultToldAt = now;
    publishNotice({ level: 'warn', message: `Limits: Redis cannot count for some key: ${reason}` });
  }

  /** The connection is there, perhaps again: no need to wait for the next try. */
  connected(): void {
    if (this.#isDown) this.#probe();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #fall(reason: string): void {
    if (this.#isDown || this.#isClosed) return;
    this.#isDown = true;
    const message = `Limits are not counted in Redis, each limit's rule for outages holds: ${reason}`;
    publishNotice({ level: 'warn', message });
    this.#probeLater();
  }

  #probeLater(): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#probe(), probePauseMs).unref();
  }

  #probe(): void {
    if (this.#isProbing || this.#isClosed) return;
    if (!this.#commands.isReady()) {
      this.#probeLater();
      return;
    }
    this.#isProbing = true;
    let isLate = false;
    const timer = startPatience(this.#timeoutMs, () => {
      isLate = true;
    });
    const end = (isGood: boolean): void => {
      clearTimeout(timer);
      this.#isProbing = false;
      if (isGood && !isLate) this.#rise();
      else this.#probeLater();
    };
    this.#commands.probe().then(
      () => end(true),
      () => end(false),
    );
  }

  #rise(): void {
    clearTimeout(this.#timer);
    this.#isDown = false;
    this.#failures = 0;
    if (!this.#isClosed) publishNotice({ level: 'info', message: 'Limits are counted in Redis again' });
  }
}

/**
 * Calls `end` after so many milliseconds, unless the timer is cleared. Where this process was busy for so long, an answer
 * may lie unread in the socket: it is read first.
 */
export function startPatience(ms: number, end: () => void): NodeJS.Timeout {
  return setTimeout(setImmediate, ms, end);
}
