import type { AttributeValue, ReceivedSpan } from './otlp-spans.ts';

/** A value as Jaeger's JSON has it, with its type. */
export interface JaegerTag {
  readonly key: string;
  readonly type: 'string' | 'int64' | 'float64' | 'bool';
  readonly value: string | number | boolean;
}

export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly { readonly refType: 'CHILD_OF'; readonly traceID: string; readonly spanID: string }[];
  readonly flags: number;
  /** In microseconds since 1970. */
  readonly startTime: number;
  /** In microseconds. */
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly never[];
  readonly processID: string;
  readonly warnings: null;
}

/** What Jaeger's query service answers, and its page reads as "JSON file". */
export interface JaegerFile {
  readonly data: readonly {
    readonly traceID: string;
    readonly spans: readonly JaegerSpan[];
    readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly JaegerTag[] }>>;
    readonly warnings: null;
  }[];
}

/**
 * One trace of one process as Jaeger shows it.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/v0.140.0/pkg/translator/jaeger/README.md | OpenTelemetry to Jaeger Transformation}
 */
export function toJaeger(spans: readonly ReceivedSpan[]): JaegerFile {
  const [first] = spans;
  if (first === undefined) throw new Error('A trace was expected, but there are no spans');
  const { 'service.name': serviceName, ...resource } = first.resource;
  const process = { serviceName: String(serviceName), tags: tagsOf(resource) };
  return {
    data: [{ traceID: first.traceId, spans: spans.map(toJaegerSpan), processes: { p1: process }, warnings: null }],
  };
}

function toJaegerSpan(span: ReceivedSpan): JaegerSpan {
  const parent = { refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentSpanId } as const;
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    operationName: span.name,
    references: span.parentSpanId === '' ? [] : [parent],
    flags: span.flags & 1,
    startTime: toMicroseconds(span.startNs),
    duration: toMicroseconds(span.endNs - span.startNs),
    tags: [
      ...tagsOf(span.attributes),
      ...tagsOf({ 'otel.scope.name': span.scope.name, 'otel.scope.version': span.scope.version }),
      ...(span.kind === 'internal' ? [] : tagsOf({ 'span.kind': span.kind })),
      ...(span.status === 'unset' ? [] : tagsOf({ 'otel.status_code': span.status.toUpperCase() })),
      ...(span.status === 'error' ? tagsOf({ error: true }) : []),
    ],
    logs: [],
    processID: 'p1',
    warnings: null,
  };
}

function toMicroseconds(nanoseconds: bigint): number {
  return Number((nanoseconds + 500n) / 1000n);
}

function tagsOf(attributes: Readonly<Record<string, AttributeValue>>): JaegerTag[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, ...typed(value) }));
}

function typed(value: AttributeValue): Pick<JaegerTag, 'type' | 'value'> {
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'int64' : 'float64', value };
  return { type: 'string', value: typeof value === 'string' ? value : JSON.stringify(value) };
}
