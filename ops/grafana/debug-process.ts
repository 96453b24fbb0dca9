import type { Row } from './dashboard.ts';
import { ofInstance, quantile, rate } from './expressions.ts';

export const memory: Row = {
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
      title: 'Heap set aside, by space',
      description: 'Much more than is in use: there was a peak. V8 gives it back late.',
      draw: 'stack',
      unit: 'bytes',
      queries: [
        {
          expr: `sum by (v8js_heap_space_name) (v8js_memory_heap_space_size_bytes{${ofInstance}})`,
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
      title: 'Event loop: busy between two readings',
      description:
        'Of the time since Prometheus read last. 1 in one reading and little in the next: work comes in bursts.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [{ expr: `nodejs_eventloop_utilization_ratio{${ofInstance}}`, legend: '{{instance}}' }],
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

export const telemetry: Row = {
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
