import { errorCodes, statusOf, type ErrorCode } from '../errors.ts';
import type { RequestRecord } from './record.ts';

/** How a request ended, for whoever has to act: only `upstream_error` and `gateway_error` are failures of the service. */
export const outcomes = ['ok', 'client_error', 'limited', 'aborted', 'upstream_error', 'gateway_error'] as const;

export type Outcome = (typeof outcomes)[number];

export const faults = ['client', 'gateway', 'upstream'] as const;

export type Fault = (typeof faults)[number];

const known: ReadonlySet<string> = new Set(errorCodes);

/**
 * Whose fault an error is. Of the gateway's own codes: below 500 the client's, also where an upstream said so (a user that
 * does not exist); else the upstream's where one is named, and the gateway's where not. A code of somebody else is the
 * fault of the upstream that gave it, or of the gateway's resolvers.
 */
export function faultOf(code: string, upstream: string | undefined): Fault {
  if (code.startsWith('UPSTREAM_')) return 'upstream';
  // The upstream that it names is the one whose resolvers ran.
  if (code === 'INTERNAL_ERROR') return 'gateway';
  // RFC 9111, 5.2.1.7 has it answered with 504, though it is what the client asked for.
  if (code === 'NOT_KEPT') return 'client';
  if (known.has(code) && statusOf(code as ErrorCode) < 500) return 'client';
  return upstream === undefined ? 'gateway' : 'upstream';
}

/** What came of a request: the worst of its errors; where there is none, what its status says. Pure. */
export function outcomeOf(record: RequestRecord): Outcome {
  const { errors, status, isAborted } = record;
  if (errors.length === 0) return isAborted ? 'aborted' : outcomeOfStatus(record);
  let worst = isAborted || status === 0 ? rankOf.aborted : rankOf.client_error;
  for (const { code, upstream } of errors) worst = Math.max(worst, rankOf[outcomeOfError(code, upstream)]);
  return outcomes[worst] ?? 'gateway_error';
}

/** `outcomes` goes from the least to the worst. */
const rankOf = Object.fromEntries(outcomes.map((outcome, rank) => [outcome, rank])) as Readonly<
  Record<Outcome, number>
>;

function outcomeOfError(code: string, upstream: string | undefined): Outcome {
  if (code === 'RATE_LIMITED') return 'limited';
  if (code === 'CLIENT_CLOSED_REQUEST') return 'aborted';
  const fault = faultOf(code, upstream);
  return fault === 'client' ? 'client_error' : fault === 'upstream' ? 'upstream_error' : 'gateway_error';
}

/** Without an error of the gateway's, what a REST route answers is what its upstream said. */
function outcomeOfStatus({ status, served }: RequestRecord): Outcome {
  if (status >= 500) return served === 'rest' ? 'upstream_error' : 'gateway_error';
  if (status >= 400) return 'client_error';
  return status === 0 ? 'aborted' : 'ok';
}
