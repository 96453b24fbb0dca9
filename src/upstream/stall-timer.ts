/** Calls back once where nothing happened for the time last asked for. Does not keep the process alive. */
export class StallTimer {
  readonly #onStall: (afterMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #afterMs = 0;

  constructor(onStall: (afterMs: number) => void) {
    this.#onStall = onStall;
  }

  /** Waits anew. @param afterMs In milliseconds; above 0. */
  start(afterMs: number): void {
    if (this.#timer !== undefined && this.#afterMs === afterMs) {
      this.#timer.refresh();
      return;
    }
    this.stop();
    this.#afterMs = afterMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onStall(afterMs);
    }, afterMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
