import { bytesOf, messagesOf, numberOf, readWire } from './otlp-protobuf.ts';

export type AttributeValue = string | number | boolean | readonly AttributeValue[];

/** A span as a receiver got it, whatever the encoding. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** In nanoseconds since 1970. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage: string;
  readonly resource: Readonly<Record<string, AttributeValue>>;
  readonly scope: { readonly name: string; readonly version: string };
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const statuses = ['unset', 'ok', 'error'] as const;

/**
 * The spans of an `ExportTraceServiceRequest` in protobuf.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto | OTLP 1.9, trace.proto}
 */
export function readProtobufSpans(body: Buffer): readonly ReceivedSpan[] {
  return messagesOf(readWire(body), 1).flatMap((resourceBytes) => {
    const resourceSpans = readWire(resourceBytes);
    const resource = readAttributes(messagesOf(readWire(bytesOf(resourceSpans, 1)), 1));
    return messagesOf(resourceSpans, 2).flatMap((scopeBytes) => {
      const scopeSpans = readWire(scopeBytes);
      const scopeFields = readWire(bytesOf(scopeSpans, 1));
      const scope = { name: bytesOf(scopeFields, 1).toString(), version: bytesOf(scopeFields, 2).toString() };
      return messagesOf(scopeSpans, 2).map((bytes) => readProtobufSpan(bytes, { resource, scope }));
    });
  });
}

function readProtobufSpan(bytes: Buffer, origin: Pick<ReceivedSpan, 'resource' | 'scope'>): ReceivedSpan {
  const fields = readWire(bytes);
  const status = readWire(bytesOf(fields, 15));
  return {
    traceId: bytesOf(fields, 1).toString('hex'),
    spanId: bytesOf(fields, 2).toString('hex'),
    traceState: bytesOf(fields, 3).toString(),
    parentSpanId: bytesOf(fields, 4).toString('hex'),
    flags: Number(numberOf(fields, 16)),
    name: bytesOf(fields, 5).toString(),
    kind: kinds[Number(numberOf(fields, 6))] ?? 'unspecified',
    startNs: numberOf(fields, 7),
    endNs: numberOf(fields, 8),
    attributes: readAttributes(messagesOf(fields, 9)),
    status: statuses[Number(numberOf(status, 3))] ?? 'unset',
    statusMessage: bytesOf(status, 2).toString(),
    ...origin,
  };
}

/** Of `KeyValue` messages; an attribute that comes twice is an encoder's mistake. */
export function readAttributes(messages: readonly Buffer[]): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const message of messages) {
    const fields = readWire(message);
    const key = bytesOf(fields, 1).toString();
    if (key in attributes) throw new Error(`Attribute ${key} comes twice`);
    attributes[key] = readValue(bytesOf(fields, 2));
  }
  return attributes;
}

function readValue(bytes: Buffer): AttributeValue {
  const [field] = readWire(bytes);
  if (field === undefined) throw new Error('An attribute has no value');
  const { number, value } = field;
  if (number === 1 && typeof value !== 'bigint') return value.toString();
  if (number === 2) return value === 1n;
  if (number === 3 && typeof value === 'bigint') return Number(BigInt.asIntN(64, value));
  if (number === 4 && typeof value === 'bigint') return new Float64Array(new BigUint64Array([value]).buffer)[0] ?? NaN;
  if (number === 5 && typeof value !== 'bigint') return messagesOf(readWire(value), 1).map(readValue);
  throw new Error(`A value of field ${number} is not expected in an attribute`);
}

interface JsonValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  /** A number or, as JSON of protobuf has 64 bits, a text. */
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly JsonValue[] };
}

interface JsonAttribute {
  readonly key: string;
  readonly value: JsonValue;
}

interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly flags?: number;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly JsonAttribute[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

interface JsonRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly JsonAttribute[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string; readonly version: string };
      readonly spans: readonly JsonSpan[];
    }[];
  }[];
}

/** The spans of an `ExportTraceServiceRequest` in JSON. */
export function readJsonSpans(body: Buffer): readonly ReceivedSpan[] {
  const request = JSON.parse(body.toString()) as JsonRequest;
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        traceState: span.traceState ?? '',
        flags: span.flags ?? 0,
        name: span.name,
        kind: kinds[span.kind] ?? 'unspecified',
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: readJsonAttributes(span.attributes),
        status: statuses[span.status?.code ?? 0] ?? 'unset',
        statusMessage: span.status?.message ?? '',
        resource: readJsonAttributes(resource.attributes),
        scope: { name: scope.name, version: scope.version },
      })),
    ),
  );
}

function readJsonAttributes(attributes: readonly JsonAttribute[]): Record<string, AttributeValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readJsonValue(value)]));
}

function readJsonValue({ stringValue, boolValue, intValue, doubleValue, arrayValue }: JsonValue): AttributeValue {
  const value = stringValue ?? boolValue ?? doubleValue ?? arrayValue?.values.map(readJsonValue);
  if (value !== undefined) return value;
  if (intValue === undefined) throw new Error('An attribute has no value');
  return Number(intValue);
}
