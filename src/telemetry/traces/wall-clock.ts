import type { HrTime } from '@opentelemetry/api';

// A wall clock that is this far off was set, or has drifted; below it, times within a trace stay as they were measured.
const maxSkewMs = 5;

/** Turns times of `performance.now()` into times of day, to the nanosecond. */
export class WallClock {
  // Whole seconds apart from the rest: a double that holds both has no room for nanoseconds.
  #seconds = 0;
  #restMs = 0;

  constructor(originMs: number = performance.timeOrigin) {
    this.#set(originMs);
  }

  at(ms: number): HrTime {
    const sinceMs = this.#restMs + ms;
    const seconds = Math.floor(sinceMs / 1000);
    const nanoseconds = Math.round((sinceMs - seconds * 1000) * 1e6);
    return nanoseconds < 1e9 ? [this.#seconds + seconds, nanoseconds] : [this.#seconds + seconds + 1, 0];
  }

  /** Follows the time of day, which is set and corrected while a process runs; `performance.now()` is not. */
  adjust(nowMs: number, dateMs: number): void {
    const originMs = dateMs - nowMs;
    if (Math.abs(originMs - (this.#seconds * 1000 + this.#restMs)) > maxSkewMs) this.#set(originMs);
  }

  #set(originMs: number): void {
    this.#seconds = Math.floor(originMs / 1000);
    this.#restMs = originMs - this.#seconds * 1000;
  }
}
