import type { MetricsConfig } from '../../config/telemetry-types.ts';
import { chooseMediaType } from '../../lib/accept.ts';
import { publishInternalError } from '../channels.ts';
import { listenTo, listenToEnds, type EndListener } from '../listen.ts';
import type { RequestRecord } from '../record.ts';
import type { ServiceIdentity } from '../resource.ts';
import { CacheMetrics } from './cache-metrics.ts';
import { CallMetrics } from './call-metrics.ts';
import { definitions } from './definitions.ts';
import { EventMetrics } from './event-metrics.ts';
import { readFigures, type Figures } from './figures.ts';
import { createHandle, type Handle, type Text } from './http.ts';
import { watchProcess } from './process-metrics.ts';
import { startPush } from './push.ts';
import { Registry, type Source } from './registry.ts';
import { RequestMetrics } from './request-metrics.ts';
import { contentTypes, printMetrics } from './text.ts';

/**
 * Metrics: what stages publish is counted here, and read by Prometheus or sent by OTLP. What is counted are names, numbers
 * and times; nothing that a client wrote but names of operations, which were planned.
 */

export interface MetricsOptions {
  /** Who sends, for OTLP; without its version, which is `build.version`. */
  readonly service: Omit<ServiceIdentity, 'version'>;
  readonly build: { readonly version: string; readonly node: string };
  /** Undefined where there is no configuration file. */
  readonly configuration: { readonly checksum: string; readonly version: string } | undefined;
  /** Asked at each reading. */
  readonly figures: () => Figures;
}

export interface Metrics {
  /** Answers GET and HEAD with all metrics, whatever the path. */
  readonly handle: Handle;
  /** All metrics, as OpenMetrics 1.0 where `accept` likes that better than Prometheus' own text. */
  readonly text: (accept?: string) => Text;
  /** Counts no more, and sends what there is a last time. Never rejects. */
  readonly stop: () => Promise<void>;
}

/**
 * Begins to count.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where metrics are to be sent by gRPC; nothing goes on then.
 */
export function startMetrics(config: MetricsConfig, options: MetricsOptions): Metrics {
  const registry = new Registry(config);
  const { service, build, configuration, figures } = options;
  const push = config.otlp && startPush(registry, config.otlp, { ...service, version: build.version });
  registry.amount(definitions.build, [build.version, build.node]).value = 1;
  if (configuration)
    registry.amount(definitions.configuration, [configuration.checksum, configuration.version]).value = 1;
  registry.read(guarded(readFigures(figures)));
  const watching = watchProcess(registry);
  const listening = listen(registry, config);
  // Before anything is read: what has ended counts.
  registry.read(listening.flush);
  const text = (accept?: string): Text => {
    const format = chooseMediaType(accept, offered) === 'application/openmetrics-text' ? 'openmetrics' : 'prometheus';
    return { contentType: contentTypes[format], text: printMetrics(registry.collect(), format) };
  };
  return {
    handle: createHandle(text),
    text,
    stop: async () => {
      listening.stop();
      await push?.stop();
      watching.stop();
    },
  };
}

/** What nobody asks for by name is text, as older readers expect it. */
const offered = ['text/plain', 'application/openmetrics-text'] as const;

/** A part that cannot be read must not hide all others. */
function guarded(source: Source): Source {
  return (write) => {
    try {
      source(write);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      publishInternalError({ error, requestId: undefined });
    }
  };
}

function listen(registry: Registry, { maxOperations, exemplars }: MetricsConfig): EndListener {
  const cache = new CacheMetrics(registry);
  const requests = new RequestMetrics({ registry, maxOperations, cache });
  const calls = new CallMetrics(registry, cache);
  const events = new EventMetrics(registry);
  const end = (record: RequestRecord): void => {
    const { trace } = record;
    calls.countAll(record);
    if (!exemplars || !trace || !record.isSampled) {
      requests.end(record, undefined);
      return;
    }
    const { traceId, spanId } = trace;
    const time = Date.now() / 1000;
    requests.end(record, { traceId, spanId, time });
    calls.exemplify(record, traceId, time);
  };
  const endings = [
    listenTo('weft:request.begin', (record) => requests.begin(record)),
    listenTo('weft:upstream.detached', (call) => calls.count(call)),
    listenTo('weft:limit', (event) => events.limit(event)),
    listenTo('weft:error', (event) => events.error(event)),
    listenTo('weft:notice', (event) => events.notice(event)),
    listenTo('weft:log.lost', (event) => events.lostLines(event)),
  ];
  const ends = listenToEnds(end);
  return {
    flush: ends.flush,
    stop: () => {
      for (const stop of endings) stop();
      ends.stop();
    },
  };
}
