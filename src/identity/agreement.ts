import type { Caller } from './caller.ts';
import type { Identity } from './types.ts';

/** One verified credential of a request, and who it would be as a caller. */
export interface Party {
  readonly identity: Identity;
  readonly caller: Caller;
}

/**
 * Whether two verified credentials of one request may stand together. They may not unless one of these holds, and never
 * where they belong to two different consumers:
 *
 * - They have the same subject of the same issuer (of the same provider, where there is no issuer).
 * - Both are issued to applications (API key, Basic user, certificate), and to the same consumer.
 * - One is issued to an application that is a consumer, and the other is a token, of that consumer or of none: an
 *   application, or the proxy before it, shows who it is and for whom it asks.
 *
 * Two tokens of different subjects never agree, even where one consumer's client got both: one of them would be served
 * with the rights of the other. A certificate that belongs to no consumer agrees with no token.
 */
export function agree(one: Party, other: Party): boolean {
  const ours = one.caller.consumer;
  const theirs = other.caller.consumer;
  if (ours !== undefined && theirs !== undefined && ours !== theirs) return false;
  if (isSameSubject(one.identity, other.identity)) return true;
  const isOurs = isApplication(one.identity);
  const isTheirs = isApplication(other.identity);
  if (!isOurs && !isTheirs) return false;
  return (!isOurs || ours !== undefined) && (!isTheirs || theirs !== undefined);
}

function isSameSubject(one: Identity, other: Identity): boolean {
  return (
    one.subject !== undefined &&
    one.subject === other.subject &&
    (one.issuer ?? one.provider) === (other.issuer ?? other.provider)
  );
}

/** Whether the credential was issued to an application rather than for one of its users. */
function isApplication({ consumerKeys }: Identity): boolean {
  return consumerKeys.length > 0 && consumerKeys.every((key) => /^(?:key-owner|user|certificate):/.test(key));
}
