import type { Row } from './dashboard.ts';
import { mean, ofInstance, rate, share } from './expressions.ts';

export const policies: Row = {
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
          expr: share('weft_cache_lookups_total', 'outcome=~"hit|stale|revalidated"', {
            selector: `${ofInstance}, cache=~"answer|route"`,
            by: 'cache',
          }),
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

export const processes: Row = {
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
