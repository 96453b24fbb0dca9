import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { ExecutionResult } from 'graphql';
import type { UpstreamConfig } from '../../config/types.ts';
import { GatewayError } from '../../errors.ts';
import type { FacadeRequest, OpenStream, RequestHeaders, UpstreamStream } from '../types.ts';
import { failedResult } from './graphql/errors.ts';
import { graphqlRequest, mediaTypeOf, readGraphqlAnswer, type AnswerReading } from './graphql-http.ts';

/**
 * Subscriptions over server-sent events, one connection each.
 *
 * @see {@link https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md | GraphQL over SSE, Distinct connections mode}
 */

export interface SseConnection {
  /** `maxResponseBytes` bounds one event, and an answer that is no stream. */
  readonly config: Pick<UpstreamConfig, 'name' | 'errors' | 'maxResponseBytes'>;
  readonly openStream: OpenStream;
  readonly headers: RequestHeaders;
}

type Subscribe = (request: FacadeRequest) => Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;

/**
 * A function that runs one subscription upstream. It never rejects, nor does the iteration: a stream that is cut off
 * ends with one result whose error is `UPSTREAM_FAILED`. Aborting the scope, or returning early, closes the connection.
 */
export function subscribeOverSse(connection: SseConnection): Subscribe {
  const { config, openStream, headers } = connection;
  return async (request) => {
    const { document, scope } = request;
    const leave = new AbortController();
    const signal = AbortSignal.any([scope.signal, leave.signal]);
    try {
      const plain = graphqlRequest(request, headers(scope));
      const streamHeaders = { ...plain.headers, accept: 'text/event-stream' };
      const stream = await openStream({ ...plain, headers: streamHeaders, scope, signal });
      scope.responseHeaders.collect(stream.headers);
      const isStream =
        stream.status >= 200 && stream.status < 300 && mediaTypeOf(stream.headers) === 'text/event-stream';
      if (!isStream) return await readRefusal(stream, { config, document });
      return leavable(readEvents(stream.body, { config, document, signal }), leave);
    } catch (cause) {
      return failedResult(cause, config.name);
    }
  };
}

/** Returning early must not wait for the event that is being waited for: it closes the connection, which ends the wait. */
function leavable(
  results: AsyncGenerator<ExecutionResult>,
  leave: AbortController,
): AsyncIterableIterator<ExecutionResult> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => results.next(),
    return: () => {
      leave.abort();
      return results.return(undefined);
    },
  };
}

interface SseReading extends AnswerReading {
  readonly config: SseConnection['config'];
}

async function readRefusal(stream: UpstreamStream, { config, document }: SseReading): Promise<ExecutionResult> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream.body) {
    bytes += chunk.byteLength;
    if (bytes > config.maxResponseBytes) throw tooLarge(config);
    chunks.push(chunk);
  }
  const { status, headers } = stream;
  const result = readGraphqlAnswer({ status, headers, body: Buffer.concat(chunks).toString() }, { config, document });
  if (result.errors) return result;
  throw new GatewayError(
    'UPSTREAM_BAD_RESPONSE',
    `upstream "${config.name}" answered a subscription with ${mediaTypeOf(headers)}: expected text/event-stream`,
    { upstream: config.name, upstreamStatus: status },
  );
}

interface EventsReading extends SseReading {
  readonly signal: AbortSignal;
}

async function* readEvents(body: AsyncIterable<Uint8Array>, reading: EventsReading): AsyncGenerator<ExecutionResult> {
  const { config, signal } = reading;
  const events: EventSourceMessage[] = [];
  let isTooLarge = false;
  const parser = createParser({
    maxBufferSize: config.maxResponseBytes,
    onEvent: (event) => events.push(event),
    onError: (error) => {
      isTooLarge ||= error.type === 'max-buffer-size-exceeded';
    },
  });
  const decoder = new TextDecoder();
  let tail = '';
  try {
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true });
      tail = (tail + text).slice(-tailLength);
      parser.feed(text);
      for (const event of events.splice(0)) {
        if (event.event === 'complete') return;
        if (event.event === undefined || event.event === 'next') yield readNext(event.data, reading);
      }
      if (isTooLarge) throw tooLarge(config);
      if (bareComplete.test(tail)) return;
    }
    if (!signal.aborted) yield failedResult(cutOff(config.name), config.name);
  } catch (cause) {
    if (!signal.aborted)
      yield failedResult(cause instanceof GatewayError ? cause : cutOff(config.name, cause), config.name);
  }
}

// A parser of server-sent events drops one without data (HTML, 9.2.6), which is how some servers say `complete`.
const bareComplete = /(?:^|[\r\n])event: ?complete(?:\r\n\r\n|\n\n|\r\r)$/;
const tailLength = 32;

function readNext(data: string, { config, document }: SseReading): ExecutionResult {
  try {
    const headers = { 'content-type': 'application/graphql-response+json' };
    return readGraphqlAnswer({ status: 200, headers, body: data }, { config, document });
  } catch (cause) {
    return failedResult(cause, config.name);
  }
}

function cutOff(upstream: string, cause?: unknown): GatewayError {
  return new GatewayError('UPSTREAM_FAILED', `upstream "${upstream}" cut a subscription off`, { upstream, cause });
}

function tooLarge({ name, maxResponseBytes }: SseConnection['config']): GatewayError {
  return new GatewayError(
    'UPSTREAM_RESPONSE_TOO_LARGE',
    `upstream "${name}" sent more than ${maxResponseBytes} bytes for one event or answer`,
    { upstream: name },
  );
}
