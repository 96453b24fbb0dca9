import type { IncomingMessage } from 'node:http';
import { hasBody } from '../../lib/unread-request.ts';

/**
 * Fields by which some frameworks take another method or path than the request line has. None of them is in a key: who sends
 * one could have everybody served the answer to something else.
 */
const overriding = [
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
] as const;

/** Parts are the upstream's to give, and so is whether a state is still the one that a client thinks of. */
const upstreamsOwn = ['range', 'if-range', 'if-match', 'if-unmodified-since', 'upgrade'] as const;

/** Whether a GET or HEAD asks for what no kept answer is the answer to: it passes by the cache. */
export function isBeyondKeys(req: IncomingMessage): boolean {
  const { headers } = req;
  for (const name of overriding) if (headers[name] !== undefined) return true;
  for (const name of upstreamsOwn) if (headers[name] !== undefined) return true;
  // RFC 9110, 9.3.1: a body has no meaning here, but there are upstreams that read it.
  return hasBody(req);
}
