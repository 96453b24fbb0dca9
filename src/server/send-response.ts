import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { eventStream } from './accepted.ts';
import { recordOf } from '../telemetry/record.ts';
import { sendAnswer } from './answer.ts';

/** Sends what Yoga answers. An event stream ends when the client leaves or `draining` aborts. */
export async function sendResponse(
  req: IncomingMessage,
  res: ServerResponse,
  response: Response,
  draining: AbortSignal,
): Promise<void> {
  const headers = headersOf(response);
  if (!String(headers['content-type']).startsWith(eventStream) || !response.body) {
    sendAnswer(req, res, { status: response.status, headers, text: await response.text() });
    return;
  }
  // `connection` is this server's to say, and `none` is no content coding (RFC 9110, 8.4.1).
  const { connection: _connection, 'content-encoding': _encoding, ...own } = headers;
  await sendStream(res, { status: response.status, headers: own, body: response.body, draining });
}

function headersOf({ headers }: Response): OutgoingHttpHeaders {
  const out: OutgoingHttpHeaders = {};
  headers.forEach((value, name) => {
    out[name.toLowerCase()] = value;
  });
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) out['set-cookie'] = cookies;
  return out;
}

interface StreamAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: ReadableStream<Uint8Array>;
  readonly draining: AbortSignal;
}

async function sendStream(res: ServerResponse, { status, headers, body, draining }: StreamAnswer): Promise<void> {
  const reader = body.getReader();
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    draining.removeEventListener('abort', stop);
    res.end();
    // The source may take its time to stop; neither client nor shutdown waits for it. Yoga's streams hear of it at once
    // by the stream itself, and by their reader only with the next event; a platform stream that is read, by its reader.
    body
      .cancel()
      .catch(() => reader.cancel())
      .catch(() => {});
  };
  if (res.destroyed || draining.aborted) return stop();
  res.once('close', stop);
  draining.addEventListener('abort', stop);
  res.writeHead(status, headers);
  const record = recordOf(res);
  try {
    for (;;) {
      const part = await reader.read();
      if (stopped || part.done) break;
      if (record) record.responseBytes += part.value.byteLength;
      if (!res.write(part.value)) await drained(res);
    }
  } catch (error) {
    // A reader that is cancelled while it reads may fail; that is no news.
    if (!stopped) throw error;
  } finally {
    if (!stopped) stop();
  }
}

function drained(res: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const settle = (): void => {
    res.off('drain', settle).off('close', settle);
    resolve();
  };
  res.on('drain', settle).on('close', settle);
  return promise;
}
