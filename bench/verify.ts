import assert from 'node:assert/strict';
import type { Shot } from './load.ts';
import { post } from './running.ts';
import type { Exchange } from './types.ts';

/** Requests under way at a time. */
const width = 8;

/**
 * Holds the answers of an entrant against the right ones, and resolves with what the load sends and expects.
 *
 * @throws {Error} on the first answer that is not 200 with exactly the right `data`, or has errors.
 */
export async function verify(url: string, exchanges: readonly Exchange[]): Promise<readonly Shot[]> {
  const shots: Shot[] = [];
  for (let at = 0; at < exchanges.length; at += width) {
    shots.push(...(await Promise.all(exchanges.slice(at, at + width).map((exchange) => verifyOne(url, exchange)))));
  }
  return shots;
}

async function verifyOne(url: string, { body, expected }: Exchange): Promise<Shot> {
  const response = await post(url, body);
  const text = await response.text();
  const shown = `answered ${response.status} to ${body}: ${text.slice(0, 500)}`;
  assert.equal(response.status, 200, shown);
  const { data, errors } = JSON.parse(text) as { readonly data?: unknown; readonly errors?: unknown };
  assert.equal(errors, undefined, shown);
  assert.deepEqual({ data }, expected, `wrong data: ${shown}`);
  return { body, answerBytes: Buffer.byteLength(text) };
}
