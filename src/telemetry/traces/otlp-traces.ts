import type { HrTime, Link, SpanStatus } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { AttributesWriter } from './otlp-attributes.ts';

type ScopeMap = Map<InstrumentationScope, ReadableSpan[]>;

/** `SpanFlags`, above the eight bits of W3C. */
const hasIsRemote = 0x100;
const isRemote = 0x200;

/**
 * Encodes spans as an `ExportTraceServiceRequest`, to the byte as OpenTelemetry's own serializer does, in a quarter of the
 * time: that one measures everything first and encodes the same keys of attributes each time.
 *
 * @see {@link https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto | opentelemetry/proto/trace/v1/trace.proto}
 */
export class TracesEncoder {
  readonly #writer = new ProtobufWriter();
  readonly #attributes = new AttributesWriter(this.#writer);

  /** What it returns is not touched again. */
  encode(spans: readonly ReadableSpan[]): Uint8Array {
    this.#writer.reset();
    for (const [resource, scopes] of groupByOrigin(spans)) this.#writeResourceSpans(resource, scopes);
    return this.#writer.finish();
  }

  #writeResourceSpans(resource: Resource, scopes: ScopeMap): void {
    const writer = this.#writer;
    const start = writer.begin(1, 3);
    const resourceStart = writer.begin(1, 2);
    this.#attributes.write(1, resource.attributes);
    writer.writeInteger(2, 0);
    writer.end(resourceStart);
    for (const [scope, spans] of scopes) this.#writeScopeSpans(scope, spans);
    if (resource.schemaUrl) writer.writeString(3, resource.schemaUrl);
    writer.end(start);
  }

  #writeScopeSpans({ name, version, schemaUrl }: InstrumentationScope, spans: readonly ReadableSpan[]): void {
    const writer = this.#writer;
    const start = writer.begin(2, 3);
    const scopeStart = writer.begin(1);
    writer.writeString(1, name);
    if (version) writer.writeString(2, version);
    writer.end(scopeStart);
    for (const span of spans) this.#writeSpan(span);
    if (schemaUrl) writer.writeString(3, schemaUrl);
    writer.end(start);
  }

  #writeSpan(span: ReadableSpan): void {
    const writer = this.#writer;
    const { traceId, spanId, traceState, traceFlags } = span.spanContext();
    const { parentSpanContext: parent } = span;
    const start = writer.begin(2, 2);
    writer.writeHex(1, traceId);
    writer.writeHex(2, spanId);
    const state = traceState?.serialize();
    if (state) writer.writeString(3, state);
    if (parent?.spanId) writer.writeHex(4, parent.spanId);
    writer.writeString(5, span.name);
    // The enum of the API has no place for `SPAN_KIND_UNSPECIFIED`, and begins one lower.
    writer.writeInteger(6, span.kind + 1);
    this.#writeTime(7, span.startTime);
    this.#writeTime(8, span.endTime);
    this.#attributes.write(9, span.attributes);
    writer.writeInteger(10, span.droppedAttributesCount);
    for (const event of span.events) this.#writeEvent(event);
    writer.writeInteger(12, span.droppedEventsCount);
    for (const link of span.links) this.#writeLink(link);
    writer.writeInteger(14, span.droppedLinksCount);
    this.#writeStatus(span.status);
    writer.writeFixed32(16, flagsOf(traceFlags, parent?.isRemote));
    writer.end(start);
  }

  #writeEvent({ time, name, attributes, droppedAttributesCount }: TimedEvent): void {
    const writer = this.#writer;
    const start = writer.begin(11);
    this.#writeTime(1, time);
    writer.writeString(2, name);
    if (attributes) this.#attributes.write(3, attributes);
    writer.writeInteger(4, droppedAttributesCount ?? 0);
    writer.end(start);
  }

  #writeLink({ context, attributes, droppedAttributesCount }: Link): void {
    const writer = this.#writer;
    const start = writer.begin(13);
    writer.writeHex(1, context.traceId);
    writer.writeHex(2, context.spanId);
    const state = context.traceState?.serialize();
    if (state) writer.writeString(3, state);
    if (attributes) this.#attributes.write(4, attributes);
    writer.writeInteger(5, droppedAttributesCount ?? 0);
    writer.writeFixed32(6, flagsOf(context.traceFlags, context.isRemote));
    writer.end(start);
  }

  #writeStatus({ message, code }: SpanStatus): void {
    const start = this.#writer.begin(15);
    if (message) this.#writer.writeString(2, message);
    this.#writer.writeInteger(3, code);
    this.#writer.end(start);
  }

  /** Nanoseconds since 1970, which a double has no room for: all products here are below 2^53. */
  #writeTime(field: number, [seconds, nanoseconds]: HrTime): void {
    const upper = Math.floor(seconds / 0x10000) * 1e9;
    const lower = (seconds % 0x10000) * 1e9 + nanoseconds + (upper % 0x10000) * 0x10000;
    this.#writer.writeFixed64(field, lower, Math.floor(upper / 0x10000) + Math.floor(lower / 2 ** 32));
  }
}

function flagsOf(traceFlags: number, fromRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | hasIsRemote | (fromRemote ? isRemote : 0);
}

/** By identity, as the spans of a process share both. */
function groupByOrigin(spans: readonly ReadableSpan[]): Map<Resource, ScopeMap> {
  const resources = new Map<Resource, ScopeMap>();
  for (const span of spans) {
    let scopes = resources.get(span.resource);
    if (!scopes) {
      scopes = new Map();
      resources.set(span.resource, scopes);
    }
    const ofScope = scopes.get(span.instrumentationScope);
    if (ofScope) ofScope.push(span);
    else scopes.set(span.instrumentationScope, [span]);
  }
  return resources;
}
