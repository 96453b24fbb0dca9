import { Pool } from 'undici';

/** A request body, and how long the answer is that was found right. */
export interface Shot {
  /** `''`: none, and the request is a GET. */
  readonly body: string;
  readonly answerBytes: number;
  /** By lower-case name, beside those that every request has. Default none. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Target {
  readonly url: string;
  /** Sent in turn; at least one. */
  readonly shots: readonly Shot[];
  /** Sockets to the URL's origin, left open. Default: new ones, as many as `connections`. */
  readonly pool?: Pool;
}

export interface Limits {
  /** Sockets, each with one request under way; an integer above 0. */
  readonly connections: number;
  /** No request starts after this time. Default: no limit. */
  readonly durationMs?: number;
  /** Requests in all. Default: no limit. */
  readonly requests?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly elapsedMs: number;
  /** Sorted, in milliseconds. */
  readonly latenciesMs: readonly number[];
}

/**
 * Sends requests over `connections` sockets, each as soon as the last was answered.
 *
 * @throws {Error} on an answer of another status than 200 or of another length than the right one: an entrant that
 *   fails is not timed.
 */
export async function load(target: Target, { connections, durationMs = Infinity, requests = Infinity }: Limits) {
  const { origin, pathname, search } = new URL(target.url);
  const pool = target.pool ?? new Pool(origin, { connections, pipelining: 1 });
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < requests) {
      const sentAt = performance.now();
      if (sentAt - startedAt >= durationMs) return;
      const shot = target.shots[sent++ % target.shots.length] as Shot;
      const { body, answerBytes } = shot;
      const { status, chunks } = await fire(pool, pathname + search, shot);
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (status !== 200 || bytes !== answerBytes) {
        const shown = Buffer.concat(chunks).toString().slice(0, 500);
        throw new Error(
          `expected 200 with ${answerBytes} bytes for ${body}, but got ${status} with ${bytes}: ${shown}`,
        );
      }
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, send));
  } finally {
    if (pool !== target.pool) await pool.destroy();
  }
  const elapsedMs = performance.now() - startedAt;
  const result: LoadResult = { requests: sent, elapsedMs, latenciesMs: latenciesMs.toSorted((a, b) => a - b) };
  return result;
}

const headersOfAll = { 'content-type': 'application/json', accept: 'application/json' };

interface Outcome {
  readonly status: number;
  readonly chunks: readonly Buffer[];
}

/** The lowest level of undici: the load must cost less than what it measures. */
function fire(pool: Pool, path: string, { body, headers: ownHeaders }: Shot): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  let status = 0;
  const chunks: Buffer[] = [];
  const headers = ownHeaders ? { ...headersOfAll, ...ownHeaders } : headersOfAll;
  const request = body === '' ? { method: 'GET' as const, body: null } : { method: 'POST' as const, body };
  pool.dispatch(
    { ...request, path, headers },
    {
      onRequestStart: () => {},
      onResponseStart: (_controller, statusCode) => {
        status = statusCode;
      },
      onResponseData: (_controller, chunk) => {
        chunks.push(chunk);
      },
      onResponseEnd: () => resolve({ status, chunks }),
      onResponseError: (_controller, error) => reject(error),
    },
  );
  return promise;
}
