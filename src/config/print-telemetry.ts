import { printDuration } from '../lib/duration.ts';
import { printAccess, printToggle } from './print-access.ts';
import { withoutOptions } from './print-limits.ts';
import type { Printable } from './print-security.ts';
import { printBucket } from './telemetry-schema.ts';
import type {
  AccessLogConfig,
  LogConfig,
  MetricsConfig,
  OtlpConfig,
  Sampling,
  TelemetryConfig,
  TracesConfig,
} from './telemetry-types.ts';

/** Telemetry and log, with the keys and units of the file; nothing secret. Pure. */

export function printTelemetry(config: TelemetryConfig): Printable {
  const { service, propagation, clientName, clientVersion, serverTiming, traces, metrics } = config;
  return {
    service: { ...service, attributes: { ...service.attributes } },
    propagation: { ...propagation },
    clientName,
    clientVersion,
    serverTiming: printToggle(serverTiming),
    traces: printTraces(traces),
    metrics: printMetrics(metrics),
  };
}

function printTraces(traces: TracesConfig | undefined): Printable {
  if (traces === undefined) return false;
  const { otlp, parent, keepErrors, keepSlowerThanMs, maxQueued } = traces;
  return {
    otlp: printOtlp(otlp),
    ...printSampling(traces),
    parent,
    keep: { errors: keepErrors, slowerThan: printSlowness(keepSlowerThanMs) },
    maxQueued,
  };
}

function printMetrics(metrics: MetricsConfig | undefined): Printable {
  if (metrics === undefined) return false;
  const { path, listen, access, otlp, maxSeries, maxOperations, durationBuckets, exemplars } = metrics;
  return {
    path,
    listen: listen && { ...listen },
    access: access && printAccess(access),
    otlp: otlp === undefined ? false : printOtlp(otlp),
    maxSeries,
    maxOperations,
    durationBuckets: durationBuckets.map(printBucket),
    exemplars,
  };
}

function printOtlp({ url, protocol, headers, timeoutMs, intervalMs }: OtlpConfig): Printable {
  return {
    url: withoutOptions(url),
    protocol,
    headers: Object.fromEntries(Object.keys(headers).map((name) => [name, '***'])),
    timeout: printDuration(timeoutMs),
    interval: printDuration(intervalMs),
  };
}

function printSampling({ rate, rules }: Sampling): { [name: string]: Printable } {
  return { sample: rate, rules: rules.map(({ match, rate: sample }) => ({ ...match, sample })) };
}

export function printLog({ level, format, access, slowerThanMs, redact }: LogConfig): Printable {
  return {
    level,
    format,
    access: access === undefined ? false : printAccessLog(access),
    slowerThan: printSlowness(slowerThanMs === 0 ? Infinity : slowerThanMs),
    redact: { ...redact },
  };
}

function printAccessLog({ headers, variables, paths, addresses, ...sampling }: AccessLogConfig): Printable {
  return { ...printSampling(sampling), headers, variables, paths, addresses };
}

function printSlowness(ms: number): string {
  return ms === Infinity ? 'off' : printDuration(ms);
}
