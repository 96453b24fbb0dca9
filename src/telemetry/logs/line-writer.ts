import { writeSync } from 'node:fs';

/** Text is written when so many UTF-16 units wait: one system call for some 30 lines. */
const flushAtLength = 16_384;
const flushAfterMs = 200;
/** A pipe whose reader is slow is tried again after so long. */
const retryAfterMs = 5;
/** What waits for a slow reader at most, in UTF-16 units and bytes; further lines are lost and counted. */
const maxWaiting = 16 * 1024 * 1024;
/** The process's end waits for a slow reader for so long at most. */
const maxCloseMs = 1000;

export interface LineWriterOptions {
  /** Open for writing. Where it is a pipe, it should not block: Node has it so once `process.stdout` was looked at. */
  readonly fd: number;
  /** Told after lines were lost, when there is room again. */
  readonly onLost: (lines: number) => void;
}

/**
 * Gathers lines and writes many at once, on this thread: what is in flight on another one is lost when the process ends.
 * A reader that stalls holds nobody up: lines wait, then are lost. Whoever ends the process calls `close`.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #onLost: (lines: number) => void;
  #text = '';
  /** What the reader had no room for; it goes before `#text`. */
  #left: Buffer = Buffer.alloc(0);
  #lost = 0;
  #isStalled = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({ fd, onLost }: LineWriterOptions) {
    this.#fd = fd;
    this.#onLost = onLost;
  }

  /** @param line Ends with a line feed. */
  write(line: string): void {
    if (this.#isClosed) return;
    if (this.#text.length + this.#left.length > maxWaiting) {
      this.#lost += 1;
      return;
    }
    this.#text += line;
    if (this.#text.length >= flushAtLength && !this.#isStalled) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), flushAfterMs).unref();
  }

  /** Writes what the reader has room for; the rest follows as it has. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isClosed) return;
    try {
      this.#writeAll();
    } catch (cause) {
      this.#failed(cause as NodeJS.ErrnoException);
      return;
    }
    this.#isStalled = false;
    if (this.#lost === 0) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#onLost(lost);
  }

  /** Writes all that waits, for which it blocks a second at most. Nothing is written after that. */
  close(): void {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const triesLeft = maxCloseMs / retryAfterMs;
    this.flush();
    for (let tries = 0; this.#isStalled && tries < triesLeft; tries += 1) {
      Atomics.wait(pause, 0, 0, retryAfterMs);
      this.flush();
    }
    clearTimeout(this.#timer);
    this.#isClosed = true;
  }

  #writeAll(): void {
    while (this.#left.length > 0 || this.#text !== '') {
      if (this.#left.length === 0) {
        this.#left = Buffer.from(this.#text);
        this.#text = '';
      }
      this.#left = this.#left.subarray(writeSync(this.#fd, this.#left));
    }
  }

  #failed({ code }: NodeJS.ErrnoException): void {
    this.#isStalled = code === 'EAGAIN';
    if (this.#isStalled) {
      this.#timer = setTimeout(() => this.flush(), retryAfterMs).unref();
      return;
    }
    // A reader that is gone stays so; a full disk may pass. Neither is worth the gateway.
    this.#lost += this.#left.toString().split('\n').length - 1;
    this.#left = Buffer.alloc(0);
  }
}
