import type { UpstreamConfig } from '../config/types.ts';
import { limitStreams, type LimitCall } from '../upstream/limit-calls.ts';
import { openStreamOver } from '../upstream/open-stream.ts';
import { createUpstream, type Upstream } from '../upstream/pool.ts';
import { upstreamHeaders } from '../upstream/request-headers.ts';
import type { OpenStream, RequestHeaders } from '../upstream/types.ts';
import { startStandIn, type StandIn } from './embedded.ts';

/** An upstream whose sockets (and stand-in, where it has one) are open. Lives as long as the process serves. */
export interface OpenUpstream {
  readonly config: UpstreamConfig;
  readonly upstream: Upstream;
  readonly headers: RequestHeaders;
  readonly openStream: OpenStream;
  readonly isEmbedded: boolean;
}

export interface OpenUpstreams {
  readonly byName: ReadonlyMap<string, OpenUpstream>;
  /** Closes sockets, then stand-ins. Calls that still run are ended. */
  readonly close: () => Promise<void>;
}

/** What holds back the calls to an upstream, by its name; undefined where nothing does. */
export type LimitCallsOf = (upstream: string) => LimitCall | undefined;

/**
 * Starts stand-ins and opens a pool for every target.
 *
 * @throws {GatewayError} `START_FAILED` or `CONFIGURATION_INVALID`; what was opened is closed again.
 */
export async function openUpstreams(
  configs: readonly UpstreamConfig[],
  limitCallsOf: LimitCallsOf = () => undefined,
): Promise<OpenUpstreams> {
  const byName = new Map<string, OpenUpstream>();
  const standIns: StandIn[] = [];
  const close = async (): Promise<void> => {
    await Promise.all([...byName.values()].map(async ({ upstream }) => upstream.destroy()));
    await Promise.all(standIns.map(async (standIn) => standIn.close()));
  };
  try {
    for (const config of configs) {
      const isEmbedded = config.targets.includes('embedded');
      if (isEmbedded) standIns.push(await startStandIn(config));
      const targets = isEmbedded ? [standIns.at(-1)?.url ?? ''] : config.targets;
      byName.set(config.name, { ...openUpstream(config, targets, limitCallsOf(config.name)), isEmbedded });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { byName, close };
}

function openUpstream(
  config: UpstreamConfig,
  targets: readonly string[],
  limit: LimitCall | undefined,
): Omit<OpenUpstream, 'isEmbedded'> {
  const upstream = createUpstream(config, targets, limit);
  return {
    config,
    upstream,
    headers: (scope) => upstreamHeaders(upstream.headerRules, scope),
    openStream: openStreamOver(limit ? limitStreams(limit)(upstream.stream) : upstream.stream),
  };
}
