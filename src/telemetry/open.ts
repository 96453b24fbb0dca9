import type { MetricsConfig, TelemetryConfig } from '../config/telemetry-types.ts';
import { readPackageVersion } from '../lib/package-version.ts';
import type { Figures } from './metrics/figures.ts';
import { startMetricsListener, type Handle, type MetricsListener } from './metrics/http.ts';
import { startMetrics, type Metrics } from './metrics/start.ts';
import type { Traces } from './traces/open.ts';
import { startTraces } from './traces/start.ts';

/** Metrics and traces of a gateway, for as long as it runs. The log is the process's own, and is started by its command. */
export interface Telemetry {
  /** Answers whoever reads metrics on the gateway's own listener; undefined where they are not read there. */
  readonly metrics: { readonly path: string; readonly handle: Handle } | undefined;
  /** Base URL of the metrics' own listener; undefined where there is none. */
  readonly metricsUrl: string | undefined;
  /** Listens no more, and sends what waits. Never rejects. */
  readonly close: () => Promise<void>;
}

export interface TelemetryOptions {
  readonly config: TelemetryConfig;
  /** SHA-256 of the configuration files; undefined where there are none. */
  readonly checksum: string | undefined;
  /** How the gateway stands, apart from its traces; asked for at each reading. */
  readonly figures: () => Omit<Figures, 'traces'>;
}

/**
 * Opens what the configuration asks for; nothing else is loaded.
 *
 * @throws {GatewayError} `START_FAILED` or `CONFIGURATION_INVALID`; nothing is left open then.
 */
export async function openTelemetry({ config, checksum, figures }: TelemetryOptions): Promise<Telemetry> {
  const version = await readPackageVersion();
  const traces = config.traces && (await startTraces(config.traces, { ...config.service, version }));
  let metrics: Metrics | undefined;
  try {
    metrics =
      config.metrics &&
      startMetrics(config.metrics, {
        service: config.service,
        build: { version, node: process.version },
        configuration: checksum === undefined ? undefined : { checksum, version: checksum.slice(0, 8) },
        figures: () => ({ ...figures(), traces: traces?.counts() }),
      });
    return telemetryOf({ traces, metrics, listener: await listen(config.metrics, metrics), config });
  } catch (error) {
    await Promise.all([traces?.stop(), metrics?.stop()]);
    throw error;
  }
}

async function listen(
  config: MetricsConfig | undefined,
  metrics: Metrics | undefined,
): Promise<MetricsListener | undefined> {
  if (!config?.listen || !metrics) return undefined;
  return startMetricsListener({ ...config.listen, path: config.path, handle: metrics.handle });
}

interface Opened {
  readonly traces: Traces | undefined;
  readonly metrics: Metrics | undefined;
  readonly listener: MetricsListener | undefined;
  readonly config: TelemetryConfig;
}

function telemetryOf({ traces, metrics, listener, config }: Opened): Telemetry {
  const path = config.metrics?.path;
  return {
    metrics: metrics && !listener && path !== undefined ? { path, handle: metrics.handle } : undefined,
    metricsUrl: listener?.url,
    close: async () => {
      await Promise.all([traces?.stop(), metrics?.stop(), listener?.close()]);
    },
  };
}
