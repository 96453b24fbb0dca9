import type { OTLPTraceExporter as GrpcTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import type { OTLPExporterNodeConfigBase } from '@opentelemetry/otlp-exporter-base/node-http';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpConfig } from '../../config/telemetry-types.ts';
import { GatewayError } from '../../errors.ts';
import { TracesEncoder } from './otlp-traces.ts';

export interface ExporterOptions {
  readonly otlp: OtlpConfig;
  /** Sent as the first part of `user-agent`. */
  readonly product: string;
  /** Exports under way at once, at most. */
  readonly concurrency: number;
}

/**
 * The OTLP exporter of the configured protocol; its package is loaded here. `OTEL_EXPORTER_OTLP_COMPRESSION`, `_HEADERS`
 * and `_CERTIFICATE` of the environment hold where the configuration says nothing.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/protocol/exporter/ | OpenTelemetry Protocol Exporter}
 * @throws {GatewayError} `START_FAILED` where the package for gRPC is not installed.
 */
export async function createExporter({ otlp, product, concurrency }: ExporterOptions): Promise<SpanExporter> {
  const shared = { url: otlp.url, timeoutMillis: otlp.timeoutMs, concurrencyLimit: concurrency, userAgent: product };
  if (otlp.protocol === 'http/json') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    return new OTLPTraceExporter({ ...shared, headers: { ...otlp.headers } });
  }
  if (otlp.protocol === 'http/protobuf') return createProtobufExporter({ ...shared, headers: { ...otlp.headers } });
  const { OTLPTraceExporter } = await loadGrpc();
  // The method is fixed, so that a path has no meaning.
  return new OTLPTraceExporter({ ...shared, url: new URL(otlp.url).origin, metadata: metadataOf(otlp.headers) });
}

/** OpenTelemetry's exporter for protobuf over HTTP, but for the encoder. */
async function createProtobufExporter(options: OTLPExporterNodeConfigBase): Promise<SpanExporter> {
  const { OTLPExporterBase } = await import('@opentelemetry/otlp-exporter-base');
  const { convertLegacyHttpOptions, createOtlpHttpExportDelegate } =
    await import('@opentelemetry/otlp-exporter-base/node-http');
  const { ProtobufTraceSerializer, TraceExporterMetricsHelper } = await import('@opentelemetry/otlp-transformer');
  const encoder = new TracesEncoder();
  return new OTLPExporterBase(
    createOtlpHttpExportDelegate(
      convertLegacyHttpOptions(options, 'TRACES', 'v1/traces', { 'Content-Type': 'application/x-protobuf' }),
      { ...ProtobufTraceSerializer, serializeRequest: (spans: ReadableSpan[]) => encoder.encode(spans) },
      'otlp_http_span_exporter',
      TraceExporterMetricsHelper,
      undefined,
    ),
  );
}

const grpcPackage = '@opentelemetry/exporter-trace-otlp-grpc';

type Metadata = NonNullable<NonNullable<ConstructorParameters<typeof GrpcTraceExporter>[0]>['metadata']>;

async function loadGrpc(): Promise<{ readonly OTLPTraceExporter: typeof GrpcTraceExporter }> {
  try {
    return await import('@opentelemetry/exporter-trace-otlp-grpc');
  } catch (cause) {
    throw new GatewayError(
      'START_FAILED',
      `telemetry.traces.otlp.protocol is "grpc", which needs the package ${grpcPackage}, but it cannot be loaded: install it (npm install ${grpcPackage}) or use "http/protobuf"`,
      { cause },
    );
  }
}

/** The exporter only copies it into a `Metadata` of its own, whose package is its dependency and not the gateway's. */
function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = { clone: () => metadata, getMap: () => headers };
  return metadata as unknown as Metadata;
}
