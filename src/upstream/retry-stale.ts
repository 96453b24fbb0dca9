import { setImmediate } from 'node:timers/promises';
import type { CallRecord } from '../telemetry/record.ts';
import { ClosedWithoutAnswer } from './failure.ts';

/** What both ways of calling an upstream have in common. */
interface Repeatable {
  readonly method: string;
  readonly body: unknown;
  readonly isQuery?: boolean;
  readonly call?: CallRecord | undefined;
}

/**
 * Sends a GET or HEAD without body, or a GraphQL query, once more where a kept-alive socket turned out closed before any
 * answer. Anything else may have had its effect, so it is never repeated.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 | RFC 9110, 9.2.2 Idempotent Methods}
 */
export function retryStale<Q extends Repeatable, R>(send: (request: Q) => Promise<R>): (request: Q) => Promise<R> {
  return async (request) => {
    try {
      return await send(request);
    } catch (error) {
      if (!isRepeatable(request) || !isStale(error)) throw error;
      // An upstream that restarts closes all sockets at once: let the pool notice, so that a fresh one is opened.
      await setImmediate();
      if (request.call?.endedAt === 0) request.call.attempts += 1;
      return send(request);
    }
  };
}

function isRepeatable({ method, body, isQuery = false }: Repeatable): boolean {
  return isQuery || ((method === 'GET' || method === 'HEAD') && body === undefined);
}

function isStale(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof ClosedWithoutAnswer && error.cause.reused;
}
