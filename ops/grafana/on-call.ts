import type { Dashboard, Row } from './dashboard.ts';
import {
  failedCalls,
  instance,
  job,
  mean,
  ofInstance,
  ofJob,
  ofUpstream,
  quantile,
  quantiles,
  rate,
  route,
  served,
  upstream,
} from './expressions.ts';

const requests = 'http_server_request_duration_seconds';
const calls = 'http_client_request_duration_seconds';
const lanes = `${ofInstance}, lane=~"graphql|rest"`;

const first: Row = {
  title: 'First of all',
  panels: [
    {
      title: 'Failed, 5 minutes',
      description: 'Requests that failed by the fault of the gateway or an upstream. Red: see "Errors by fault" below.',
      draw: 'stat',
      unit: 'percentunit',
      thresholds: [0.001, 0.0144],
      queries: [{ expr: `job:weft_failures:ratio_rate5m{${ofJob}}`, legend: '{{job}}' }],
    },
    {
      title: 'Slow, 5 minutes',
      description: 'Answers that took more than 250 ms. Red: see "Where the time goes" below.',
      draw: 'stat',
      unit: 'percentunit',
      thresholds: [0.01, 0.144],
      queries: [{ expr: `job:weft_slow_answers:ratio_rate5m{${ofJob}}`, legend: '{{job}}' }],
    },
    {
      title: 'Requests',
      description: 'Requests a second, aborted ones too. None: look at the load balancer, and at /health/ready.',
      draw: 'stat',
      unit: 'reqps',
      queries: [{ expr: rate(`${requests}_count`, served), legend: 'requests' }],
    },
    {
      title: 'Under way',
      description: 'Requests that are being answered, probes among them. Rising without more traffic: something hangs.',
      draw: 'stat',
      unit: 'none',
      queries: [{ expr: `sum(http_server_active_requests{${ofInstance}})`, legend: 'under way' }],
    },
    {
      title: 'Instances',
      description: 'Instances that Prometheus reaches. Fewer than planned: see "Restarts" below, and the orchestrator.',
      draw: 'stat',
      unit: 'none',
      queries: [{ expr: `count(weft_build_info{${ofInstance}})`, legend: 'instances' }],
    },
    {
      title: 'Alerts',
      description: 'Alerts of Weft that fire. Each has a section in docs/operations.md.',
      draw: 'stat',
      unit: 'none',
      thresholds: [1, 2],
      queries: [{ expr: 'count(ALERTS{alertname=~"Weft.+", alertstate="firing"}) or vector(0)', legend: 'firing' }],
    },
    {
      title: 'How requests end',
      description:
        'upstream_error: see the upstreams below. gateway_error: see the log by outcome. limited: see limits. aborted: clients waited too long.',
      draw: 'stack',
      unit: 'reqps',
      queries: [{ expr: rate(`${requests}_count`, served, 'outcome'), legend: '{{outcome}}' }],
    },
    {
      title: 'Errors by fault and code',
      description: 'The worst ten. The code says what to look for in the log; fault says whose it is.',
      draw: 'lines',
      unit: 'cps',
      queries: [
        {
          expr: `topk(10, ${rate('weft_errors_total', ofInstance, 'fault, code, upstream')})`,
          legend: '{{fault}} {{code}} {{upstream}}',
        },
      ],
    },
    {
      title: 'Routes that fail',
      description: 'Share of failed requests by route. One route: look at its upstream. All: look at the gateway.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [
        {
          expr: `${rate(`${requests}_count`, `${served}, outcome=~"gateway_error|upstream_error"`, 'http_route')} / ${rate(`${requests}_count`, served, 'http_route')}`,
          legend: '{{http_route}}',
        },
      ],
    },
  ],
};

const time: Row = {
  title: 'Where the time goes',
  panels: [
    {
      title: 'How long requests take',
      description: 'Points are traces: open one that is slow. Then see whether gateway or upstream time rose as well.',
      draw: 'lines',
      unit: 's',
      exemplars: true,
      queries: quantiles(requests, served),
    },
    {
      title: "The gateway's own time",
      description: 'Time in which no upstream was waited for. High: see event loop, GC and CPU below.',
      draw: 'lines',
      unit: 's',
      queries: quantiles('weft_request_gateway_duration_seconds', lanes),
    },
    {
      title: 'Upstream time',
      description: 'Time in which at least one upstream was waited for. High: see which one, next row.',
      draw: 'lines',
      unit: 's',
      queries: quantiles('weft_request_upstream_duration_seconds', lanes),
    },
    {
      title: 'Share of the gateway in all time',
      description: 'Of the time that requests took. It falls when upstreams get slow and rises when the gateway does.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [
        {
          expr: `${rate('weft_request_gateway_duration_seconds_sum', lanes, 'lane')} / ${rate(`${requests}_sum`, lanes, 'lane')}`,
          legend: '{{lane}}',
        },
      ],
    },
    {
      title: 'Slowest routes',
      description: 'p99 of the ten slowest. A single one: look at its upstream and at its traces.',
      draw: 'lines',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: `topk(10, ${quantile(0.99, requests, { selector: served, by: 'http_route' })})`,
          legend: '{{http_route}}',
        },
      ],
    },
    {
      title: 'Slowest operations',
      description: 'p99 of the ten slowest. The log has a "slow operation" line with the plan and the calls of each.',
      draw: 'lines',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: `topk(10, ${quantile(0.99, 'weft_graphql_operation_duration_seconds', { selector: `${ofInstance}, graphql_operation_type!="subscription"`, by: 'graphql_operation_name' })})`,
          legend: '{{graphql_operation_name}}',
        },
      ],
    },
  ],
};

const upstreams: Row = {
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
          expr: `${rate(`${calls}_count`, `${ofUpstream}, ${failedCalls}`, 'upstream')} / ${rate(`${calls}_count`, ofUpstream, 'upstream')}`,
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
      title: 'Schemas that are not live',
      description:
        'last-good: a kept copy is used. missing: fields are out. Either: the upstream does not give its schema.',
      draw: 'table',
      unit: 'none',
      width: 24,
      queries: [
        {
          expr: `max by (upstream, state) (weft_upstream_schema{${ofUpstream}, state=~"last-good|missing"}) == 1`,
          legend: '{{upstream}} {{state}}',
        },
      ],
    },
  ],
};

const policies: Row = {
  title: 'Callers, limits, cache',
  panels: [
    {
      title: 'Limits without room',
      description:
        'By limit and tier; measured ones let pass. One caller, or all? The log has callerId of who was limited.',
      draw: 'lines',
      unit: 'cps',
      queries: [
        {
          expr: rate('weft_limit_hits_total', ofInstance, 'limit, tier, outcome'),
          legend: '{{limit}} {{tier}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Credentials refused, by cause',
      description:
        'EXPIRED or INVALID by the thousand: keys were changed, or a clock is wrong. IDENTITY_UNAVAILABLE: an identity server or Redis is gone.',
      draw: 'lines',
      unit: 'cps',
      queries: [{ expr: rate('weft_authentication_failures_total', ofInstance, 'code'), legend: '{{code}}' }],
    },
    {
      title: 'Cache hits',
      description:
        'Share of lookups that the cache answered. A fall after a release: keys changed. Upstreams get the rest.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [
        {
          expr: `${rate('weft_cache_lookups_total', `${ofInstance}, cache=~"answer|route", outcome=~"hit|stale|revalidated"`, 'cache')} / ${rate('weft_cache_lookups_total', `${ofInstance}, cache=~"answer|route"`, 'cache')}`,
          legend: '{{cache}}',
        },
      ],
    },
    {
      title: 'Time for credentials',
      description: 'Mean. High: an introspection server or a server of keys is slow.',
      draw: 'lines',
      unit: 's',
      queries: [{ expr: mean('weft_authentication_duration_seconds', ofInstance), legend: 'mean' }],
    },
    {
      title: 'Redis',
      description: '1 where Redis can be asked. 0: limits are counted as onOutage says, nothing is shared.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `weft_redis_up{${ofInstance}}`, legend: '{{instance}} {{connection}}' }],
    },
    {
      title: 'Errors that only the log tells',
      description: 'INTERNAL_ERROR: a bug, of the gateway or of a resolver; the log has its stack.',
      draw: 'lines',
      unit: 'cps',
      queries: [{ expr: rate('weft_internal_errors_total', ofInstance, 'code'), legend: '{{code}}' }],
    },
  ],
};

const processes: Row = {
  title: 'Processes',
  panels: [
    {
      title: 'Event loop: lateness, p99',
      description:
        'All requests wait as long. Above 0.1 s: see CPU and GC; else some code blocks, so take a CPU profile.',
      draw: 'lines',
      unit: 's',
      queries: [{ expr: `nodejs_eventloop_delay_p99_seconds{${ofInstance}}`, legend: '{{instance}}' }],
    },
    {
      title: 'Event loop: busy',
      description: 'Part of the time that it works. Above 0.8: more instances, or less to do for each.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [
        {
          expr: rate(
            'nodejs_eventloop_time_seconds_total',
            `${ofInstance}, nodejs_eventloop_state="active"`,
            'instance',
          ),
          legend: '{{instance}}',
        },
      ],
    },
    {
      title: 'CPU',
      description: 'Seconds a second. At the limit of its container it is throttled: give it more, or more instances.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: rate('process_cpu_time_seconds_total', ofInstance, 'instance'), legend: '{{instance}}' }],
    },
    {
      title: 'Garbage collection',
      description: 'Part of the time. Above 0.1: the heap is nearly full; see memory.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [{ expr: rate('v8js_gc_duration_seconds_sum', ofInstance, 'instance'), legend: '{{instance}}' }],
    },
    {
      title: 'Memory',
      description: 'Physical memory. A saw is well; a rise without end is a leak: restart it, keep a heap snapshot.',
      draw: 'lines',
      unit: 'bytes',
      queries: [{ expr: `process_memory_usage_bytes{${ofInstance}}`, legend: '{{instance}}' }],
    },
    {
      title: 'Connections of clients',
      description: 'Open sockets. All on one instance: the load balancer does not spread them.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `weft_listener_connections{${ofInstance}}`, legend: '{{instance}}' }],
    },
    {
      title: 'Restarts',
      description: 'Starts of a process within an hour. Any that nobody planned: read the last lines of its log.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `changes(process_start_time_seconds{${ofInstance}}[1h])`, legend: '{{instance}}' }],
    },
    {
      title: 'Reloads',
      description: 'Schemas that were taken over, or could not be. failed: the log says why; the old one is served.',
      draw: 'lines',
      unit: 'none',
      queries: [
        {
          expr: `sum by (outcome) (increase(weft_reloads_total{${ofInstance}}[$__rate_interval]))`,
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'What runs',
      description: 'Version and configuration of each instance. More than one of either: a release is half done.',
      draw: 'table',
      unit: 'none',
      queries: [
        { expr: `max by (instance, version, node) (weft_build_info{${ofInstance}})`, legend: '{{version}}' },
        { expr: `max by (instance, checksum) (weft_configuration_info{${ofInstance}})`, legend: '{{checksum}}' },
      ],
    },
  ],
};

/** What is slow, who fails, and whose fault it is; from the top down, each panel says where to look next. */
export const onCall: Dashboard = {
  uid: 'weft-on-call',
  title: 'Weft: on call',
  description: 'What is slow, who fails, and whose fault it is. Read it from the top; docs/operations.md goes with it.',
  from: 'now-3h',
  refresh: '30s',
  variables: [job, instance, route, upstream],
  rows: [first, time, upstreams, policies, processes],
};
