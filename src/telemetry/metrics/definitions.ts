import { faults } from '../outcome.ts';
import { counter, free, gauge, info, type Definition } from './definition.ts';
import { processDefinitions } from './process-definitions.ts';
import { graphqlDefinitions, requestDefinitions } from './request-definitions.ts';
import { upstreamDefinitions } from './upstream-definitions.ts';
import { cacheOutcomes } from './values.ts';

const results = ['ok', 'failed'] as const;

const policyDefinitions = {
  cacheLookups: counter(
    'weft.cache.lookups',
    '{lookup}',
    'What came of asking a cache; call: only calls that it answered are told.',
    {
      cache: ['answer', 'route', 'call', 'entity'],
      outcome: cacheOutcomes,
    },
  ),
  cacheEntries: gauge('weft.cache.entries', '{entry}', 'Entries that are kept.', { store: free }),
  cacheSize: gauge('weft.cache.size', 'By', 'Size of the entries that are kept.', { store: free }),
  cacheStoreLookups: counter(
    'weft.cache.store.lookups',
    '{lookup}',
    'Times that an entry was looked for in a store, by whatever cache.',
    {
      store: free,
      outcome: ['hit', 'miss'],
    },
  ),
  cacheFailures: counter(
    'weft.cache.failures',
    '{failure}',
    'Times that a store failed or was too slow. It is not asked while it is known to be down.',
    {
      store: free,
    },
  ),
  redisUp: gauge('weft.redis.up', '', 'Whether Redis can be asked: 1 or 0.', { connection: free }),
  limitHits: counter(
    'weft.limit.hits',
    '{hit}',
    'Requests for which a limit had no room; measured: they were let pass.',
    {
      limit: free,
      tier: free,
      outcome: ['refused', 'measured'],
    },
  ),
  authenticationFailures: counter(
    'weft.authentication.failures',
    '{request}',
    'Requests whose credentials were not taken, by error code.',
    { code: free },
  ),
  errors: counter(
    'weft.errors',
    '{error}',
    'Errors of requests by code and by whose fault they are, each code once a request.',
    {
      code: free,
      fault: faults,
      upstream: free,
    },
  ),
  internalErrors: counter('weft.internal.errors', '{error}', 'Errors whose message only the log has.', { code: free }),
  notices: counter('weft.notices', '{notice}', 'What operators were told.', { level: ['info', 'warn', 'error'] }),
} as const satisfies Readonly<Record<string, Definition>>;

const gatewayDefinitions = {
  connections: gauge('weft.listener.connections', '{connection}', 'Sockets of clients that are open.'),
  generation: gauge(
    'weft.generation',
    '',
    'How many times the gateway was put together since its start, the one in use among them.',
  ),
  reloads: counter('weft.reloads', '{reload}', 'Reloads; failed: what was there goes on being used.', {
    outcome: results,
  }),
  planEntries: gauge('weft.graphql.plan.entries', '{operation}', 'Operations whose plan is kept.'),
  planSize: gauge('weft.graphql.plan.size', 'By', 'Size of the plans that are kept, by estimate.'),
  configuration: info('weft.configuration.info', '', 'The configuration in use.', { checksum: free, version: free }),
  build: info('weft.build.info', '', 'What runs.', { version: free, node: free }),
  folded: counter(
    'weft.telemetry.folded',
    '{observation}',
    'Observations whose free labels were folded into _other, as their metric has too many label sets.',
    { metric: free },
  ),
  exports: counter('weft.telemetry.exports', '{export}', 'Exports of metrics by OTLP.', { outcome: results }),
  spans: counter('weft.telemetry.spans', '{span}', 'Spans by what came of them; dropped: too many waited for export.', {
    outcome: ['exported', 'failed', 'dropped'],
  }),
  spansQueued: gauge('weft.telemetry.spans.queued', '{span}', 'Spans that wait for export.'),
  logLinesDropped: counter('weft.telemetry.log.lines.dropped', '{line}', 'Lines that the log could not write.'),
} as const satisfies Readonly<Record<string, Definition>>;

/**
 * Every metric of the gateway. Names and units are those of OpenTelemetry's semantic conventions where it has them, else
 * they begin with `weft.`. Operators' documentation and dashboards are tested against this table.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ | OpenTelemetry, Semantic conventions for HTTP metrics}
 */
export const definitions = {
  ...requestDefinitions,
  ...graphqlDefinitions,
  ...upstreamDefinitions,
  ...policyDefinitions,
  ...gatewayDefinitions,
  ...processDefinitions,
} as const;
