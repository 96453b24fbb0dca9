import { createTraceState, SpanKind, type Attributes, type SpanContext } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions';
import {
  ATTR_GRAPHQL_OPERATION_NAME,
  ATTR_GRAPHQL_OPERATION_TYPE,
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
} from '@opentelemetry/semantic-conventions/incubating';
import { freshSpanId } from '../../lib/trace-context.ts';
import type { OperationRun, RequestRecord, TracePlace } from '../record.ts';
import { CallSpans } from './call-span.ts';
import { childContext, FinishedSpan, spanContext, type SpanOrigin } from './finished-span.ts';
import { nameHttpSpan, OperationNames, toldCode, toldMethod, weftAttributes } from './names.ts';
import { hasFailed } from './sampling.ts';

import { WallClock } from './wall-clock.ts';

/** Steps that took less, in milliseconds, get no span: it would cost more than what it tells of. */
const minStepMs = 0.1;
/** Calls of one request that get a span at most. */
const maxCalls = 200;

interface Interval {
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Makes the spans of a request when it has ended: the server span; under it authentication, and for each GraphQL
 * operation a span with parsing, validation, planning and upstream calls under it. Calls of an HTTP batch stand under the
 * server span, as a call may be for several of its operations. How long parsing, validating and planning took is
 * measured; when they began is reckoned back from the first call.
 */
export class SpanMaker {
  readonly #origin: SpanOrigin;
  readonly #clock = new WallClock();
  readonly #calls: CallSpans;
  readonly #names = new OperationNames();

  constructor(origin: SpanOrigin) {
    this.#origin = origin;
    this.#calls = new CallSpans(origin, this.#clock);
  }

  /** `isLate`: the trace was not sampled, and is told all the same. */
  make(record: RequestRecord, trace: TracePlace, isLate: boolean): FinishedSpan[] {
    this.#clock.adjust(performance.now(), Date.now());
    const server = this.#makeServer(record, trace, isLate);
    const context = server.spanContext();
    const spans = [server];
    const admittedAt = Math.min(record.startedAt + record.entranceMs, record.endedAt);
    if (record.authenticationMs >= minStepMs)
      spans.push(
        this.#makeStep('authenticate', context, {
          startedAt: admittedAt - record.authenticationMs,
          endedAt: admittedAt,
        }),
      );
    const only = record.runs.length === 1 ? record.runs[0] : undefined;
    const parent = only ? this.#addRun(spans, only, { record, parent: context, admittedAt }) : context;
    this.#addSteps(spans, record, { parent, admittedAt });
    if (!only) for (const run of record.runs) this.#addRun(spans, run, { record, parent: context, admittedAt });
    const told = Math.min(record.calls.length, maxCalls);
    for (let index = 0; index < told; index++) {
      const call = record.calls[index];
      if (call) spans.push(this.#calls.make(call, { parent, requestEndedAt: record.endedAt }));
    }
    return spans;
  }

  /** @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span | Semantic conventions, HTTP server span} */
  #makeServer(record: RequestRecord, trace: TracePlace, isLate: boolean): FinishedSpan {
    const method = toldMethod(record.method);
    const attributes: Attributes = { [ATTR_HTTP_REQUEST_METHOD]: method, [weftAttributes.served]: record.served };
    const isFailed = record.status >= 500;
    if (record.route !== undefined) attributes[ATTR_HTTP_ROUTE] = record.route;
    if (record.status > 0) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = record.status;
    if (isFailed) attributes[ATTR_ERROR_TYPE] = errorTypeOf(record);
    addRequest(attributes, record);
    if (isLate) attributes[weftAttributes.sampledLate] = true;
    const context = spanContext(trace.traceId, trace.spanId);
    if (trace.state !== '') context.traceState = createTraceState(trace.state);
    return new FinishedSpan(
      {
        name: nameHttpSpan(method, record.route),
        kind: SpanKind.SERVER,
        context,
        parent:
          trace.parentId === undefined ? undefined : { ...spanContext(trace.traceId, trace.parentId), isRemote: true },
        startTime: this.#clock.at(record.startedAt),
        endTime: this.#clock.at(record.endedAt),
        attributes,
        hasFailed: isFailed,
      },
      this.#origin,
    );
  }

  #addRun(
    spans: FinishedSpan[],
    run: OperationRun,
    at: { readonly record: RequestRecord; readonly parent: SpanContext; readonly admittedAt: number },
  ): SpanContext {
    const { record, parent, admittedAt } = at;
    // Errors of a batch are told of the whole of it: which of its operations they belong to is not known.
    const isFailed = record.runs.length === 1 && hasFailed(record);
    const attributes = attributesOf(run);
    if (isFailed) attributes[ATTR_ERROR_TYPE] = errorTypeOf(record);
    const context = childContext(parent, freshSpanId());
    spans.push(
      new FinishedSpan(
        {
          name: this.#names.nameSpan(run.operation),
          kind: SpanKind.INTERNAL,
          context,
          parent,
          startTime: this.#clock.at(admittedAt),
          endTime: this.#clock.at(record.endedAt),
          attributes,
          hasFailed: isFailed,
        },
        this.#origin,
      ),
    );
    return context;
  }

  #addSteps(
    spans: FinishedSpan[],
    record: RequestRecord,
    { parent, admittedAt }: { readonly parent: SpanContext; readonly admittedAt: number },
  ): void {
    const { parseMs, validateMs } = record;
    let planMs = 0;
    for (const run of record.runs) planMs += run.planMs;
    const totalMs = parseMs + validateMs + planMs;
    if (totalMs < minStepMs) return;
    let at = Math.max(admittedAt, firstCallAt(record) - totalMs);
    for (const [name, ms] of [
      ['parse', parseMs],
      ['validate', validateMs],
      ['plan', planMs],
    ] as const) {
      if (ms >= minStepMs)
        spans.push(this.#makeStep(name, parent, { startedAt: at, endedAt: Math.min(at + ms, record.endedAt) }));
      at = Math.min(at + ms, record.endedAt);
    }
  }

  #makeStep(name: string, parent: SpanContext, { startedAt, endedAt }: Interval): FinishedSpan {
    return new FinishedSpan(
      {
        name,
        kind: SpanKind.INTERNAL,
        context: childContext(parent, freshSpanId()),
        parent,
        startTime: this.#clock.at(startedAt),
        endTime: this.#clock.at(endedAt),
        attributes: {},
        hasFailed: false,
      },
      this.#origin,
    );
  }
}

/** What is known of the request beside HTTP: names and numbers, nothing that a client sent. */
function addRequest(attributes: Attributes, record: RequestRecord): void {
  if (record.requestId !== '') attributes[weftAttributes.requestId] = record.requestId;
  if (record.requestBytes > 0) attributes[ATTR_HTTP_REQUEST_BODY_SIZE] = record.requestBytes;
  if (record.responseBytes > 0) attributes[ATTR_HTTP_RESPONSE_BODY_SIZE] = record.responseBytes;
  if (record.upstream !== undefined) attributes[weftAttributes.upstream] = record.upstream;
  if (record.consumer !== undefined) attributes[weftAttributes.consumer] = record.consumer;
  if (record.tier !== undefined) attributes[weftAttributes.tier] = record.tier;
  if (record.clientName !== undefined) attributes[weftAttributes.clientName] = record.clientName;
  if (record.clientVersion !== undefined) attributes[weftAttributes.clientVersion] = record.clientVersion;
  if (record.cache !== undefined) attributes[weftAttributes.cache] = record.cache;
  if (record.batchSize > 0) attributes[weftAttributes.batchSize] = record.batchSize;
  if (record.isAborted) attributes[weftAttributes.aborted] = true;
  const untold = Math.max(0, record.calls.length - maxCalls) + record.untoldCalls;
  if (untold > 0) attributes[weftAttributes.untoldCalls] = untold;
  if (record.errors.length === 0) return;
  attributes[weftAttributes.errorCodes] = [...new Set(record.errors.map(({ code }) => toldCode(code)))];
  const upstreams = new Set(record.errors.map(({ upstream }) => upstream).filter((name) => name !== undefined));
  if (upstreams.size > 0) attributes[weftAttributes.errorUpstreams] = [...upstreams];
}

/** @see {@link https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/ | Semantic conventions, GraphQL server spans}; without `graphql.document`, which has literals of clients. */
function attributesOf({ operation, engine, cache, estimatedCost, actualCost }: OperationRun): Attributes {
  const attributes: Attributes = {
    [ATTR_GRAPHQL_OPERATION_TYPE]: operation.type,
    [weftAttributes.operationHash]: operation.hash(),
  };
  if (operation.name !== '') attributes[ATTR_GRAPHQL_OPERATION_NAME] = operation.name;
  if (engine !== undefined) attributes[weftAttributes.engine] = engine;
  if (cache !== undefined) attributes[weftAttributes.cache] = cache;
  if (estimatedCost !== undefined) attributes[weftAttributes.estimatedCost] = estimatedCost;
  if (actualCost !== undefined) attributes[weftAttributes.actualCost] = actualCost;
  return attributes;
}

function errorTypeOf({ errors: [first], status }: RequestRecord): string {
  return first ? toldCode(first.code) : String(status);
}

function firstCallAt({ calls }: RequestRecord): number {
  let first = 0;
  for (const { startedAt } of calls) if (first === 0 || startedAt < first) first = startedAt;
  return first;
}
