import { Readable } from 'node:stream';
import type { Stream } from './stream.ts';
import type { OpenStream } from './types.ts';

/** Calls with a text for a body over an upstream's `stream`. */
export function openStreamOver(stream: Stream): OpenStream {
  return ({ method, path, headers, body, scope, about, signal }) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const fields = Object.entries(headers).flat();
    return stream({
      method,
      path,
      headers: bytes ? [...fields, 'content-length', String(bytes.byteLength)] : fields,
      body: bytes && Readable.from([bytes], { objectMode: false }),
      ...(scope && { scope }),
      ...(about && { about }),
      signal,
    });
  };
}
