import { setTimeout as delay } from 'node:timers/promises';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { TracesConfig } from '../../config/telemetry-types.ts';
import { redactUrl } from '../../lib/redact-url.ts';
import { listenTo, listenToEnds, type EndListener } from '../listen.ts';
import type { RequestRecord } from '../record.ts';
import { routeDiagnostics } from './diagnostics.ts';
import { createExporter } from './exporter.ts';
import { createResource, type ServiceIdentity } from '../resource.ts';
import { createKeeper, createSampler, isTraced } from './sampling.ts';
import { SpanMaker } from './span-maker.ts';
import { WatchedExporter } from './watched-exporter.ts';

/** Spans since the start, by what became of them. */
export interface TraceCounts {
  readonly exported: number;
  /** There was no room for them in the queue. */
  readonly dropped: number;
  /** The receiver did not take them. */
  readonly failed: number;
  /** They wait for the next export. */
  readonly queued: number;
}

export interface Traces {
  readonly counts: () => TraceCounts;
  /** Listens no more, and exports what waits within the timeout of an export. Never rejects. */
  readonly stop: () => Promise<void>;
}

/** Spans of one export at most. */
const maxBatch = 512;

export async function openTraces(config: TracesConfig, service: ServiceIdentity): Promise<Traces> {
  const { otlp, maxQueued } = config;
  const batch = Math.min(maxBatch, maxQueued);
  const stopDiagnostics = routeDiagnostics();
  // When it stops, all that waits goes out at once.
  const concurrency = Math.ceil(maxQueued / batch) + 2;
  const inner = await createExporter({ otlp, product: `weft/${service.version}`, concurrency }).catch(
    (error: unknown) => {
      stopDiagnostics();
      throw error;
    },
  );
  let queued = 0;
  let dropped = 0;
  const exporter = new WatchedExporter(inner, {
    where: describeUrl(otlp.url),
    timeoutMs: otlp.timeoutMs,
    onTaken: (count) => (queued -= count),
  });
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: maxQueued,
    maxExportBatchSize: batch,
    scheduledDelayMillis: otlp.intervalMs,
    // Later than the exporter's own, which counts and tells what it means.
    exportTimeoutMillis: otlp.timeoutMs * 2 + 1000,
  });
  const maker = new SpanMaker({
    resource: createResource(service),
    instrumentationScope: { name: 'weft', version: service.version },
  });
  const listening = listen(config, (record, isLate) => {
    if (!record.trace) return;
    const spans = maker.make(record, record.trace, isLate);
    // All of a request's or none: a trace without its middle misleads.
    if (queued + spans.length > maxQueued) {
      dropped += spans.length;
      return;
    }
    queued += spans.length;
    for (const span of spans) processor.onEnd(span);
  });
  return {
    counts: () => {
      listening.flush();
      return { exported: exporter.exported, dropped, failed: exporter.failed, queued };
    },
    stop: async () => {
      listening.stop();
      const timeout = new AbortController();
      const shutdown = processor.shutdown().catch(() => undefined);
      await Promise.race([
        shutdown,
        delay(otlp.timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined),
      ]);
      timeout.abort();
      stopDiagnostics();
    },
  };
}

/** Calls back with each request whose spans are to be exported. */
function listen(config: TracesConfig, tell: (record: RequestRecord, isLate: boolean) => void): EndListener {
  const sampler = createSampler(config);
  const isKept = createKeeper(config);
  const end = listenTo('weft:request.begin', (record) => {
    record.sampler = sampler;
  });
  const ends = listenToEnds((record) => {
    if (!isTraced(record)) return;
    if (record.isSampled) tell(record, false);
    else if (isKept(record)) tell(record, true);
  });
  return {
    flush: ends.flush,
    stop: () => {
      end();
      ends.stop();
    },
  };
}

/** Without a query, which may hold a token. */
function describeUrl(url: string): string {
  return redactUrl(url.split(/[?#]/, 1)[0] ?? '');
}
