import {
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';

/** What all spans of a process have in common. */
export interface SpanOrigin {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

export interface SpanFields {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly hasFailed: boolean;
}

// Shared by all spans: none of them is ever changed.
const noLinks: Link[] = [];
const noEvents: TimedEvent[] = [];
const unset: SpanStatus = { code: SpanStatusCode.UNSET };
// Without a description: an upstream's words may hold what is personal.
const failed: SpanStatus = { code: SpanStatusCode.ERROR };

/** A span that was never open: made as a whole, of what a record tells. */
export class FinishedSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly parentSpanContext?: SpanContext;
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  readonly links = noLinks;
  readonly events = noEvents;
  readonly ended = true;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly #context: SpanContext;

  constructor(fields: SpanFields, origin: SpanOrigin) {
    this.name = fields.name;
    this.kind = fields.kind;
    this.startTime = fields.startTime;
    this.endTime = fields.endTime;
    this.status = fields.hasFailed ? failed : unset;
    this.attributes = fields.attributes;
    if (fields.parent) this.parentSpanContext = fields.parent;
    this.resource = origin.resource;
    this.instrumentationScope = origin.instrumentationScope;
    this.#context = fields.context;
  }

  get duration(): HrTime {
    const seconds = this.endTime[0] - this.startTime[0];
    const nanoseconds = this.endTime[1] - this.startTime[1];
    return nanoseconds < 0 ? [seconds - 1, nanoseconds + 1e9] : [seconds, nanoseconds];
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

/** The place of a span in its trace. The processor of spans takes only what is marked as sampled. */
export function spanContext(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

/** The place of a span under another one, in the same trace and with its `tracestate`. */
export function childContext({ traceId, traceState }: SpanContext, spanId: string): SpanContext {
  const context = spanContext(traceId, spanId);
  if (traceState) context.traceState = traceState;
  return context;
}
