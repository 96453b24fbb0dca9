import type { OtlpConfig } from '../../config/telemetry-types.ts';
import { GatewayError } from '../../errors.ts';
import { publishNotice } from '../channels.ts';
import type { ServiceIdentity } from '../resource.ts';
import { definitions } from './definitions.ts';
import type { Registry } from './registry.ts';

/** A receiver that does not answer must not keep the process from ending, in milliseconds. */
const longestStopMs = 2000;

export interface Push {
  /** Sends what there is a last time, within 2 seconds. Never rejects. */
  readonly stop: () => Promise<void>;
}

/**
 * Sends all metrics to an OTLP receiver, time and again. OpenTelemetry is loaded here and nowhere else. A receiver that
 * fails is told once, and once when it takes metrics again; each failure counts.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for gRPC, by which no metrics are sent.
 */
export function startPush(registry: Registry, config: OtlpConfig, service: ServiceIdentity): Push {
  if (config.protocol === 'grpc') {
    throw new GatewayError(
      'CONFIGURATION_INVALID',
      'telemetry.metrics.otlp.protocol must be "http/protobuf" or "http/json", but got: "grpc"',
    );
  }
  const tell = noticesOf(registry);
  const starting = import('./otlp-reader.ts').then(({ startReader }) =>
    startReader({ registry, config, service, tell }),
  );
  starting.catch(tell.failed);
  return {
    stop: async () => {
      try {
        const reader = await starting;
        await reader.shutdown({ timeoutMillis: Math.min(config.timeoutMs, longestStopMs) });
      } catch (error) {
        tell.failed(error as Error);
      }
    },
  };
}

/** Whoever sends tells it of each export. */
export interface Tell {
  readonly sent: () => void;
  readonly failed: (error: Error | undefined) => void;
}

function noticesOf(registry: Registry): Tell {
  const sent = registry.amount(definitions.exports, ['ok']);
  const failed = registry.amount(definitions.exports, ['failed']);
  let isFailing = false;
  return {
    sent: () => {
      sent.add();
      if (isFailing) publishNotice({ level: 'info', message: 'the OTLP receiver takes metrics again' });
      isFailing = false;
    },
    failed: (error) => {
      failed.add();
      if (isFailing) return;
      isFailing = true;
      publishNotice({ level: 'warn', message: `metrics cannot be sent to the OTLP receiver: ${reasonOf(error)}` });
    },
  };
}

/** A code, or a status: the receiver's own words are not ours to tell. */
function reasonOf(error: (Error & { readonly code?: unknown }) | undefined): string {
  if (!error) return 'no reason is known';
  const { code, name } = error;
  if (typeof code === 'number') return `it answered ${code}`;
  return typeof code === 'string' ? code : name;
}
