import type { Row } from './dashboard.ts';
import { mean, ofInstance, ofUpstream, rate } from './expressions.ts';

export const calls: Row = {
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

export const shared: Row = {
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
