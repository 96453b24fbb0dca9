import { SpanKind, type Attributes, type SpanContext } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions';
import {
  ATTR_GRAPHQL_OPERATION_NAME,
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
  ATTR_SERVER_SERVICE_NAME,
  ATTR_URL_TEMPLATE,
} from '@opentelemetry/semantic-conventions/incubating';
import type { CallRecord } from '../record.ts';
import { childContext, FinishedSpan, type SpanOrigin } from './finished-span.ts';
import { nameHttpSpan, toldMethod, weftAttributes } from './names.ts';
import type { WallClock } from './wall-clock.ts';

export interface CallPlace {
  readonly parent: SpanContext;
  /** By `performance.now()`: when the request ended, for a call that goes on for somebody else. */
  readonly requestEndedAt: number;
}

/**
 * The span of an upstream call: of kind CLIENT where something was sent, else INTERNAL, so that whoever counts calls by
 * spans counts none that was shared or answered from a cache. `url.full` is left out, as it has values of clients.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span | Semantic conventions, HTTP client span}
 */
export class CallSpans {
  readonly #origin: SpanOrigin;
  readonly #clock: WallClock;
  readonly #targets = new Map<string, Target>();

  constructor(origin: SpanOrigin, clock: WallClock) {
    this.#origin = origin;
    this.#clock = clock;
  }

  make(call: CallRecord, { parent, requestEndedAt }: CallPlace): FinishedSpan {
    const wasSent = call.source === 'upstream' || call.source === 'revalidated';
    const method = toldMethod(call.method);
    const isFinished = call.endedAt !== 0;
    const hasFailed = call.error !== undefined || call.status >= 400;
    const attributes: Attributes = {
      [weftAttributes.upstream]: call.upstream,
      [weftAttributes.callKind]: call.kind,
      [weftAttributes.callSource]: call.source,
    };
    if (wasSent) this.#addHttp(attributes, call, method);
    if (call.template !== '') attributes[ATTR_URL_TEMPLATE] = call.template;
    if (call.operationName !== undefined) attributes[ATTR_GRAPHQL_OPERATION_NAME] = call.operationName;
    if (call.batch > 1) attributes[weftAttributes.callBatch] = call.batch;
    if (hasFailed) attributes[ATTR_ERROR_TYPE] = call.error ?? String(call.status);
    if (!isFinished) attributes[weftAttributes.callUnfinished] = true;
    const endedAt = isFinished ? call.endedAt : requestEndedAt;
    return new FinishedSpan(
      {
        name: nameHttpSpan(method, call.template === '' ? call.upstream : call.template),
        kind: wasSent ? SpanKind.CLIENT : SpanKind.INTERNAL,
        context: childContext(parent, call.spanId),
        parent,
        startTime: this.#clock.at(call.startedAt),
        endTime: this.#clock.at(Math.max(endedAt, call.startedAt)),
        attributes,
        hasFailed,
      },
      this.#origin,
    );
  }

  #addHttp(attributes: Attributes, call: CallRecord, method: string): void {
    attributes[ATTR_HTTP_REQUEST_METHOD] = method;
    attributes[ATTR_SERVER_SERVICE_NAME] = call.upstream;
    const target = call.target === undefined ? undefined : this.#read(call.target);
    if (target) {
      attributes[ATTR_SERVER_ADDRESS] = target.address;
      attributes[ATTR_SERVER_PORT] = target.port;
    }
    if (call.status > 0) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = call.status;
    if (call.attempts > 1) attributes[ATTR_HTTP_REQUEST_RESEND_COUNT] = call.attempts - 1;
    if (call.requestBytes > 0) attributes[ATTR_HTTP_REQUEST_BODY_SIZE] = call.requestBytes;
    if (call.responseBytes > 0) attributes[ATTR_HTTP_RESPONSE_BODY_SIZE] = call.responseBytes;
    if (call.sentAt > 0) attributes[weftAttributes.callWait] = call.sentAt - call.startedAt;
    if (call.headersAt > 0 && call.sentAt > 0) attributes[weftAttributes.callFirstByte] = call.headersAt - call.sentAt;
  }

  #read(url: string): Target | undefined {
    const known = this.#targets.get(url);
    if (known) return known;
    if (!URL.canParse(url)) return undefined;
    const { hostname, port, protocol } = new URL(url);
    const target = { address: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
    if (this.#targets.size >= maxTargets) this.#targets.clear();
    this.#targets.set(url, target);
    return target;
  }
}

interface Target {
  readonly address: string;
  readonly port: number;
}

// Targets are configured, and few; the bound is for those that are not.
const maxTargets = 1000;
