import type { UpstreamConfig } from '../config/types.ts';
import { limitStreams, type LimitCall } from '../upstream/limit-calls.ts';
import { openStreamOver } from '../upstream/open-stream.ts';
import { createUpstream, type Upstream } from '../upstream/pool.ts';
import { upstreamHeaders } from '../upstream/request-headers.ts';
import type { OpenStream, RequestHeaders, Send } from '../upstream/types.ts';
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

export interface CallPolicies {
  /** What holds back the calls to an upstream, by its name. Default: nothing does. */
  readonly limitCallsOf?: (upstream: string) => LimitCall | undefined;
  /** Its calls, with those answered that are kept. Default: none is. */
  readonly keepCallsOf?: (config: UpstreamConfig, upstream: Upstream) => Send;
}

/**
 * Starts stand-ins and opens a pool for every target.
 *
 * @throws {GatewayError} `START_FAILED` or `CONFIGURATION_INVALID`; what was opened is closed again.
 */
export async function openUpstreams(
  configs: readonly UpstreamConfig[],
  policies: CallPolicies = {},
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
      byName.set(config.name, { ...openUpstream(config, targets, policies), isEmbedded });
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
  { limitCallsOf, keepCallsOf }: CallPolicies,
): Omit<OpenUpstream, 'isEmbedded'> {
  const limit = limitCallsOf?.(config.name);
  const upstream = createUpstream(config, targets, limit);
  return {
    config,
    upstream: keepCallsOf ? { ...upstream, send: keepCallsOf(config, upstream) } : upstream,
    headers: (scope) => upstreamHeaders(upstream.headerRules, scope),
    openStream: openStreamOver(limit ? limitStreams(limit)(upstream.stream) : upstream.stream),
  };
}
