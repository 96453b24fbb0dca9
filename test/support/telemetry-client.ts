import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { OtlpReceiver } from './otlp-receiver.ts';
import type { ReceivedSpan } from './otlp-spans.ts';
import { send, type Answer, type Asked } from './guarded-gateway.ts';
import type { FakeUpstream } from './fake-upstream.ts';
import type { DemoServer } from '../../upstreams/demo/server.ts';
import { until } from './until.ts';

/** A client's own place in a trace of its own. */
export interface ClientTrace {
  readonly traceId: string;
  readonly spanId: string;
  /** As W3C Trace Context has it. */
  readonly headers: Readonly<Record<string, string>>;
}

export function newTrace(flags: '00' | '01' = '01'): ClientTrace {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-${flags}` } };
}

/** A GraphQL request by POST, on a connection of its own; a list is an HTTP batch. */
export function post(
  url: string,
  query: string | readonly string[],
  { headers }: Pick<Asked, 'headers'> = {},
): Promise<Answer> {
  const body = typeof query === 'string' ? { query } : query.map((each) => ({ query: each }));
  return send(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** The spans of one trace. */
export interface ReceivedTrace {
  readonly all: readonly ReceivedSpan[];
  readonly server: ReceivedSpan;
  readonly names: readonly string[];
  /** The only span of this name. */
  readonly span: (name: string) => ReceivedSpan;
}

/** The trace of one request, as soon as it has come. */
export async function traceOf({ spans }: OtlpReceiver, traceId: string): Promise<ReceivedTrace> {
  const own = (): ReceivedSpan[] => spans.filter((span) => span.traceId === traceId);
  await until(() => own().some(({ kind }) => kind === 'server'));
  const all = own();
  const names = all.map(({ name }) => name);
  const span = (name: string): ReceivedSpan => {
    const [found, ...more] = all.filter((each) => each.name === name);
    assert.ok(found && more.length === 0, `expected one span "${name}" among: ${names.join(', ')}`);
    return found;
  };
  const server = all.find(({ kind }) => kind === 'server') ?? assert.fail('there is no server span');
  return { all, server, names, span };
}

/** Headers of the requests that an upstream got of this trace. */
export function callsOf(
  { requests }: Pick<FakeUpstream | DemoServer, 'requests'>,
  traceId: string,
): readonly IncomingHttpHeaders[] {
  const all: readonly { readonly headers: IncomingHttpHeaders }[] = requests;
  return all.map(({ headers }) => headers).filter(({ traceparent }) => String(traceparent).includes(traceId));
}
