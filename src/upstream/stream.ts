import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../errors.ts';
import type { CallRecord } from '../telemetry/record.ts';
import { abortError, callError, transportError, type CallPlace } from './failure.ts';
import type { CallScope } from './limit-calls.ts';
import { StallTimer } from './stall-timer.ts';
import { targetPath, type Target } from './targets.ts';
import type { CallAbout } from './types.ts';
import { beginAnswer, beginSending } from './wire-records.ts';

/** One call whose bodies are streams; headers are final. */
export interface StreamRequest {
  readonly method: string;
  /** Path and query, appended to the target's base URL; starts with `/` or is empty. */
  readonly path: string;
  /** Names and values in turn; a name may come several times. */
  readonly headers: readonly string[];
  /** Destroyed when the call ends, so never a socket's own stream. */
  readonly body: Readable | undefined;
  /** For whom it is made. Default: for the gateway itself. */
  readonly scope?: CallScope | undefined;
  /** For messages and records. Default: nothing is known but the path, which messages then name. */
  readonly about?: CallAbout;
  /** What is told of it. Set by `recordStreams` alone; absent where nobody wants to know. */
  readonly call?: CallRecord | undefined;
  /** To be called once when an answer that began has ended, with what cut it off. */
  readonly onEnd?: (error: GatewayError | undefined) => void;
  readonly signal: AbortSignal;
}

export interface StreamResponse {
  readonly status: number;
  /** By lower-case name; repeated headers are lists. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /**
   * The body as it came, with its content coding. Ends with an error, a `GatewayError`, where the answer was cut off, too
   * slow or aborted. Must be read or destroyed; destroying it ends the call.
   */
  readonly body: Readable;
}

/**
 * Sends one call and answers as soon as the headers are there, while both bodies may still be on their way.
 *
 * @throws {GatewayError} As `Send`, but for size, which is not limited.
 */
export type Stream = (request: StreamRequest) => Promise<StreamResponse>;

export interface StreamOptions {
  /** The upstream's name, for messages. */
  readonly upstream: string;
  /** The target of the next call. */
  readonly nextTarget: () => Target;
  /**
   * Longest wait, in milliseconds: for a free socket, for the upstream to take more of the request's body, and for
   * response headers once it has all. Time in which the client sends nothing does not count.
   */
  readonly headersMs: number;
  /**
   * Longest pause between two parts of the response's body, in milliseconds. Time in which the reader takes nothing does
   * not count; `text/event-stream` has no limit, as silence is a normal state of it.
   */
  readonly bodyMs: number;
}

/** The innermost `Stream`: no retry, and no deadline for the whole, which a stream does not have. */
export function createStream(options: StreamOptions): Stream {
  return async (request) => {
    if (request.signal.aborted) throw abortError(request.signal);
    const target = options.nextTarget();
    if (request.call?.endedAt === 0) request.call.target = target.base;
    return new Promise<StreamResponse>((resolve, reject) => {
      const receiver = new StreamReceiver({ options, request, resolve, reject });
      target.pool.dispatch(
        {
          method: request.method,
          path: targetPath(target, request.path),
          headers: request.headers as string[],
          body: request.body ?? null,
        },
        receiver,
      );
    });
  };
}

interface StreamReceiverOptions {
  readonly options: StreamOptions;
  readonly request: StreamRequest;
  readonly resolve: (response: StreamResponse) => void;
  readonly reject: (error: Error) => void;
}

/** waiting: no headers yet. open: headers came, the body runs. closed: ended, failed or aborted. */
type Phase = 'waiting' | 'open' | 'closed';

class StreamReceiver implements Dispatcher.DispatchHandler {
  readonly #given: StreamReceiverOptions;
  readonly #place: CallPlace;
  readonly #timer = new StallTimer((afterMs) => this.#onStall(afterMs));
  #phase: Phase = 'waiting';
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #bodyMs: number;
  #requestSent = false;
  #answered = false;

  constructor(given: StreamReceiverOptions) {
    const { options, request } = given;
    this.#given = given;
    const path = request.about?.template ?? request.path;
    this.#place = { upstream: options.upstream, method: request.method, path };
    this.#bodyMs = options.bodyMs;
    this.#timer.start(options.headersMs);
    request.signal.addEventListener('abort', this.#onAbort, { once: true });
    request.body?.on('error', () => {}); // What went wrong comes by `onResponseError`.
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing gives the waiting socket to the next call; aborting would destroy it.
    if (this.#phase === 'closed') throw new Error('aborted while waiting for a socket');
    this.#controller = controller;
    const { request, options } = this.#given;
    if (request.call !== undefined) beginSending(request.call);
    request.body?.on('pause', () => this.#whileSending(() => this.#timer.start(options.headersMs)));
    request.body?.on('resume', () => this.#whileSending(() => this.#timer.stop()));
  }

  onBodySent(part: Buffer): void {
    const { call } = this.#given.request;
    if (call !== undefined) call.requestBytes += part.length;
  }

  onRequestSent(): void {
    this.#whileSending(() => this.#timer.start(this.#given.options.headersMs));
    this.#requestSent = true;
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingFields): void {
    if (status < 200 || this.#phase !== 'waiting') return;
    this.#phase = 'open';
    const { call } = this.#given.request;
    if (call !== undefined) beginAnswer(call, status);
    this.#timer.stop();
    if (/^text\/event-stream\b/i.test(String(headers['content-type']))) this.#bodyMs = 0;
    this.#startBodyTimer();
    this.#body = new Readable({
      read: () => {
        if (controller.paused) this.#startBodyTimer();
        controller.resume();
      },
      destroy: (error, done) => {
        // Making an error costs as much as the rest of the call, and an answer that was read to its end needs none.
        if (this.#phase !== 'closed') this.#close(error ?? new Error('the reader left'));
        done(error);
      },
    });
    // A failure in the same turn comes before the reader can listen; `errored` tells it.
    this.#body.on('error', () => {});
    this.#given.resolve({ status, headers: headers as StreamResponse['headers'], body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, part: Buffer): void {
    const { call } = this.#given.request;
    if (call?.endedAt === 0) call.responseBytes += part.length;
    if (this.#body?.push(part) === false) {
      controller.pause();
      this.#timer.stop();
    } else {
      this.#startBodyTimer();
    }
  }

  onResponseEnd(): void {
    this.#close(undefined);
    this.#body?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    const progress = { sent: this.#controller !== undefined, answered: this.#answered };
    this.#fail(transportError(this.#place, error, progress));
  }

  readonly #onAbort = (): void => this.#fail(abortError(this.#given.request.signal));

  #onStall(afterMs: number): void {
    const wait = this.#phase === 'open' ? 'no further part of the answer' : 'no response headers';
    this.#fail(callError('UPSTREAM_TIMEOUT', this.#place, `${wait} within ${afterMs} ms`));
  }

  #startBodyTimer(): void {
    if (this.#phase === 'open' && this.#bodyMs > 0) this.#timer.start(this.#bodyMs);
  }

  /** Between the request's first byte and its last, until an answer begins. */
  #whileSending(act: () => void): void {
    if (this.#phase === 'waiting' && !this.#requestSent) act();
  }

  #fail(error: Error): void {
    if (this.#phase === 'closed') return;
    if (this.#body !== undefined) {
      this.#body.destroy(error);
      return;
    }
    this.#close(error);
    this.#given.reject(error);
  }

  #close(error: Error | undefined): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#timer.stop();
    this.#given.request.signal.removeEventListener('abort', this.#onAbort);
    if (error !== undefined) this.#controller?.abort(error);
    if (this.#body !== undefined) this.#given.request.onEnd?.(this.#cutBy(error));
  }

  /** A reader that leaves for reasons of its own has had all that it wanted. */
  #cutBy(error: Error | undefined): GatewayError | undefined {
    if (error instanceof GatewayError) return error;
    const { signal } = this.#given.request;
    return error !== undefined && signal.aborted ? abortError(signal) : undefined;
  }
}

type IncomingFields = Readonly<Record<string, string | string[] | undefined>>;
