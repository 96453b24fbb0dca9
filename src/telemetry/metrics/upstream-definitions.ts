import { counter, durations, free, gauge, histogram, updown, type Definition } from './definition.ts';
import { counts, methods, sizes } from './values.ts';

/** What is told of calls to upstreams, and how these are. */
export const upstreamDefinitions = {
  callDuration: durations(
    'http.client.request.duration',
    'Time of an upstream call with its retries, from its begin until its answer was whole.',
    {
      upstream: free,
      'http.request.method': methods,
      'http.response.status_code': free,
      'error.type': free,
    },
  ),
  activeCalls: updown('http.client.active_requests', '{request}', 'Upstream calls under way.', { upstream: free }),
  callRequestSize: histogram(
    'http.client.request.body.size',
    sizes,
    'Size of bodies sent to an upstream; calls without one are left out.',
    { upstream: free },
  ),
  callResponseSize: histogram(
    'http.client.response.body.size',
    sizes,
    'Size of bodies that an upstream sent; answers without one are left out.',
    { upstream: free },
  ),
  callWait: durations(
    'weft.upstream.wait.duration',
    'Time from the begin of an upstream call until it went out on a socket.',
    { upstream: free },
  ),
  calls: counter(
    'weft.upstream.calls',
    '{call}',
    'Calls by how they were answered: by the upstream, by a call that ran already, or from the cache.',
    {
      upstream: free,
      kind: ['graphql', 'rest', 'passthrough', 'schema'],
      source: ['upstream', 'shared', 'cache', 'revalidated'],
    },
  ),
  retries: counter('weft.upstream.retries', '{retry}', 'Times that an upstream call was sent again.', {
    upstream: free,
  }),
  callBatch: histogram(
    'weft.upstream.batch.size',
    { unit: '{key}', bounds: counts },
    'Entities or keys that an upstream call asked for at once; 1 for a call that is no batch.',
    { upstream: free },
  ),
  poolConnections: gauge(
    'weft.upstream.pool.connections',
    '{connection}',
    'Sockets to a target of an upstream; free: not in use.',
    {
      upstream: free,
      target: free,
      state: ['connected', 'free'],
    },
  ),
  poolRequests: gauge(
    'weft.upstream.pool.requests',
    '{request}',
    'Requests to a target of an upstream; queued: without a socket, pending: on a socket and not yet sent.',
    {
      upstream: free,
      target: free,
      state: ['queued', 'running', 'pending'],
    },
  ),
  upstreamSchema: gauge(
    'weft.upstream.schema',
    '',
    'Where the schema of an upstream is from: 1 for what holds, 0 for all else.',
    {
      upstream: free,
      state: ['live', 'file', 'last-good', 'missing', 'declared'],
    },
  ),
  upstreamCircuit: gauge(
    'weft.upstream.circuit',
    '',
    'Whether an upstream is called: 1 for what holds, 0 for all else.',
    {
      upstream: free,
      state: ['closed', 'half-open', 'open'],
    },
  ),
} as const satisfies Readonly<Record<string, Definition>>;
