import type { IdentityConfig } from './identity-types.ts';
import type { LogValues } from './log-schema.ts';
import { toAccess, toToggle } from './resolve-identity.ts';
import type { SamplingValues } from './sampling-schema.ts';
import type { OtlpTarget, TelemetryEnvironment } from './telemetry-environment.ts';
import type { TelemetryValues } from './telemetry-schema.ts';
import type {
  LogConfig,
  MetricsConfig,
  OtlpConfig,
  RequestMatch,
  Sampling,
  TelemetryConfig,
  TracesConfig,
} from './telemetry-types.ts';

/** `telemetry` and `log` of `gateway.yaml` as the rest of Weft reads them. Pure. */

export function toTelemetry(values: TelemetryValues, environment: TelemetryEnvironment): TelemetryConfig {
  const { propagation, clientName, clientVersion, serverTiming } = values;
  return {
    service: toService(values.service, environment.resource),
    propagation,
    traces: toTraces(values.traces, environment.traces),
    metrics: toMetrics(values.metrics, environment.metrics),
    clientName: lowerCase(clientName),
    clientVersion: lowerCase(clientVersion),
    serverTiming: toToggle(serverTiming),
  };
}

function toService(
  { name, namespace, instance, attributes }: TelemetryValues['service'],
  {
    'service.name': ofName,
    'service.namespace': ofNamespace,
    'service.instance.id': ofInstance,
    ...others
  }: Readonly<Record<string, string>>,
): TelemetryConfig['service'] {
  return {
    name: name ?? ofName ?? 'weft',
    namespace: namespace ?? ofNamespace,
    instance: instance ?? ofInstance,
    attributes: { ...others, ...attributes },
  };
}

function toTraces(values: TelemetryValues['traces'], target: OtlpTarget): TracesConfig | undefined {
  if (values === undefined) return undefined;
  const { otlp, parent, keep, maxQueued } = values;
  return {
    otlp: toOtlp(otlp, target),
    ...toSampling(values),
    parent,
    keepErrors: keep.errors,
    keepSlowerThanMs: keep.slowerThan === 'off' ? Infinity : keep.slowerThan,
    maxQueued,
  };
}

function toMetrics(values: TelemetryValues['metrics'], target: OtlpTarget): MetricsConfig | undefined {
  if (values === undefined) return undefined;
  const { path, listen, access, otlp, maxSeries, maxOperations, durationBuckets, exemplars } = values;
  return {
    path,
    listen,
    access: access && toAccess(access),
    otlp: otlp && toOtlp(otlp, target),
    ...{ maxSeries, maxOperations, durationBuckets, exemplars },
  };
}

interface OtlpTimes {
  readonly timeout: number;
  readonly interval: number;
}

function toOtlp({ timeout, interval }: OtlpTimes, { headers, ...target }: OtlpTarget): OtlpConfig {
  return {
    ...target,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    timeoutMs: timeout,
    intervalMs: interval,
  };
}

function toSampling({ sample, rules }: SamplingValues): Sampling {
  return { rate: sample, rules: rules.map(({ sample: rate, ...named }) => ({ match: toMatch(named), rate })) };
}

type RuleValues = SamplingValues['rules'][number];

/** What a rule does not name is no key of it. */
function toMatch(named: Omit<RuleValues, 'sample'>): RequestMatch {
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

export function toLog({ level, format, access, slowerThan, redact }: LogValues, identity: IdentityConfig): LogConfig {
  const queryParameters = [...new Set([...redact.queryParameters, ...credentialParameters(identity)])];
  return {
    level,
    format,
    access: access && {
      ...toSampling(access),
      headers: lowerCase(access.headers),
      variables: access.variables,
      paths: access.paths,
      addresses: access.addresses,
    },
    // Where requests have a line each, finding slow ones costs nothing more.
    slowerThanMs: slowerThan === 'off' ? 0 : (slowerThan ?? (access ? 1000 : 0)),
    redact: { headers: lowerCase(redact.headers), queryParameters },
  };
}

/** Query parameters that credentials are read from. */
function credentialParameters({ providers }: IdentityConfig): readonly string[] {
  const sources = providers.flatMap((provider) => ('sources' in provider ? provider.sources : []));
  return sources.flatMap((source) => (source.from === 'query' ? [source.name] : []));
}

function lowerCase(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toLowerCase());
}
