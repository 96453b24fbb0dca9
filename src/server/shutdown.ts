import { setMaxListeners } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TurnoverMap } from '../lib/turnover-map.ts';

/** Knows what runs on a server, and lets it end. */
export interface Drain {
  /** Aborts when the shutdown begins. */
  readonly signal: AbortSignal;
  /** To be told of each request at its start; `ended` is called when its answer is closed. */
  readonly track: (res: ServerResponse, ended?: (res: ServerResponse) => void) => void;
  /** Whether an answer is on its way on this connection. */
  readonly isAnswering: (socket: Duplex) => boolean;
  /** Resolves when all connections are closed; never rejects. Further calls give the same promise. */
  readonly close: () => Promise<void>;
}

/** @param drainMs Longest wait for running requests, in milliseconds; what runs then is cut. */
export function createDrain(server: Server, drainMs: number): Drain {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const running = new TurnoverMap<ServerResponse, true>();
  let closed: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    controller.abort();
    server.close(() => resolve());
    for (const res of running.keys()) if (!res.headersSent) res.setHeader('connection', 'close');
    const timer = setTimeout(() => server.closeAllConnections(), drainMs);
    await promise;
    clearTimeout(timer);
  };

  return {
    signal: controller.signal,
    track: (res, ended) => {
      running.set(res, true);
      if (controller.signal.aborted) res.setHeader('connection', 'close');
      res.once('close', () => {
        running.delete(res);
        ended?.(res);
        // An answer whose headers promised to keep the connection leaves it idle.
        if (controller.signal.aborted) setImmediate(() => server.closeIdleConnections());
      });
    },
    isAnswering: (socket) => [...running.keys()].some((res) => res.headersSent && res.socket === socket),
    close: () => (closed ??= close()),
  };
}

export interface SignalOptions {
  /** Lets what runs end. */
  readonly shutdown: () => Promise<void>;
  /** Told of the first signal, for a word to the operator. */
  readonly onStop?: (signal: 'SIGTERM' | 'SIGINT') => void;
  /** Default `process.exit`. */
  readonly exit?: (code: number) => void;
}

/** 128 + the number of SIGINT, as a shell would say. */
const interrupted = 130;

/**
 * Ends the process in good order on SIGTERM and SIGINT: exit code 0 after `shutdown`, 1 where that fails. A SIGINT while
 * that goes on ends it at once with 130: somebody at a terminal does not want to wait. A further SIGTERM changes
 * nothing: process managers send it to a launcher and to this process alike, and end what hangs with SIGKILL. Returns
 * what undoes it.
 */
export function onSignals({ shutdown, onStop, exit = (code) => process.exit(code) }: SignalOptions): () => void {
  let stopping = false;
  const stop = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (stopping && signal === 'SIGINT') exit(interrupted);
    if (stopping) return;
    stopping = true;
    onStop?.(signal);
    shutdown().then(
      () => exit(0),
      () => exit(1),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  return () => {
    process.off('SIGTERM', stop).off('SIGINT', stop);
  };
}
