import { isFieldName, isFieldValue } from '../lib/http-fields.ts';
import { redactUrl } from '../lib/redact-url.ts';
import type { ConfigurationIssue } from './configuration-error.ts';
import { httpUrl } from './security-values.ts';
import { hasPath, type TelemetryValues } from './telemetry-schema.ts';
import type { OtlpConfig } from './telemetry-types.ts';

/**
 * What the variables of OpenTelemetry say where `gateway.yaml` says nothing. Those that are wrong are told of only where
 * they count: variables are shared with other programs, and do not keep a gateway without telemetry from starting.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/protocol/exporter/ | OpenTelemetry Protocol Exporter}
 * @see {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ | Environment Variable Specification}
 */
export interface TelemetryEnvironment {
  /** Attributes of the OpenTelemetry resource, `service.*` too. */
  readonly resource: Readonly<Record<string, string>>;
  readonly traces: OtlpTarget;
  readonly metrics: OtlpTarget;
}

export type OtlpTarget = Pick<OtlpConfig, 'url' | 'protocol' | 'headers'>;

type Signal = 'traces' | 'metrics';

const protocols: Readonly<Record<Signal, readonly OtlpConfig['protocol'][]>> = {
  traces: ['http/protobuf', 'http/json', 'grpc'],
  metrics: ['http/protobuf', 'http/json'],
};

/** Reads the variables, and tells of those that cannot be used. Where `values` names something, the variable is not read. Pure. */
export function readTelemetryEnvironment(
  { traces, metrics }: TelemetryValues,
  env: NodeJS.ProcessEnv,
): { readonly environment: TelemetryEnvironment; readonly issues: readonly ConfigurationIssue[] } {
  const variables = new Variables(env);
  const environment = {
    resource: variables.resource(),
    traces: target('traces', traces?.otlp, variables),
    metrics: target('metrics', metrics?.otlp, variables),
  };
  const isOn = traces !== undefined || metrics !== undefined;
  return { environment, issues: isOn ? variables.issues : [] };
}

interface Written {
  readonly url?: string | undefined;
  readonly protocol?: OtlpConfig['protocol'] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** `written`: what the file says; undefined where the signal is off. */
function target(signal: Signal, written: Written | undefined, variables: Variables): OtlpTarget {
  // A protocol of the environment is that of its receiver, not of one that the file names.
  const isWritten = written === undefined || written.url !== undefined;
  const protocol = written?.protocol ?? (isWritten ? undefined : variables.protocol(signal)) ?? 'http/protobuf';
  return {
    protocol,
    url: written?.url ?? (isWritten ? undefined : variables.url(signal, protocol)) ?? defaultUrl(signal, protocol),
    headers: written === undefined ? {} : (written.headers ?? variables.headers(signal)),
  };
}

function defaultUrl(signal: Signal, protocol: OtlpConfig['protocol']): string {
  return protocol === 'grpc' ? 'http://localhost:4317' : `http://localhost:4318/v1/${signal}`;
}

interface Variable {
  readonly name: string;
  readonly text: string;
}

/** Reads variables and collects issues. A variable that is empty counts as none. */
class Variables {
  readonly issues: ConfigurationIssue[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  protocol(signal: Signal): OtlpConfig['protocol'] | undefined {
    const found = this.#ofSignal(signal, 'PROTOCOL');
    const protocol = protocols[signal].find((known) => known === found?.text);
    if (found !== undefined && protocol === undefined) {
      this.#tell(found, `expected one of ${protocols[signal].join(', ')} for ${signal}, got "${found.text}"`);
    }
    return protocol;
  }

  /** The endpoint of the signal is a whole URL; that of all signals has the path of each put to it. */
  url(signal: Signal, protocol: OtlpConfig['protocol']): string | undefined {
    const found = this.#ofSignal(signal, 'ENDPOINT');
    if (found === undefined) return undefined;
    const wrong = httpUrl('a receiver of OTLP').safeParse(found.text).error?.issues[0];
    if (wrong !== undefined) {
      this.#tell(found, `${wrong.message}, got "${redactUrl(found.text)}"`);
      return undefined;
    }
    if (protocol === 'grpc') {
      if (hasPath(found.text)) this.#tell(found, 'grpc has no path: expected a URL such as http://localhost:4317');
      return found.text;
    }
    return found.isOfAll ? `${found.text.replace(/\/+$/, '')}/v1/${signal}` : found.text;
  }

  headers(signal: Signal): Readonly<Record<string, string>> {
    const found = this.#ofSignal(signal, 'HEADERS');
    const headers = Object.entries(found === undefined ? {} : this.#pairs(found));
    if (found !== undefined && !headers.every(([name, value]) => isFieldName(name) && isFieldValue(value))) {
      this.#tell(found, 'expected names and values of headers');
    }
    return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
  }

  resource(): Readonly<Record<string, string>> {
    const found = this.#read('OTEL_RESOURCE_ATTRIBUTES');
    const name = this.#read('OTEL_SERVICE_NAME');
    return { ...(found && this.#pairs(found)), ...(name && { 'service.name': name.text }) };
  }

  /** A variable for one signal counts before that of all. */
  #ofSignal(signal: Signal, what: string): (Variable & { readonly isOfAll: boolean }) | undefined {
    const own = this.#read(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${what}`);
    const found = own ?? this.#read(`OTEL_EXPORTER_OTLP_${what}`);
    return found && { ...found, isOfAll: own === undefined };
  }

  #read(name: string): Variable | undefined {
    const text = this.#env[name]?.trim();
    return text === undefined || text === '' ? undefined : { name, text };
  }

  /** `name=value,name=value`, percent-encoded. What is wrong with it is not shown: it may be a secret. */
  #pairs(variable: Variable): Readonly<Record<string, string>> {
    const pairs = variable.text
      .split(',')
      .filter((pair) => pair.trim() !== '')
      .map((pair) => readPair(pair));
    if (pairs.includes(undefined)) this.#tell(variable, 'expected name=value,name=value, percent-encoded');
    return Object.fromEntries(pairs.flatMap((pair) => (pair === undefined ? [] : [pair])));
  }

  #tell({ name }: Variable, problem: string): void {
    this.issues.push({ file: '', line: 0, column: 0, message: `environment variable ${name}: ${problem}` });
  }
}

function readPair(pair: string): readonly [name: string, value: string] | undefined {
  const [name = '', ...rest] = pair.split('=');
  if (name.trim() === '' || rest.length === 0) return undefined;
  try {
    return [decodeURIComponent(name.trim()), decodeURIComponent(rest.join('=').trim())];
  } catch {
    return undefined;
  }
}
