import type { TracesConfig } from '../../config/telemetry-types.ts';
import type { Traces } from './open.ts';
import type { ServiceIdentity } from '../resource.ts';

/**
 * Exports a trace of each request that is sampled, or that failed or took long. OpenTelemetry is loaded here, and not
 * before. A receiver that is slow, down or refuses disturbs no request: spans are dropped and counted.
 *
 * @throws {GatewayError} `START_FAILED` where a package is missing that the configuration asks for.
 */
export async function startTraces(config: TracesConfig, service: ServiceIdentity): Promise<Traces> {
  const { openTraces } = await import('./open.ts');
  return openTraces(config, service);
}
