import type { Dashboard, Row } from './dashboard.ts';
import {
  buckets,
  instance,
  job,
  mean,
  ofInstance,
  ofOperation,
  ofUpstream,
  operation,
  quantile,
  quantiles,
  rate,
  route,
  served,
  upstream,
} from './expressions.ts';

const distributions: Row = {
  title: 'Distributions',
  panels: [
    {
      title: 'Requests',
      description:
        'Two bands: two kinds of requests, say hits and misses. Points are traces; open one of the upper band.',
      draw: 'heatmap',
      unit: 's',
      exemplars: true,
      queries: [buckets('http_server_request_duration_seconds', served)],
    },
    {
      title: 'Operations',
      description: 'Of the operations chosen above. A long tail: look for its plan in the "slow operation" lines.',
      draw: 'heatmap',
      unit: 's',
      exemplars: true,
      queries: [buckets('weft_graphql_operation_duration_seconds', ofOperation)],
    },
    {
      title: 'Upstream calls',
      description: 'Of the upstreams chosen above. A band at the timeout: those calls were cut off.',
      draw: 'heatmap',
      unit: 's',
      exemplars: true,
      queries: [buckets('http_client_request_duration_seconds', ofUpstream)],
    },
    {
      title: "The gateway's own time",
      description: 'It does not depend on upstreams. A second band: planning, or a busy event loop.',
      draw: 'heatmap',
      unit: 's',
      queries: [buckets('weft_request_gateway_duration_seconds', ofInstance)],
    },
    {
      title: 'Size of answers',
      description: 'Large ones cost CPU and wait. Look for the operation, and for lists without a page size.',
      draw: 'heatmap',
      unit: 'bytes',
      queries: [buckets('http_server_response_body_size_bytes', `${ofInstance}, http_route=~"$route"`)],
    },
    {
      title: 'Size of upstream answers',
      description: 'Much larger than the answers to clients: upstreams send what nobody asked for.',
      draw: 'heatmap',
      unit: 'bytes',
      queries: [buckets('http_client_response_body_size_bytes', ofUpstream)],
    },
  ],
};

const graphql: Row = {
  title: 'GraphQL',
  panels: [
    {
      title: 'Plans at hand',
      description:
        'Share of operations whose plan was kept. Below 0.9: clients build documents; have them use variables.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [
        {
          expr: `${rate('weft_graphql_plan_lookups_total', `${ofInstance}, outcome="hit"`)} / ${rate('weft_graphql_plan_lookups_total', ofInstance)}`,
          legend: 'hit',
        },
      ],
    },
    {
      title: 'Kept plans',
      description: 'Operations whose plan is kept. They go, oldest first, at 64 MiB: see their size beside.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `weft_graphql_plan_entries{${ofInstance}}`, legend: '{{instance}}' }],
    },
    {
      title: 'Size of kept plans',
      description: 'By estimate. At 64 MiB with few hits: too many different documents for one process.',
      draw: 'lines',
      unit: 'bytes',
      queries: [{ expr: `weft_graphql_plan_size_bytes{${ofInstance}}`, legend: '{{instance}}' }],
    },
    {
      title: 'Time to plan',
      description: 'For planning and compiling, once an operation. High: "weft plan" shows what is hard about it.',
      draw: 'lines',
      unit: 's',
      queries: quantiles('weft_graphql_plan_duration_seconds', ofInstance),
    },
    {
      title: 'Time to parse and validate',
      description: 'p99, of documents that were not known. High: documents are large; persisted operations help.',
      draw: 'lines',
      unit: 's',
      queries: [
        { expr: quantile(0.99, 'weft_graphql_parse_duration_seconds', { selector: ofInstance }), legend: 'parse' },
        {
          expr: quantile(0.99, 'weft_graphql_validate_duration_seconds', { selector: ofInstance }),
          legend: 'validate',
        },
      ],
    },
    {
      title: 'Engine used',
      description:
        'stitched is slower: the log names what the planner declines. none: refused, or answered from the cache.',
      draw: 'stack',
      unit: 'ops',
      queries: [{ expr: rate('weft_graphql_operations_total', ofInstance, 'engine'), legend: '{{engine}}' }],
    },
    {
      title: 'Operations by errors',
      description: 'The ten that fail most, with the code. The log has their requests by operationName.',
      draw: 'lines',
      unit: 'cps',
      queries: [
        {
          expr: `topk(10, ${rate('weft_graphql_operation_errors_total', ofOperation, 'graphql_operation_name, code')})`,
          legend: '{{graphql_operation_name}} {{code}}',
        },
      ],
    },
    {
      title: 'Cost',
      description: 'Mean points. Estimates far above what it came to: say @listSize in the schema.',
      draw: 'lines',
      unit: 'short',
      queries: [{ expr: mean('weft_graphql_operation_cost', ofInstance, 'cost'), legend: '{{cost}}' }],
    },
    {
      title: 'Operations of an HTTP batch',
      description: 'Mean. Large batches wait for their slowest operation.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: mean('weft_graphql_batch_size', ofInstance), legend: 'mean' }],
    },
  ],
};

const calls: Row = {
  title: 'Upstream calls',
  panels: [
    {
      title: 'How calls are answered',
      description: 'shared and cache cost the upstream nothing. Only upstream: see whether it may be kept or shared.',
      draw: 'stack',
      unit: 'ops',
      queries: [{ expr: rate('weft_upstream_calls_total', ofUpstream, 'source'), legend: '{{source}}' }],
    },
    {
      title: 'Calls by kind',
      description: 'schema: polls. Many rest calls for few requests: "weft check" names fields with a call per item.',
      draw: 'stack',
      unit: 'ops',
      queries: [
        { expr: rate('weft_upstream_calls_total', ofUpstream, 'upstream, kind'), legend: '{{upstream}} {{kind}}' },
      ],
    },
    {
      title: 'Batch sizes',
      description: 'Mean of keys asked for at once. 1 where lists are read: the look-up has no "many".',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: mean('weft_upstream_batch_size', ofUpstream, 'upstream'), legend: '{{upstream}}' }],
    },
    {
      title: 'Sockets',
      description: 'connected, and free of them. None free for long: raise "connections" of the upstream.',
      draw: 'lines',
      unit: 'none',
      queries: [
        {
          expr: `sum by (upstream, target, state) (weft_upstream_pool_connections{${ofUpstream}})`,
          legend: '{{upstream}} {{target}} {{state}}',
        },
      ],
    },
    {
      title: 'Requests in pools',
      description: 'queued have no socket, pending wait on one. Only one target: it hangs, the others are well.',
      draw: 'lines',
      unit: 'none',
      queries: [
        {
          expr: `sum by (upstream, target, state) (weft_upstream_pool_requests{${ofUpstream}})`,
          legend: '{{upstream}} {{target}} {{state}}',
        },
      ],
    },
    {
      title: 'Size of what is sent',
      description: 'Mean of bodies. Growing: batches grow, or variables do.',
      draw: 'lines',
      unit: 'bytes',
      queries: [{ expr: mean('http_client_request_body_size_bytes', ofUpstream, 'upstream'), legend: '{{upstream}}' }],
    },
  ],
};

const shared: Row = {
  title: 'Cache and Redis',
  panels: [
    {
      title: 'What came of caches',
      description: 'bypass: it may not be kept. Many misses: too short a time, or too much in the key.',
      draw: 'stack',
      unit: 'ops',
      queries: [
        { expr: rate('weft_cache_lookups_total', ofInstance, 'cache, outcome'), legend: '{{cache}} {{outcome}}' },
      ],
    },
    {
      title: 'Kept entries',
      description: 'Falls at once: it was emptied, by a purge or because messages of other instances were missed.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `weft_cache_entries{${ofInstance}}`, legend: '{{instance}} {{store}}' }],
    },
    {
      title: 'Size of what is kept',
      description: 'At cache.maxSize with few hits: raise it, or keep less.',
      draw: 'lines',
      unit: 'bytes',
      queries: [{ expr: `weft_cache_size_bytes{${ofInstance}}`, legend: '{{instance}} {{store}}' }],
    },
    {
      title: 'Lookups in stores',
      description: 'By whatever cache. Misses that rise on one instance alone: it was just started.',
      draw: 'stack',
      unit: 'ops',
      queries: [
        { expr: rate('weft_cache_store_lookups_total', ofInstance, 'store, outcome'), legend: '{{store}} {{outcome}}' },
      ],
    },
    {
      title: 'Failures of stores',
      description: 'Redis failed, or took longer than cache.timeout. Look at its latency, memory and network.',
      draw: 'lines',
      unit: 'cps',
      queries: [
        { expr: rate('weft_cache_failures_total', ofInstance, 'instance, store'), legend: '{{instance}} {{store}}' },
      ],
    },
    {
      title: 'Redis',
      description: '1 where it can be asked. Only one instance has 0: look at its network.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `weft_redis_up{${ofInstance}}`, legend: '{{instance}} {{connection}}' }],
    },
  ],
};

const memory: Row = {
  title: 'Node.js',
  panels: [
    {
      title: 'Heap by space',
      description: 'old_space that grows without end is a leak; large_object_space: large answers.',
      draw: 'stack',
      unit: 'bytes',
      queries: [
        {
          expr: `sum by (v8js_heap_space_name) (v8js_memory_heap_used_bytes{${ofInstance}})`,
          legend: '{{v8js_heap_space_name}}',
        },
      ],
    },
    {
      title: 'Heap, and set aside for it',
      description: 'Both close together and rising: the process will run out; see GC.',
      draw: 'lines',
      unit: 'bytes',
      queries: [
        { expr: `nodejs_heap_size_used_bytes{${ofInstance}}`, legend: '{{instance}} used' },
        { expr: `nodejs_heap_size_total_bytes{${ofInstance}}`, legend: '{{instance}} total' },
      ],
    },
    {
      title: 'Memory outside of the heap',
      description: 'Buffers: bodies under way and what is kept. Growing alone: slow readers, or streams that hang.',
      draw: 'lines',
      unit: 'bytes',
      queries: [
        { expr: `nodejs_external_memory_bytes{${ofInstance}}`, legend: '{{instance}} external' },
        { expr: `nodejs_array_buffer_memory_bytes{${ofInstance}}`, legend: '{{instance}} buffers' },
      ],
    },
    {
      title: 'Time in garbage collection',
      description: 'By type. major: the old space is full. minor: much is made and thrown away.',
      draw: 'stack',
      unit: 'percentunit',
      queries: [{ expr: rate('v8js_gc_duration_seconds_sum', ofInstance, 'v8js_gc_type'), legend: '{{v8js_gc_type}}' }],
    },
    {
      title: 'Pauses of garbage collection',
      description: 'p99. All requests of the process wait as long.',
      draw: 'lines',
      unit: 's',
      queries: [
        {
          expr: quantile(0.99, 'v8js_gc_duration_seconds', { selector: ofInstance, by: 'v8js_gc_type' }),
          legend: '{{v8js_gc_type}}',
        },
      ],
    },
    {
      title: 'Event loop: lateness',
      description: 'max far above p99: single long pieces of work, such as planning or a huge answer.',
      draw: 'lines',
      unit: 's',
      queries: [
        { expr: `max(nodejs_eventloop_delay_p50_seconds{${ofInstance}})`, legend: 'p50' },
        { expr: `max(nodejs_eventloop_delay_p99_seconds{${ofInstance}})`, legend: 'p99' },
        { expr: `max(nodejs_eventloop_delay_max_seconds{${ofInstance}})`, legend: 'max' },
      ],
    },
    {
      title: 'CPU by mode',
      description: 'system above a third of user: many small reads and writes, or swapping.',
      draw: 'stack',
      unit: 'none',
      queries: [{ expr: rate('process_cpu_time_seconds_total', ofInstance, 'cpu_mode'), legend: '{{cpu_mode}}' }],
    },
    {
      title: 'What keeps the event loop alive',
      description: 'Sockets and timers by type. One that grows without end is a leak.',
      draw: 'lines',
      unit: 'none',
      queries: [
        {
          expr: `sum by (v8js_resource_type) (v8js_resource_active{${ofInstance}})`,
          legend: '{{v8js_resource_type}}',
        },
      ],
    },
    {
      title: 'Generations',
      description: 'How often the gateway was put together. Rises often: an upstream changes its schema to and fro.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `weft_generation{${ofInstance}}`, legend: '{{instance}}' }],
    },
  ],
};

const telemetry: Row = {
  title: 'Telemetry itself',
  panels: [
    {
      title: 'Folded label sets',
      description:
        'Observations that were counted as _other. Raise maxSeries or maxOperations, or find who makes the names.',
      draw: 'lines',
      unit: 'cps',
      queries: [{ expr: rate('weft_telemetry_folded_total', ofInstance, 'metric'), legend: '{{metric}}' }],
    },
    {
      title: 'Spans',
      description: 'dropped: the queue was full; sample less. failed: the receiver did not take them; see the log.',
      draw: 'stack',
      unit: 'cps',
      queries: [{ expr: rate('weft_telemetry_spans_total', ofInstance, 'outcome'), legend: '{{outcome}}' }],
    },
    {
      title: 'Spans that wait',
      description: 'At maxQueued they are dropped. Rising: the receiver is slow.',
      draw: 'lines',
      unit: 'none',
      queries: [{ expr: `weft_telemetry_spans_queued{${ofInstance}}`, legend: '{{instance}}' }],
    },
    {
      title: 'Exports of metrics',
      description: 'By OTLP. failed: the receiver did not take them; Prometheus reads on without it.',
      draw: 'stack',
      unit: 'cps',
      queries: [{ expr: rate('weft_telemetry_exports_total', ofInstance, 'outcome'), legend: '{{outcome}}' }],
    },
    {
      title: 'Lost lines of the log',
      description: 'Whoever reads standard output is too slow. Sample the access log, or look at the collector.',
      draw: 'lines',
      unit: 'cps',
      queries: [
        { expr: rate('weft_telemetry_log_lines_dropped_total', ofInstance, 'instance'), legend: '{{instance}}' },
      ],
    },
    {
      title: 'Notices and probes',
      description:
        'What operators were told, by level, and how often health and metrics were asked for. The log has the words.',
      draw: 'lines',
      unit: 'cps',
      queries: [
        { expr: rate('weft_notices_total', ofInstance, 'level'), legend: '{{level}}' },
        {
          expr: rate('weft_probe_requests_total', ofInstance, 'probe, http_response_status_code'),
          legend: '{{probe}} {{http_response_status_code}}',
        },
      ],
    },
  ],
};

/** What is behind the figures of "Weft: on call". */
export const debug: Dashboard = {
  uid: 'weft-debug',
  title: 'Weft: debug',
  description: 'Distributions, plans, calls, memory, and the telemetry itself: what is behind "Weft: on call".',
  from: 'now-1h',
  refresh: '30s',
  variables: [job, instance, route, operation, upstream],
  rows: [distributions, graphql, calls, shared, memory, telemetry],
};
