import { outcomes } from '../outcome.ts';
import { counter, durations, free, histogram, updown, type Definition } from './definition.ts';
import { counts, lanes, methods, sizes } from './values.ts';

const shortDurations = {
  unit: 's',
  bounds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5],
};
const points = { unit: '{point}', bounds: [1, 10, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 100_000] };

/** What is told of requests, and of the operations that they ask for. */
export const requestDefinitions = {
  requestDuration: durations(
    'http.server.request.duration',
    'Time from the arrival of a request until its answer has gone out.',
    {
      lane: lanes,
      'http.request.method': methods,
      'http.response.status_code': free,
      'http.route': free,
      outcome: outcomes,
    },
  ),
  activeRequests: updown('http.server.active_requests', '{request}', 'Requests under way, probes among them.', {
    'http.request.method': methods,
  }),
  requestSize: histogram(
    'http.server.request.body.size',
    sizes,
    'Size of request bodies as they came; requests without one are left out.',
    {
      lane: lanes,
      'http.route': free,
    },
  ),
  responseSize: histogram(
    'http.server.response.body.size',
    sizes,
    'Size of response bodies as they went out; those without one are left out.',
    {
      lane: lanes,
      'http.route': free,
    },
  ),
  gatewayDuration: durations(
    'weft.request.gateway.duration',
    'Time of a request in which none of its upstream calls ran.',
    { lane: lanes },
  ),
  upstreamDuration: durations(
    'weft.request.upstream.duration',
    'Time of a request in which at least one of its upstream calls ran; requests without one are left out.',
    { lane: lanes },
  ),
  authenticationDuration: durations(
    'weft.authentication.duration',
    'Time for the credentials of a request, where it had to be waited for or reckoned.',
  ),
  probeRequests: counter(
    'weft.probe.requests',
    '{request}',
    'Requests for health and metrics; they are in no other metric of requests that ended.',
    {
      probe: ['probe', 'metrics'],
      'http.response.status_code': free,
    },
  ),
} as const satisfies Readonly<Record<string, Definition>>;

export const graphqlDefinitions = {
  operationDuration: durations('weft.graphql.operation.duration', 'Time of the request that an operation came with.', {
    'graphql.operation.name': free,
    'graphql.operation.type': ['query', 'mutation', 'subscription'],
    outcome: outcomes,
  }),
  operationErrors: counter(
    'weft.graphql.operation.errors',
    '{error}',
    'Errors of operations, each code once a request; those of HTTP batches have the name _batch.',
    {
      'graphql.operation.name': free,
      code: free,
    },
  ),
  operations: counter(
    'weft.graphql.operations',
    '{operation}',
    'Operations by what ran them; none: refused, or answered from the cache.',
    {
      engine: ['compiled', 'stitched', 'none'],
    },
  ),
  planLookups: counter(
    'weft.graphql.plan.lookups',
    '{lookup}',
    'Operations whose plan was at hand, and those that were planned first.',
    {
      outcome: ['hit', 'miss'],
    },
  ),
  planDuration: histogram(
    'weft.graphql.plan.duration',
    shortDurations,
    'Time for planning and compiling an operation.',
  ),
  parseDuration: histogram(
    'weft.graphql.parse.duration',
    shortDurations,
    'Time for parsing a document that was not known.',
  ),
  validateDuration: histogram(
    'weft.graphql.validate.duration',
    shortDurations,
    'Time for validating a document that was not known.',
  ),
  operationCost: histogram(
    'weft.graphql.operation.cost',
    points,
    'Points that an operation was estimated at, and that it came to.',
    {
      cost: ['estimated', 'actual'],
    },
  ),
  batchSize: histogram(
    'weft.graphql.batch.size',
    { unit: '{operation}', bounds: counts },
    'Operations of an HTTP batch.',
  ),
} as const satisfies Readonly<Record<string, Definition>>;
