import type { Row } from './dashboard.ts';
import { failedCalls, ofUpstream, quantile, rate, share } from './expressions.ts';

const calls = 'http_client_request_duration_seconds';

export const upstreams: Row = {
  title: 'Upstreams',
  panels: [
    {
      title: 'Calls',
      description: 'Calls a second that were sent. A drop while requests stay: they fail before, or the cache answers.',
      draw: 'lines',
      unit: 'reqps',
      queries: [{ expr: rate(`${calls}_count`, ofUpstream, 'upstream'), legend: '{{upstream}}' }],
    },
    {
      title: 'Failed calls',
      description: 'Share of calls that failed or were answered with 5xx. One upstream is high: call its team.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [
        {
          expr: share(`${calls}_count`, failedCalls, { selector: ofUpstream, by: 'upstream' }),
          legend: '{{upstream}}',
        },
      ],
    },
    {
      title: 'Why calls fail',
      description:
        'UPSTREAM_TIMEOUT: it is slow. UPSTREAM_UNREACHABLE: it is gone, or the network. 500 and above: it says so itself.',
      draw: 'lines',
      unit: 'cps',
      queries: [
        {
          expr: rate(`${calls}_count`, `${ofUpstream}, error_type!=""`, 'upstream, error_type'),
          legend: '{{upstream}} {{error_type}}',
        },
      ],
    },
    {
      title: 'How long calls take, p95',
      description: 'With retries and the wait for a socket. The upstream that rose first is where to look.',
      draw: 'lines',
      unit: 's',
      exemplars: true,
      queries: [{ expr: quantile(0.95, calls, { selector: ofUpstream, by: 'upstream' }), legend: '{{upstream}}' }],
    },
    {
      title: 'How long calls take, p99',
      description: 'One of a hundred takes longer. Close to "timeout" of the upstream: the next ones will fail.',
      draw: 'lines',
      unit: 's',
      exemplars: true,
      queries: [{ expr: quantile(0.99, calls, { selector: ofUpstream, by: 'upstream' }), legend: '{{upstream}}' }],
    },
    {
      title: 'Wait before a call goes out, p99',
      description:
        'For a connection, a limit or a free socket. High: see the queue beside, and "connections" of the upstream.',
      draw: 'lines',
      unit: 's',
      queries: [
        {
          expr: quantile(0.99, 'weft_upstream_wait_duration_seconds', { selector: ofUpstream, by: 'upstream' }),
          legend: '{{upstream}}',
        },
      ],
    },
    {
      title: 'Calls under way',
      description: 'Rising without more calls: the upstream has stopped answering.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `sum by (upstream) (http_client_active_requests{${ofUpstream}})`, legend: '{{upstream}}' }],
    },
    {
      title: 'Queue of the pool',
      description:
        'Calls that have no socket. Above 0 for long: the upstream is too slow, or its "connections" are too few.',
      draw: 'lines',
      unit: 'none',
      queries: [
        {
          expr: `sum by (upstream) (weft_upstream_pool_requests{${ofUpstream}, state="queued"})`,
          legend: '{{upstream}}',
        },
      ],
    },
    {
      title: 'Retries',
      description:
        'Calls that were sent again. They hide failures and add load: an upstream with many is about to fail.',
      draw: 'lines',
      unit: 'cps',
      queries: [{ expr: rate('weft_upstream_retries_total', ofUpstream, 'upstream'), legend: '{{upstream}}' }],
    },
    {
      title: 'Upstreams that are not well',
      description:
        'last-good: a kept copy of its schema is used. missing: its fields are out. open: it is not called for a while. See its own health.',
      draw: 'table',
      unit: 'none',
      width: 24,
      queries: [
        {
          expr: `max by (upstream, state) (weft_upstream_schema{${ofUpstream}, state=~"last-good|missing"}) == 1 or max by (upstream, state) (weft_upstream_circuit{${ofUpstream}, state=~"half-open|open"}) == 1`,
          legend: '{{upstream}} {{state}}',
        },
      ],
    },
  ],
};
