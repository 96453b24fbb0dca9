import type { Attributes, HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import { ExportResultCode, hrTime } from '@opentelemetry/core';
import {
  AggregationTemporality,
  DataPointType,
  PeriodicExportingMetricReader,
  type DataPoint,
  type MetricData,
  type MetricProducer,
  type MetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { OtlpConfig } from '../../config/telemetry-types.ts';
import { createResource, type ServiceIdentity } from '../resource.ts';
import { Histogram, type Point } from './points.ts';
import type { Tell } from './push.ts';
import type { Family, Registry } from './registry.ts';

/** Metrics by OTLP. This module loads OpenTelemetry, so it is itself loaded only where metrics are sent. */

export interface ReaderOptions {
  readonly registry: Registry;
  readonly config: OtlpConfig;
  readonly service: ServiceIdentity;
  readonly tell: Tell;
}

/** Begins to export; sums are cumulative. */
export async function startReader({ registry, config, service, tell }: ReaderOptions): Promise<MetricReader> {
  const exporter = telling(await createExporter(config), tell);
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: config.intervalMs,
    exportTimeoutMillis: Math.min(config.timeoutMs, config.intervalMs),
  });
  // The reader wants nothing else of a MeterProvider.
  reader.setMetricProducer(producerOf(registry, service));
  return reader;
}

async function createExporter({ url, protocol, headers, timeoutMs }: OtlpConfig): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-metrics-otlp-http')
      : await import('@opentelemetry/exporter-metrics-otlp-proto');
  return new OTLPMetricExporter({ url, headers: { ...headers }, timeoutMillis: timeoutMs });
}

/** Passes each result on: OpenTelemetry itself says it to a logger that nobody has set. */
function telling(exporter: PushMetricExporter, tell: Tell): PushMetricExporter {
  return {
    export: (metrics, done) =>
      exporter.export(metrics, (result) => {
        if (result.code === ExportResultCode.SUCCESS) tell.sent();
        else tell.failed(result.error);
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush(),
    shutdown: async () => exporter.shutdown(),
  };
}

const scope = { name: 'weft' };

function producerOf(registry: Registry, service: ServiceIdentity): MetricProducer {
  const resource = createResource(service);
  const startTime = hrTime();
  return {
    collect: async () => {
      const span = { startTime, endTime: hrTime() };
      const metrics = registry.collect().map((family) => metricOf(family, span));
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] };
    },
  };
}

interface Span {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** @see {@link https://opentelemetry.io/docs/specs/otel/metrics/data-model/ | OpenTelemetry, Metrics Data Model} */
function metricOf({ definition, points }: Family, span: Span): MetricData {
  const { name, help: description, type, unit } = definition;
  const common = {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const names = definition.labels.map((label) => label.name);
  const pointOf = <T>(point: Point, value: T): DataPoint<T> => ({
    ...span,
    attributes: attributesOf(names, point),
    value,
  });
  if (type === 'histogram') {
    const histograms = points.filter((point) => point instanceof Histogram);
    const dataPoints = histograms.map((point) => pointOf(point, histogramOf(point)));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = points.map((point) => pointOf(point, point instanceof Histogram ? 0 : point.value));
  if (type === 'gauge' || type === 'info') return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...common, dataPointType: DataPointType.SUM, isMonotonic: type === 'counter', dataPoints };
}

function histogramOf(point: Histogram): HistogramValue {
  const { bounds, counts, sum, count } = point;
  return { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count };
}

interface HistogramValue {
  buckets: { boundaries: number[]; counts: number[] };
  sum: number;
  count: number;
}

function attributesOf(names: readonly string[], { labels }: Point): Attributes {
  const attributes: Attributes = {};
  for (const [index, name] of names.entries()) {
    const value = labels[index] ?? '';
    if (value === '') continue;
    attributes[name] = name === 'http.response.status_code' && /^\d+$/.test(value) ? Number(value) : value;
  }
  return attributes;
}
