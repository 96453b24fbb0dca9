import type { IncomingHttpHeaders } from 'node:http';
import type { ResponseHeaderRule } from '../config/types.ts';
import { anonymous, type Caller } from '../identity/caller.ts';
import type { ClientInfo } from '../lib/forwarded.ts';
import type { RequestCharges } from '../limits/types.ts';
import { onceByKey } from '../lib/once-by-key.ts';
import type { Propagation } from '../lib/propagation.ts';
import { readRequestId } from '../lib/request-id.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import { ResponseHeaders } from './response-headers.ts';
import { createTraceScope } from './trace-scope.ts';
import type { HiddenPlaces, RequestScope } from './types.ts';

export interface ScopeOptions {
  /** The client's, lower-case names. */
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** Checked by `checkResponseHeaderRules`. */
  readonly responseHeaderRules: Readonly<Record<string, ResponseHeaderRule>>;
  /** Default: read from `x-request-id`, or made. */
  readonly requestId?: string;
  /** Default: anonymous. */
  readonly caller?: Caller;
  /** Default: not known; fields about the client are then made from the connection alone. */
  readonly client?: ClientInfo | undefined;
  /** Default: nothing. */
  readonly hidden?: HiddenPlaces | undefined;
  /** Default: no limit holds. */
  readonly limits?: RequestCharges | undefined;
  /** What is told of the request; it is told its place in the trace. Default: nothing is told. */
  readonly record?: RequestRecord | undefined;
  /** How traces are read and written. Default: W3C Trace Context alone, without baggage. */
  readonly propagation?: Propagation | undefined;
}

/** What all upstream calls of one client request share; one per request. */
export function createRequestScope(options: ScopeOptions): RequestScope {
  const { headers, signal, responseHeaderRules, caller, client, hidden, record, propagation } = options;
  return {
    requestId: options.requestId ?? readRequestId(headers['x-request-id']),
    trace: createTraceScope({ headers, propagation, record }),
    clientHeaders: headers,
    client,
    hidden,
    caller: caller ?? anonymous,
    limits: options.limits,
    record,
    signal,
    responseHeaders: new ResponseHeaders(responseHeaderRules),
    once: onceByKey(),
  };
}
