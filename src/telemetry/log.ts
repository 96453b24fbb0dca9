import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { pino, type DestinationStream } from 'pino';
import type { InternalErrorEvent, LimitEvent, NoticeEvent, UpstreamCallEvent } from './channels.ts';
import { LimitTally } from './limit-tally.ts';

export interface LogOptions {
  /** The least level that is written. */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/**
 * Writes what the stages publish, one JSON object a line: notices at their level, errors whose message clients do not
 * read, limits without room by number, upstream calls at `debug`. Headers, bodies and variables never get here: channels do not carry them.
 */
export function startLog({ level, destination }: LogOptions): { readonly stop: () => void } {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const log = destination ? pino(options, destination) : pino(options);
  const listeners = new Map<string, (event: unknown) => void>([
    [
      'weft:notice',
      (event) => {
        const { level: of, message, upstream } = event as NoticeEvent;
        log[of](upstream === undefined ? {} : { upstream }, message);
      },
    ],
    [
      'weft:error',
      (event) => {
        const { error, requestId } = event as InternalErrorEvent;
        log.error({ requestId, ...describe(error) }, error.message);
      },
    ],
  ]);
  const measured = new LimitTally((count) => log.info(count, 'a limit that is only measured had no room'));
  const refused = new LimitTally((count) => log.info(count, 'a limit had no room'));
  if (log.isLevelEnabled('info')) {
    listeners.set('weft:limit', (event) => {
      const { limit, outcome } = event as LimitEvent;
      (outcome === 'measured' ? measured : refused).add(limit);
    });
  }
  // Publishers build a call's event only where somebody listens.
  if (log.isLevelEnabled('debug')) {
    listeners.set('weft:upstream.call', (event) => log.debug(event as UpstreamCallEvent, 'upstream call'));
  }
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  return {
    stop: () => {
      for (const [channel, listener] of listeners) unsubscribe(channel, listener);
      measured.stop();
      refused.stop();
    },
  };
}

const maxCauses = 10;

interface Described extends Error {
  readonly code?: unknown;
  readonly upstream?: unknown;
  readonly upstreamStatus?: unknown;
}

/** What helps to find the fault. The stack is of use only for errors that nobody foresaw: the innermost cause's. */
function describe(error: Described): Record<string, unknown> {
  const { code, upstream, upstreamStatus } = error;
  const causes: Error[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < maxCauses; cause = cause.cause)
    causes.push(cause);
  return {
    code,
    ...(upstream === undefined ? {} : { upstream }),
    ...(upstreamStatus === undefined ? {} : { upstreamStatus }),
    ...(causes.length > 0 ? { causes: causes.map((cause) => cause.message) } : {}),
    ...(code === 'INTERNAL_ERROR' ? { stack: (causes.at(-1) ?? error).stack } : {}),
  };
}
