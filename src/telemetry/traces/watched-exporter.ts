import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { publishNotice } from '../channels.ts';

export interface WatchOptions {
  /** Where spans go, as operators may read it. */
  readonly where: string;
  /** Time for one export with all that is tried again, in milliseconds. */
  readonly timeoutMs: number;
  /** Called with the number of spans that are taken out of the queue. */
  readonly onTaken: (count: number) => void;
  /** In milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

/** A receiver that comes and goes is told of once in this time, in milliseconds. */
const quietMs = 60_000;
// An exporter gives up by itself; this is for one whose answer comes by drops.
const graceMs = 500;

/**
 * An exporter that counts, and tells operators once when it begins to fail and once when it works again. To the processor
 * of spans each export is a success, as it has nothing to do about a failure.
 */
export class WatchedExporter implements SpanExporter {
  exported = 0;
  failed = 0;
  readonly #exporter: SpanExporter;
  readonly #options: WatchOptions;
  #isTold = false;
  #toldAt = -Infinity;
  #lost = 0;

  constructor(exporter: SpanExporter, options: WatchOptions) {
    this.#exporter = exporter;
    this.#options = options;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#options.onTaken(spans.length);
    let isSettled = false;
    const settle = (error: Error | undefined): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      if (error) this.#onFailure(spans.length, error);
      else this.#onSuccess(spans.length);
      done({ code: ExportResultCode.SUCCESS });
    };
    const timer = setTimeout(() => settle(new Error('no answer in time')), this.#options.timeoutMs + graceMs).unref();
    try {
      this.#exporter.export(spans, ({ code, error }) =>
        settle(code === ExportResultCode.SUCCESS ? undefined : (error ?? new Error('no reason given'))),
      );
    } catch (error) {
      settle(error instanceof Error ? error : new Error('no reason given'));
    }
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  #onFailure(count: number, error: Error): void {
    this.failed += count;
    this.#lost += count;
    const now = (this.#options.now ?? performance.now.bind(performance))();
    if (this.#isTold || now - this.#toldAt < quietMs) return;
    this.#toldAt = now;
    this.#isTold = true;
    publishNotice({
      level: 'warn',
      message: `traces cannot be exported to ${this.#options.where}: ${describeFailure(error)}; spans are lost until they can`,
    });
  }

  #onSuccess(count: number): void {
    this.exported += count;
    if (!this.#isTold) return;
    this.#isTold = false;
    publishNotice({
      level: 'info',
      message: `traces are exported to ${this.#options.where} again; ${this.#lost} spans were lost`,
    });
    this.#lost = 0;
  }
}

/** By code alone: a receiver's own words may hold what it was sent. */
function describeFailure(error: Error & { readonly code?: unknown }): string {
  const { code } = error;
  if (typeof code === 'string') return code;
  if (typeof code === 'number') return code >= 100 ? `status ${code}` : `gRPC status ${code}`;
  return 'no usable answer in time';
}
