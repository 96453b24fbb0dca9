import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.ts';

/**
 * The whole body of a request. The bytes are counted as they come: `content-length` is only what the client says.
 *
 * @throws {GatewayError} `PAYLOAD_TOO_LARGE` above `maxBytes`, before anything is read where `content-length` tells;
 *   `CLIENT_CLOSED_REQUEST` where the client leaves before the end.
 */
export function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(req.headers['content-length']) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isWhole = false;
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= maxBytes) return;
    // Nothing of it is of use any more, and each further part would make an error of its own.
    req.off('data', onData);
    chunks.length = 0;
    reject(tooLarge(maxBytes));
  };
  const onEnd = (): void => {
    isWhole = true;
    resolve(joined(chunks));
  };
  const onGone = (): void => {
    if (!isWhole) reject(new GatewayError('CLIENT_CLOSED_REQUEST', 'The client left before its request was read.'));
  };
  req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  return promise;
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'PAYLOAD_TOO_LARGE',
    `Expected a request body of at most ${maxBytes} bytes, but got a larger one.`,
  );
}
