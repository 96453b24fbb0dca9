import type { Dispatcher } from 'undici';
import { decodeContent } from '../lib/content-coding.ts';
import { abortError, callError, transportError, type CallPlace } from './failure.ts';
import { StallTimer } from './stall-timer.ts';
import { targetPath, type Target } from './targets.ts';
import { beginAnswer, beginSending } from './wire-records.ts';
import type { Send, UpstreamRequest, UpstreamResponse } from './types.ts';

export interface SendOptions {
  /** The upstream's name, for messages. */
  readonly upstream: string;
  /** The target of the next call. */
  readonly nextTarget: () => Target;
  /** Longest wait for response headers, in milliseconds; 0 leaves it to the deadline. */
  readonly headersMs: number;
  /** Longest pause between two parts of a body, in milliseconds; 0 leaves it to the deadline. */
  readonly bodyMs: number;
  /** What `expiresAt` of a call was reckoned from, in milliseconds; for the message. */
  readonly totalMs: number;
  /** Largest body, in bytes as sent and once more as decoded; above 0. */
  readonly maxResponseBytes: number;
}

/** Sends one call over a pool and reads the whole answer into a text. The innermost `Send`: no retry. */
export function createSend(options: SendOptions): Send {
  const { upstream, nextTarget } = options;
  return async (request) => {
    const place = { upstream, method: request.method, path: request.about?.template ?? request.path };
    if (request.signal.aborted) throw abortError(request.signal);
    const target = nextTarget();
    if (request.call?.endedAt === 0) request.call.target = target.base;
    const answer = await new Promise<WholeAnswer>((resolve, reject) => {
      const receiver = new WholeReceiver({ place, options, request, resolve, reject });
      target.pool.dispatch(
        {
          method: request.method,
          path: targetPath(target, request.path),
          headers: request.headers,
          body: request.body ?? null,
        },
        receiver,
      );
    });
    return readAnswer(answer, place, options);
  };
}

interface WholeAnswer {
  readonly status: number;
  readonly headers: UpstreamResponse['headers'];
  readonly body: Buffer;
}

async function readAnswer(answer: WholeAnswer, place: CallPlace, options: SendOptions): Promise<UpstreamResponse> {
  const { status, headers } = answer;
  const encoding = headers['content-encoding'];
  if (encoding === undefined) return { status, headers, body: readText(answer.body) };
  try {
    const body = await decodeContent(answer.body, String(encoding), options.maxResponseBytes);
    return { status, headers, body: readText(body) };
  } catch (error) {
    const cause = error as Error;
    if (cause instanceof RangeError) throw tooLarge(place, options.maxResponseBytes, cause);
    throw callError('UPSTREAM_BAD_RESPONSE', place, `the body cannot be decoded (${cause.message})`, cause);
  }
}

function tooLarge(place: CallPlace, maxResponseBytes: number, cause?: Error): Error {
  return callError('UPSTREAM_RESPONSE_TOO_LARGE', place, `the answer has more than ${maxResponseBytes} bytes`, cause);
}

/** RFC 8259, 8.1: JSON is UTF-8, and a byte order mark may be ignored. */
function readText(body: Buffer): string {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', hasMark ? 3 : 0);
}

interface WholeReceiverOptions {
  readonly place: CallPlace;
  readonly options: SendOptions;
  readonly request: UpstreamRequest;
  readonly resolve: (answer: WholeAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Gathers one answer. Settles once; what undici reports afterwards is of no interest to anybody. */
class WholeReceiver implements Dispatcher.DispatchHandler {
  readonly #given: WholeReceiverOptions;
  readonly #timer = new StallTimer((afterMs) => this.#onStall(afterMs));
  readonly #deadline: NodeJS.Timeout | undefined;
  readonly #parts: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #answered = false;
  #size = 0;
  #status = 0;
  #headers: UpstreamResponse['headers'] = {};

  constructor(given: WholeReceiverOptions) {
    this.#given = given;
    const { signal, expiresAt } = given.request;
    this.#wait(given.options.headersMs);
    if (expiresAt !== undefined) this.#deadline = setTimeout(this.#onExpiry, expiresAt - performance.now());
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing gives the waiting socket to the next call; aborting would destroy it.
    if (this.#settled) throw new Error('aborted while waiting for a socket');
    this.#controller = controller;
    const { call } = this.#given.request;
    if (call?.endedAt === 0) beginSending(call);
  }

  onBodySent(part: Buffer): void {
    const { call } = this.#given.request;
    if (call?.endedAt === 0) call.requestBytes += part.length;
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (status < 200) return;
    this.#status = status;
    const { call } = this.#given.request;
    if (call?.endedAt === 0) beginAnswer(call, status);
    this.#wait(this.#given.options.bodyMs);
    this.#headers = headers as UpstreamResponse['headers'];
    if (
      Number(headers['content-length']) > this.#given.options.maxResponseBytes &&
      this.#given.place.method !== 'HEAD'
    ) {
      this.#fail(this.#tooLarge());
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Buffer): void {
    this.#wait(this.#given.options.bodyMs);
    this.#size += part.length;
    const { call } = this.#given.request;
    if (call?.endedAt === 0) call.responseBytes = this.#size;
    if (this.#size > this.#given.options.maxResponseBytes) this.#fail(this.#tooLarge());
    else this.#parts.push(part);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const [first = Buffer.alloc(0)] = this.#parts;
    const body = this.#parts.length > 1 ? Buffer.concat(this.#parts, this.#size) : first;
    this.#given.resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.#settle()) return;
    const progress = { sent: this.#controller !== undefined, answered: this.#answered };
    this.#given.reject(transportError(this.#given.place, error, progress));
  }

  readonly #onAbort = (): void => this.#fail(abortError(this.#given.request.signal));

  readonly #onExpiry = (): void => {
    const { place, options } = this.#given;
    this.#fail(callError('UPSTREAM_TIMEOUT', place, `no whole answer within ${options.totalMs} ms`));
  };

  #onStall(afterMs: number): void {
    const wait = this.#status === 0 ? 'no response headers' : 'no further part of the answer';
    this.#fail(callError('UPSTREAM_TIMEOUT', this.#given.place, `${wait} within ${afterMs} ms`));
  }

  #wait(forMs: number): void {
    if (forMs > 0) this.#timer.start(forMs);
    else this.#timer.stop();
  }

  #tooLarge(): Error {
    return tooLarge(this.#given.place, this.#given.options.maxResponseBytes);
  }

  #fail(error: Error): void {
    if (!this.#settle()) return;
    this.#given.reject(error);
    this.#controller?.abort(error);
  }

  /** Whether this call settles it, which only the first does. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#timer.stop();
    clearTimeout(this.#deadline);
    this.#given.request.signal.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;
