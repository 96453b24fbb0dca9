import type { CallEvent } from '../channels.ts';
import { rounded } from './access-fields.ts';

/** What is written of one upstream call at `debug`. Its path is the template, without values of clients. */
export function callLine({ call, requestId }: CallEvent): Readonly<Record<string, unknown>> {
  const { startedAt, sentAt, headersAt, endedAt } = call;
  const since = (at: number): number | undefined => (at === 0 ? undefined : rounded(at - startedAt));
  return {
    requestId: requestId || undefined,
    upstream: call.upstream,
    kind: call.kind,
    method: call.method,
    template: call.template || undefined,
    operationName: call.operationName,
    target: call.target === undefined ? undefined : originOf(call.target),
    status: call.status,
    error: call.error,
    ms: since(endedAt),
    sentAfterMs: since(sentAt),
    headersAfterMs: since(headersAt),
    source: call.source,
    attempts: call.attempts,
    batch: call.batch,
    requestBytes: call.requestBytes,
    responseBytes: call.responseBytes,
    spanId: call.spanId,
  };
}

/** The path of a configured URL, and what stands before `@`, may hold a secret. */
function originOf(target: string): string | undefined {
  const url = URL.parse(target);
  return url === null ? undefined : `${url.protocol}//${url.host}`;
}
