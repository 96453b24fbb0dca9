import type { UpstreamConfig } from '../config/types.ts';
import { deadline } from './deadline.ts';
import { limitCalls, type LimitCall } from './limit-calls.ts';
import { publish, publishStream } from './publish.ts';
import { compileHeaderRules, type HeaderRules } from './request-headers.ts';
import { retryStale } from './retry-stale.ts';
import { createSend } from './send.ts';
import { createStream, type Stream } from './stream.ts';
import { openTargets, roundRobin } from './targets.ts';
import type { Send } from './types.ts';

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
  // Outermost first: one event per call with its retry, one deadline over both attempts.
  const sendOnce = publish(name)(deadline(timeouts.totalMs)(retryStale(send)));
  return {
    name,
    targets: open.map(({ origin, basePath }) => origin + basePath),
    headerRules,
    send: limit ? limitCalls(limit)(sendOnce) : sendOnce,
    stream: publishStream(name)(retryStale(stream)),
    close: async () => {
      await Promise.all(open.map(async ({ pool }) => pool.close()));
    },
    destroy: async () => {
      await Promise.all(open.map(async ({ pool }) => pool.destroy()));
    },
  };
}
