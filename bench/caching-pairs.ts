import type { Shot } from './load.ts';
import type { Server } from './turns.ts';

export { measurePair, startServer, type Amount, type Pair, type Server, type Side } from './turns.ts';

/** An answer as it came, not decoded. */
export interface RawAnswer {
  readonly bytes: Buffer;
  /** What came of the cache; undefined where the server does not say. */
  readonly outcome: string | undefined;
}

const jsonBody = { 'content-type': 'application/json', accept: 'application/json', 'weft-cache': 'true' };

/** A GET where the body is ''. @throws {Error} where the answer is not 200. */
export async function askOnce({ running, pool }: Server, path: string, { body, headers }: Shot): Promise<RawAnswer> {
  const sent = body === '' ? { method: 'GET' as const } : { method: 'POST' as const, body };
  const answer = await pool.request({ path, ...sent, headers: { ...jsonBody, ...headers } });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  if (answer.statusCode !== 200) {
    throw new Error(
      `expected 200, but got ${answer.statusCode}: ${bytes.toString().slice(0, 500)}\n${running.printed()}`,
    );
  }
  const outcome = answer.headers['x-cache'];
  return { bytes, outcome: typeof outcome === 'string' ? outcome : undefined };
}
