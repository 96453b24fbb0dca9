import { z } from 'zod';
import { isFieldName } from '../lib/http-fields.ts';
import { access, fieldNames, forCallers } from './access-schema.ts';
import { sampling } from './sampling-schema.ts';
import { httpUrl } from './security-values.ts';
import { duration, durationOrOff, evenIfWrong, flag, headerName, headerValue, integer, offOr } from './values.ts';
import { oneAtLeast, oneOf, section, text, unlessWrong, urlPath } from './values.ts';

/** `telemetry` of `gateway.yaml`. */

const setBySdk = 'the exporter writes it itself';
const refusedHeaders = {
  'content-type': setBySdk,
  'content-length': setBySdk,
  'content-encoding': setBySdk,
  host: setBySdk,
};

interface OtlpOptions<P extends readonly [string, ...string[]]> {
  readonly signal: 'traces' | 'metrics';
  readonly protocols: P;
  /** As the file has it. */
  readonly interval: string;
}

/** What is not written comes from the environment, and so has no default here. */
function otlpKeys<const P extends readonly [string, ...string[]]>({ signal, protocols, interval }: OtlpOptions<P>) {
  const upper = signal.toUpperCase();
  return {
    url: httpUrl('a receiver of OTLP')
      .optional()
      .describe(
        `Whole URL. Default: OTEL_EXPORTER_OTLP_${upper}_ENDPOINT, or OTEL_EXPORTER_OTLP_ENDPOINT and /v1/${signal}, or http://localhost:4318/v1/${signal}`,
      ),
    protocol: oneOf(protocols)
      .optional()
      .describe(`Default: OTEL_EXPORTER_OTLP_${upper}_PROTOCOL, or OTEL_EXPORTER_OTLP_PROTOCOL, or http/protobuf`),
    headers: z
      .record(headerName(refusedHeaders), headerValue('a text'), {
        error: 'expected a mapping of header names to values',
      })
      .optional()
      .describe(
        `Sent with each export; secrets come from the environment. Default: OTEL_EXPORTER_OTLP_${upper}_HEADERS, or OTEL_EXPORTER_OTLP_HEADERS`,
      ),
    timeout: duration().prefault('10s').describe('Longest wait for one export'),
    interval: duration().prefault(interval).describe('Time between two exports'),
  };
}

const traceOtlp = otlpKeys({
  signal: 'traces',
  protocols: ['http/protobuf', 'http/json', 'grpc'],
  interval: '5s',
});

const metricOtlp = otlpKeys({ signal: 'metrics', protocols: ['http/protobuf', 'http/json'], interval: '60s' });

/** Whether a URL names more than a server. Pure. */
export function hasPath(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '');
}

const traceReceiver = section(traceOtlp).refine(
  ({ url, protocol }) => protocol !== 'grpc' || url === undefined || !hasPath(url),
  {
    // Without "expected" the value, which may hold a token, is not shown.
    error: 'grpc has no path: write a URL such as http://localhost:4317',
    path: ['url'],
    ...unlessWrong,
  },
);

const traceKeys = {
  otlp: traceReceiver.prefault({}).describe('Where spans go'),
  ...sampling('10%'),
  parent: oneOf(['follow', 'ignore'])
    .default('follow')
    .describe('Whether a trace that comes sampled, or not, stays so (follow), or only "sample" and "rules" decide'),
  keep: section({
    errors: flag().default(true).describe('Requests that ended with an error of 5xx or of an upstream'),
    slowerThan: durationOrOff().prefault('1s').describe('Requests that took longer; off: none for that'),
  })
    .prefault({})
    .describe('Requests that are exported though they were not sampled'),
  maxQueued: integer(1, 1_000_000).default(2048).describe('Spans that wait for export at most; more are dropped'),
};

const bucketError = 'expected a duration such as 2.5ms or 1s';
// Finer than the durations of other keys, which are whole milliseconds.
const bucket = z
  .string({ error: bucketError })
  .regex(/^\d+(?:\.\d+)?m?s$/, { error: bucketError })
  .transform((value) => (value.endsWith('ms') ? Number(value.slice(0, -2)) / 1000 : Number(value.slice(0, -1))))
  .refine((seconds) => seconds > 0 && seconds <= 86_400, { error: 'expected a duration above 0s, of at most 1d' });

const buckets = oneAtLeast(bucket, 'durations')
  .max(100, { error: 'expected 100 durations at most' })
  .superRefine((bounds, context) => {
    for (const [index, bound] of bounds.entries()) {
      const before = bounds[index - 1];
      if (before === undefined || bound > before) continue;
      context.addIssue({
        code: 'custom',
        path: [index],
        message: `expected more than ${printBucket(before)}, the bound before it`,
      });
    }
  }, unlessWrong);

/** An upper bound of a histogram, from seconds, as the file has it. Pure. */
export function printBucket(seconds: number): string {
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(12))}ms` : `${seconds}s`;
}

const defaultBuckets = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000].map((ms) =>
  printBucket(ms / 1000),
);

const metricKeys = {
  path: urlPath().default('/metrics').describe('Path on which Prometheus reads'),
  listen: section({
    host: text('a host name or address').default('127.0.0.1').describe('Address that is listened on; 0.0.0.0 for all'),
    port: integer(0, 65_535).default(9464).describe('TCP port; 0 lets the system choose'),
  })
    .optional()
    .describe("A listener of its own. Default: the gateway's"),
  access: access('no "access" for everybody')
    .optional()
    .describe("What callers must have to read on the gateway's own listener. Default: as identity.anonymous says"),
  otlp: offOr(metricOtlp, section(metricOtlp)).prefault(false).describe('Whether metrics are pushed too, and where to'),
  maxSeries: integer(1, 1_000_000)
    .default(2000)
    .describe('Label sets of one metric at most; further ones fold into _other and are counted'),
  maxOperations: integer(1, 100_000)
    .default(200)
    .describe('Operation names that are told apart at most; further ones fold'),
  durationBuckets: buckets.prefault(defaultBuckets).describe('Upper bounds of histograms of durations, ascending'),
  exemplars: flag().default(true).describe('Whether buckets name a sampled trace (OpenMetrics only)'),
};

const metrics = section(metricKeys).refine(({ listen, access: rule }) => listen === undefined || rule === undefined, {
  error: 'does not go with "listen": whoever reaches that listener may read',
  path: ['access'],
  ...evenIfWrong,
});

const format = oneOf(['w3c', 'b3', 'b3-multi', 'jaeger']);
const formatsError = 'expected a list of w3c, b3, b3-multi and jaeger';

function formats() {
  return z.array(format, { error: formatsError }).default(['w3c']);
}

/** By key of `telemetry`, in lower case. */
export const defaultClientHeaders: Readonly<Record<'clientName' | 'clientVersion', readonly string[]>> = {
  clientName: ['apollographql-client-name', 'graphql-client-name', 'x-client-name'],
  clientVersion: ['apollographql-client-version', 'graphql-client-version', 'x-client-version'],
};

const baggageError = 'expected the name of an entry of baggage';

const ownAttribute = (key: string): string => `it has a key of its own: write telemetry.service.${key}`;
const attributesWithKeys: Readonly<Record<string, string>> = {
  'service.name': ownAttribute('name'),
  'service.namespace': ownAttribute('namespace'),
  'service.instance.id': ownAttribute('instance'),
};

const attributeName = text('the name of an attribute').superRefine((name, context) => {
  const message = attributesWithKeys[name];
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const service = section({
  name: text('a name').optional().describe('Default: OTEL_SERVICE_NAME, or weft'),
  namespace: text('a name').optional().describe('What several services are one of: shop'),
  instance: text('a name').optional().describe('Name of this process. Default: its host and process id'),
  attributes: z
    .record(attributeName, text('a text'), { error: 'expected a mapping of names to texts' })
    .default({})
    .describe('Further attributes, beside and before those of OTEL_RESOURCE_ATTRIBUTES'),
});

export const telemetry = section({
  service: service.prefault({}).describe('What this gateway is called: the OpenTelemetry resource'),
  propagation: section({
    accept: formats().describe('Formats in which a trace is read from requests; the first that is there counts'),
    send: formats().describe('Formats in which a trace is written for upstreams'),
    baggage: z
      .array(z.string({ error: baggageError }).refine(isFieldName, { error: baggageError }), {
        error: 'expected a list of names',
      })
      .default([])
      .describe('Entries of baggage (W3C) that go on to upstreams'),
  })
    .prefault({})
    .describe('How traces and baggage pass through'),
  clientName: fieldNames
    .default([...defaultClientHeaders.clientName])
    .describe('Request headers that name the program which asks; the first that is there counts'),
  clientVersion: fieldNames
    .default([...defaultClientHeaders.clientVersion])
    .describe('Request headers that tell its version'),
  serverTiming: forCallers().default(false).describe('Whether answers have the header server-timing; or for whom'),
  traces: offOr(traceKeys, section(traceKeys)).prefault(false).describe('Whether spans are exported, and which'),
  metrics: offOr(metricKeys, metrics).prefault(false).describe('Whether there are metrics, and where they are read'),
});

export type TelemetryValues = z.output<typeof telemetry>;
