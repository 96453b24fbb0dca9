import type { Stream } from './stream.ts';
import type { RequestScope, Send } from './types.ts';

/** For whom a call is made; absent for the gateway's own calls, which no limit is about. */
export type CallScope = Pick<RequestScope, 'caller' | 'client' | 'requestId' | 'signal' | 'record'> &
  Partial<Pick<RequestScope, 'trace'>>;

/** To be called when the call has ended; undefined where nobody waits for that. */
export type Release = (() => void) | undefined;

/**
 * Lets a call to an upstream pass or not; waits where it has to wait for its turn.
 *
 * @throws {GatewayError} `RATE_LIMITED` or `LIMIT_UNAVAILABLE`; thrown or rejected.
 */
export type LimitCall = (scope: CallScope) => Release | Promise<Release>;

/** Holds the calls of `send` to a limit, those that are made for a client's request. */
export function limitCalls(limit: LimitCall): (send: Send) => Send {
  return (send) => async (request) => {
    const admitted = request.scope && limit(request.scope);
    const release = admitted instanceof Promise ? await admitted : admitted;
    if (!release) return send(request);
    try {
      return await send(request);
    } finally {
      release();
    }
  };
}

/** The same for streams, which end with their body. */
export function limitStreams(limit: LimitCall): (stream: Stream) => Stream {
  return (stream) => async (request) => {
    const release = request.scope && (await limit(request.scope));
    if (!release) return stream(request);
    try {
      const response = await stream(request);
      if (response.body.closed) release();
      else response.body.once('close', release);
      return response;
    } catch (error) {
      release();
      throw error;
    }
  };
}
