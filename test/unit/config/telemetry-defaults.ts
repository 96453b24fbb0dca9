import type { LogConfig, TelemetryConfig } from '../../../src/config/telemetry-types.ts';

/** `telemetry` of a gateway.yaml that says nothing of it. */
export const telemetryDefaults: TelemetryConfig = {
  service: { name: 'weft', namespace: undefined, instance: undefined, attributes: {} },
  propagation: { accept: ['w3c'], send: ['w3c'], baggage: [] },
  clientName: ['apollographql-client-name', 'graphql-client-name', 'x-client-name'],
  clientVersion: ['apollographql-client-version', 'graphql-client-version', 'x-client-version'],
  serverTiming: false,
  traces: undefined,
  metrics: undefined,
};

/** `log` of such a file. */
export const logDefaults: LogConfig = {
  level: 'info',
  format: 'auto',
  access: undefined,
  slowerThanMs: 0,
  redact: { headers: [], queryParameters: [] },
};

/** `telemetry.metrics.durationBuckets` of such a file, in seconds. */
export const bucketDefaults: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
