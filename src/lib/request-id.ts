import { randomUUID } from 'node:crypto';

/**
 * The id of a request: the client's where it is 1 to 128 visible characters that need no quoting in a log, a header or
 * JSON (letters, digits and `!#$%&'*+-.^_|~/=:@`), else a new UUID. A longer or odder one could forge log lines.
 */
export function readRequestId(header: string | readonly string[] | undefined): string {
  if (typeof header === 'string' && /^[\w!#$%&'*+\-.^|~/=:@]{1,128}$/.test(header)) return header;
  return randomUUID();
}
