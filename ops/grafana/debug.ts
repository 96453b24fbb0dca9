import type { Dashboard, Row } from './dashboard.ts';
import { calls, shared } from './debug-calls.ts';
import { memory, telemetry } from './debug-process.ts';
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
  share,
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
      title: 'Size of requests',
      description: 'Large ones: clients send whole documents each time; persisted operations help.',
      draw: 'heatmap',
      unit: 'bytes',
      queries: [buckets('http_server_request_body_size_bytes', `${ofInstance}, http_route=~"$route"`)],
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
          expr: share('weft_graphql_plan_lookups_total', 'outcome="hit"', { selector: ofInstance }),
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
