import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { UpstreamCall } from './types.ts';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** A call with when it came and when it was answered, in milliseconds of one clock. */
export interface TimedCall {
  readonly call: UpstreamCall;
  readonly arrivedMs: number;
  readonly answeredMs: number;
}

export interface AnswerServer {
  readonly origin: string;
  /** Calls since the start. */
  readonly count: () => number;
  /** Keeps what comes from now on, each answered after `delayMs`. */
  readonly startRecording: (delayMs: number) => void;
  /** Ends the recording and hands it over, in order of arrival. */
  readonly takeRecording: () => readonly TimedCall[];
  /** Stops at once, whatever runs. */
  readonly close: () => void;
}

/** Enough for every scenario; beyond it nothing is kept, so that memory stays bounded. */
const maxAnswers = 20_000;

/**
 * An upstream that answers from memory: the first call of each method, path and body is answered by `answer`, the others
 * by what it said then.
 */
export async function startAnswerServer(answer: (call: UpstreamCall) => Promise<Answer>): Promise<AnswerServer> {
  const answers = new Map<string, Promise<Answer>>();
  let origin = '';
  let count = 0;
  let recording: { readonly delayMs: number; readonly calls: TimedCall[] } | undefined;

  const find = (call: UpstreamCall): Promise<Answer> => {
    const key = `${call.method} ${call.path}\n${call.body}`;
    const known = answers.get(key);
    if (known) return known;
    const made = answer(call);
    if (answers.size < maxAnswers) answers.set(key, made);
    return made;
  };
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const arrivedMs = performance.now();
    const { method = 'GET', url: path = '/' } = req;
    const call = { origin, method, path, body: await readBody(req) };
    count += 1;
    const { status, contentType, body } = await find(call);
    if (recording) {
      const { calls, delayMs } = recording;
      await wait(delayMs);
      calls.push({ call, arrivedMs, answeredMs: performance.now() });
    }
    res.writeHead(status, { 'content-type': contentType, 'content-length': body.length });
    res.end(body);
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    handle(req, res).catch((error: unknown) => res.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    count: () => count,
    startRecording: (delayMs) => {
      recording = { delayMs, calls: [] };
    },
    takeRecording: () => {
      const calls = recording?.calls ?? [];
      recording = undefined;
      return calls.toSorted((a, b) => a.arrivedMs - b.arrivedMs);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function readBody(req: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => resolve(Buffer.concat(chunks).toString()));
  req.on('error', reject);
  return promise;
}
