import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '../errors.ts';
import { anonymous, type Caller } from '../identity/caller.ts';
import { readRequestId } from '../lib/request-id.ts';
import { recordOf, type RequestRecord } from '../telemetry/record.ts';
import type { RequestScope } from '../upstream/types.ts';
import type { ClientInfo } from './client-address.ts';
import type { Door } from './door.ts';
import type { RequestLimits } from './limits/request-limits.ts';

/**
 * What every request passes before its body is read, on its way to GraphQL and to REST routes alike: a list of steps, each
 * of which goes on, has answered, or refuses by an error. Steps that know their answer give it at once: only what has to
 * wait for somebody makes a promise.
 */

/** A request on its way in. Steps fill in what they find out. */
export interface Entering {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly door: Door;
  readonly requestId: string;
  readonly client: ClientInfo;
  caller: Caller;
  /** What the request uses of limits; undefined where none holds. */
  limits: RequestLimits | undefined;
  /** Undefined where nobody wants to know. */
  readonly record: RequestRecord | undefined;
}

/** `undefined` goes on. */
export type Verdict = 'answered' | undefined;

/**
 * One policy of the entrance.
 *
 * @throws {GatewayError} to refuse the request; thrown or rejected.
 */
export type Step = (entering: Entering) => Verdict | Promise<Verdict>;

/** What came of a request at the entrance. */
export type Entered =
  | { readonly is: 'admitted'; readonly scope: RequestScope }
  | { readonly is: 'refused'; readonly scope: RequestScope; readonly error: GatewayError }
  | { readonly is: 'answered' };

export interface DoorRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly door: Door;
}

/** Never throws or rejects. */
export type Entrance = (request: DoorRequest) => Entered | Promise<Entered>;

export interface EntranceParts {
  readonly steps: readonly Step[];
  readonly clientOf: (req: IncomingMessage) => ClientInfo;
  readonly createScope: (entering: Entering) => RequestScope;
  /** Values of `www-authenticate` for a refusal; none where it is not about credentials. */
  readonly challengesOf: (error: GatewayError) => readonly string[];
}

export function createEntrance({ steps, clientOf, createScope, challengesOf }: EntranceParts): Entrance {
  const pass = (entering: Entering, from: number): Verdict | Promise<Verdict> => {
    for (let index = from; index < steps.length; index += 1) {
      const verdict = steps[index]?.(entering);
      if (verdict instanceof Promise) return verdict.then((settled) => settled ?? pass(entering, index + 1));
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  };
  const entered = (entering: Entering, verdict: Verdict): Entered => {
    if (entering.record) recordEntrance(entering.record, entering);
    return verdict === 'answered' ? { is: 'answered' } : { is: 'admitted', scope: createScope(entering) };
  };
  const refused = (entering: Entering, thrown: unknown): Entered => {
    // Who is refused is nobody to those who format and log the refusal.
    entering.caller = anonymous;
    if (entering.record) recordEntrance(entering.record, entering);
    const error = asGatewayError(thrown);
    const challenges = challengesOf(error);
    if (challenges.length > 0) entering.res.setHeader('www-authenticate', [...challenges]);
    return { is: 'refused', scope: createScope(entering), error };
  };
  return ({ req, res, door }) => {
    const requestId = readRequestId(req.headers['x-request-id']);
    const entering: Entering = {
      req,
      res,
      door,
      requestId,
      client: clientOf(req),
      caller: anonymous,
      limits: undefined,
      record: recordOf(res),
    };
    try {
      const verdict = pass(entering, 0);
      if (!(verdict instanceof Promise)) return entered(entering, verdict);
      return verdict.then(
        (settled) => entered(entering, settled),
        (error: unknown) => refused(entering, error),
      );
    } catch (error) {
      return refused(entering, error);
    }
  };
}

function recordEntrance(record: RequestRecord, { requestId, client, caller }: Entering): void {
  record.requestId = requestId;
  record.address = client.address;
  record.callerId = caller.id;
  record.consumer = caller.consumer;
  record.tier = caller.tier;
  record.entranceMs = performance.now() - record.startedAt;
}

/** Fail closed: what was not foreseen is a refusal too. */
function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new GatewayError('INTERNAL_ERROR', `at the entrance: ${message}`, { cause: thrown });
}
