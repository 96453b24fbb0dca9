import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import type { Coding } from '../types.ts';

/** A coding that makes a body smaller. */
export type Compression = Exclude<Coding, 'identity'>;

// A form is made once and sent often, yet the first who asks waits for it: above 4, brotli costs far more than it saves.
const brotliQuality = 4;

const gzipBody = promisify(gzip);
const brotliBody = promisify(brotliCompress);
const zstdBody = promisify(zstdCompress);

const compressors: Readonly<Record<Compression, (body: Uint8Array) => Promise<Buffer>>> = {
  gzip: gzipBody,
  zstd: zstdBody,
  br: async (body) => {
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
    return brotliBody(body, {
      params: { [BROTLI_PARAM_QUALITY]: brotliQuality, [BROTLI_PARAM_SIZE_HINT]: body.byteLength },
    });
  },
};

/** The body in the coding, made outside the event loop. */
export async function compress(body: Uint8Array, coding: Compression): Promise<Uint8Array> {
  return ownBytes(await compressors[coding](body));
}

/** The same bytes in memory of their own: a slice of something larger would keep all of that alive, uncounted. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
