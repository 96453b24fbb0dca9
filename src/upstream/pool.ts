import type { UpstreamConfig } from '../config/types.ts';
import { activeCalls, recordCalls, recordStreams } from './call-records.ts';
import { deadline } from './deadline.ts';
import { limitCalls, type LimitCall } from './limit-calls.ts';
import { compileHeaderRules, type HeaderRules } from './request-headers.ts';
import { retryStale } from './retry-stale.ts';
import { createSend } from './send.ts';
import { createStream, type Stream } from './stream.ts';
import { openTargets, roundRobin, type Target } from './targets.ts';
import type { Send } from './types.ts';

/** The sockets of one target, and what waits for them. */
export interface TargetStats {
  /** Base URL, without a trailing slash. */
  readonly target: string;
  /** Open sockets, and those of them that nothing uses. */
  readonly connected: number;
  readonly free: number;
  /** Calls that wait for a socket, and those of them that wait for any. */
  readonly pending: number;
  readonly queued: number;
  /** Calls that are on a socket. */
  readonly running: number;
}

/** A live upstream: its sockets and the two ways of calling it. */
export interface Upstream {
  readonly name: string;
  /** Base URLs, without a trailing slash. */
  readonly targets: readonly string[];
  /** The `headers` of its configuration, for `upstreamHeaders`. */
  readonly headerRules: HeaderRules;
  /** A call whose answer is read whole, within `timeouts.totalMs` and `maxResponseBytes`. */
  readonly send: Send;
  /** A call whose bodies are streams, of any length and duration. */
  readonly stream: Stream;
  /** Calls under way, of those that somebody wants to know of; those of an earlier generation too. */
  readonly active: () => number;
  /** The sockets of each target as they are now. To be read now and then, as it is made anew each time. */
  readonly stats: () => readonly TargetStats[];
  /** Takes no more calls; resolves when those that run have ended. */
  readonly close: () => Promise<void>;
  /** Ends every call at once with `SHUTTING_DOWN`, and all sockets. */
  readonly destroy: () => Promise<void>;
}

/**
 * Opens an upstream; sockets come with the first calls, targets are called in turn.
 *
 * @param targets Base URLs, in place of `config.targets`, which may hold the word `embedded`.
 * @param limit What holds back its calls. Default: nothing. Streams are not held back here: a route's door is before them.
 * @throws {GatewayError} `CONFIGURATION_INVALID` for a target or a header rule that cannot work.
 */
export function createUpstream(config: UpstreamConfig, targets: readonly string[], limit?: LimitCall): Upstream {
  const { name, timeouts, maxResponseBytes } = config;
  const headerRules = compileHeaderRules(config.headers);
  const open = openTargets(config, targets);
  const nextTarget = roundRobin(open);
  const send = createSend({
    upstream: name,
    nextTarget,
    // A limit that the deadline covers needs no timer of its own.
    headersMs: timeouts.headersMs < timeouts.totalMs ? timeouts.headersMs : 0,
    bodyMs: timeouts.bodyMs < timeouts.totalMs ? timeouts.bodyMs : 0,
    totalMs: timeouts.totalMs,
    maxResponseBytes,
  });
  const stream = createStream({ upstream: name, nextTarget, headersMs: timeouts.headersMs, bodyMs: timeouts.bodyMs });
  // Outermost first: one record per call with its retry, one deadline over both attempts.
  const sendOnce = recordCalls(name)(deadline(timeouts.totalMs)(retryStale(send)));
  return {
    name,
    targets: open.map(({ base }) => base),
    headerRules,
    send: limit ? limitCalls(limit)(sendOnce) : sendOnce,
    stream: recordStreams(name)(retryStale(stream)),
    active: () => activeCalls(name),
    stats: () => open.map(statsOf),
    close: async () => {
      await Promise.all(open.map(async ({ pool }) => pool.close()));
    },
    destroy: async () => {
      await Promise.all(open.map(async ({ pool }) => pool.destroy()));
    },
  };
}

function statsOf({ base, pool }: Target): TargetStats {
  const { connected, free, queued, pending, running } = pool.stats;
  return { target: base, connected, free, queued, pending, running };
}
