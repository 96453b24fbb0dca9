import type { AccessRule } from './identity-types.ts';

/** What is told of requests, and to whom: `telemetry` and `log` of `gateway.yaml`, checked, in plain units. */

/** Formats that carry a trace from one service to the next. */
export type TraceFormat = 'w3c' | 'b3' | 'b3-multi' | 'jaeger';

/** Where OpenTelemetry data goes. */
export interface OtlpConfig {
  /**
   * Whole URL, path included; for `grpc` one without a path. Default `OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT`, else
   * `OTEL_EXPORTER_OTLP_ENDPOINT` with the signal's path, else `http://localhost:4318/v1/<signal>` (grpc: port 4317).
   */
  readonly url: string;
  /** `grpc`: traces only, by the package `@opentelemetry/exporter-trace-otlp-grpc`. Default `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf`. */
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc';
  /** Sent with each export, by lower-case name; secret. Default `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Longest wait for one export, in milliseconds. Default 10,000. */
  readonly timeoutMs: number;
  /** Time between two exports, in milliseconds. Default 5000 for traces, 60,000 for metrics. */
  readonly intervalMs: number;
}

/** What a rule of sampling or logging looks at; all that is named must fit. */
export interface RequestMatch {
  /** Names of GraphQL operations. */
  readonly operations?: readonly string[];
  /** Paths of REST routes, as configured. */
  readonly routes?: readonly string[];
  /** Names of clients. */
  readonly clients?: readonly string[];
  readonly consumers?: readonly string[];
  readonly tiers?: readonly string[];
  /** HTTP methods, upper case. */
  readonly methods?: readonly string[];
}

export interface SampleRule {
  readonly match: RequestMatch;
  /** From 0 to 1. */
  readonly rate: number;
}

export interface Sampling {
  /** In order: the first that fits counts. Default none. */
  readonly rules: readonly SampleRule[];
  /** Where no rule fits, from 0 to 1. Default 0.1 for traces, 1 for the access log. */
  readonly rate: number;
}

export interface TracesConfig extends Sampling {
  readonly otlp: OtlpConfig;
  /** `follow`: a trace that comes sampled, or not, stays so. `ignore`: only rules decide. Default `follow`. */
  readonly parent: 'follow' | 'ignore';
  /** Whether the spans of a request that ended with an error of 5xx or of an upstream are exported though it was not sampled. Default true. */
  readonly keepErrors: boolean;
  /** Requests that took longer are exported though they were not sampled, in milliseconds; `Infinity`: none for that. Default 1000. */
  readonly keepSlowerThanMs: number;
  /** Spans that wait for export at most; more are dropped and counted. Default 2048. */
  readonly maxQueued: number;
}

export interface MetricsConfig {
  /** Path on which Prometheus reads. Default `/metrics`. */
  readonly path: string;
  /** A listener of its own. Default: the gateway's listener serves it. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  /** Who may read on the gateway's own listener. Default: whoever may come in. */
  readonly access: AccessRule | undefined;
  /** Undefined: nothing is pushed. */
  readonly otlp: OtlpConfig | undefined;
  /** Label sets of one metric at most; further ones fold into `_other` and are counted. Default 2000. */
  readonly maxSeries: number;
  /** Operation names told apart at most; further ones fold. Default 200. */
  readonly maxOperations: number;
  /** Upper bounds of duration histograms, in seconds, ascending. Default 0.001 to 10. */
  readonly durationBuckets: readonly number[];
  /** Whether OpenMetrics exemplars name traces that were sampled. Default true. */
  readonly exemplars: boolean;
}

export interface TelemetryConfig {
  /** `service.*` of the OpenTelemetry resource. */
  readonly service: {
    /** Default `OTEL_SERVICE_NAME`, else `weft`. */
    readonly name: string;
    readonly namespace: string | undefined;
    /** Default: host name and process id. */
    readonly instance: string | undefined;
    /** Further resource attributes. */
    readonly attributes: Readonly<Record<string, string>>;
  };
  /** Formats in which traces are read, in order, and written; `baggage`: entries that are passed on, by name. */
  readonly propagation: {
    /** Default `w3c`. */
    readonly accept: readonly TraceFormat[];
    /** Default `w3c`. */
    readonly send: readonly TraceFormat[];
    /** Default none. */
    readonly baggage: readonly string[];
  };
  /** Undefined: no traces. */
  readonly traces: TracesConfig | undefined;
  /** Undefined: no metrics. */
  readonly metrics: MetricsConfig | undefined;
  /** Request headers that say what program asks. Default `apollographql-client-name`, `graphql-client-name`, `x-client-name`. */
  readonly clientName: readonly string[];
  /** Default `apollographql-client-version`, `graphql-client-version`, `x-client-version`. */
  readonly clientVersion: readonly string[];
  /** Whether, or for which callers, answers have `server-timing`. Default false. */
  readonly serverTiming: boolean | AccessRule;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface AccessLogConfig extends Sampling {
  /** Request headers written, lower case; never `authorization`, cookies and what providers read. Default none. */
  readonly headers: readonly string[];
  /** Whether GraphQL variables are written, without what is `@sensitive`. Default false. */
  readonly variables: boolean;
  /** Whether paths of REST requests are written whole, and not as their route. Never with a query. Default false. */
  readonly paths: boolean;
  /** Whether client addresses are written: not, without the host part, or whole. Default `none`. */
  readonly addresses: 'none' | 'network' | 'full';
}

export interface LogConfig {
  /** Least severe messages that are written. Default `info`. */
  readonly level: LogLevel;
  /** `auto`: text where standard output is a terminal, else JSON. Default `auto`. */
  readonly format: 'auto' | 'json' | 'text';
  /** One line a request. Undefined: none. Default none. */
  readonly access: AccessLogConfig | undefined;
  /**
   * GraphQL operations that took longer are written with their plan, in milliseconds; 0: none. Default 1000 where `access`
   * is, else 0.
   */
  readonly slowerThanMs: number;
  /** Names of headers, beside the credentials', and of query parameters, with theirs, whose values appear nowhere. */
  readonly redact: { readonly headers: readonly string[]; readonly queryParameters: readonly string[] };
}
