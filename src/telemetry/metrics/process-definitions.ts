import { counter, free, gauge, histogram, updown, type Definition } from './definition.ts';

/**
 * What the process itself is like.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/ | OpenTelemetry, Semantic conventions for Node.js runtime metrics}
 */

export const gcTypes = ['minor', 'major', 'incremental', 'weakcb'] as const;

const pauses = { unit: 's', bounds: [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] };

export const processDefinitions = {
  loopDelayP50: gauge('nodejs.eventloop.delay.p50', 's', 'Median lateness of the event loop since the reading before.'),
  loopDelayP99: gauge(
    'nodejs.eventloop.delay.p99',
    's',
    '99th percentile of the lateness of the event loop since the reading before.',
  ),
  loopDelayMax: gauge(
    'nodejs.eventloop.delay.max',
    's',
    'Greatest lateness of the event loop since the reading before.',
  ),
  loopUtilization: gauge(
    'nodejs.eventloop.utilization',
    '1',
    'Part of the time that the event loop was busy, since the reading before.',
  ),
  loopTime: counter('nodejs.eventloop.time', 's', 'Time that the event loop was busy, and idle.', {
    'nodejs.eventloop.state': ['active', 'idle'],
  }),
  gcDuration: histogram('v8js.gc.duration', pauses, 'Pauses for garbage collection.', { 'v8js.gc.type': gcTypes }),
  heapUsed: updown('v8js.memory.heap.used', 'By', 'Heap in use, by space.', { 'v8js.heap.space.name': free }),
  heapSpace: updown('v8js.memory.heap.space.size', 'By', 'Heap set aside, by space.', { 'v8js.heap.space.name': free }),
  resources: gauge('v8js.resource.active', '{resource}', 'What keeps the event loop alive, by type.', {
    'v8js.resource.type': free,
  }),
  heapSizeUsed: gauge('nodejs.heap_size.used', 'By', 'Heap in use.'),
  heapSizeTotal: gauge('nodejs.heap_size.total', 'By', 'Heap set aside.'),
  externalMemory: gauge('nodejs.external_memory', 'By', 'Memory of objects that V8 knows of and does not hold.'),
  arrayBuffers: gauge('nodejs.array_buffer_memory', 'By', 'Memory of buffers; a part of the external memory.'),
  residentMemory: updown('process.memory.usage', 'By', 'Physical memory in use.'),
  cpuTime: counter('process.cpu.time', 's', 'CPU time.', { 'cpu.mode': ['user', 'system'] }),
  startTime: gauge('process.start_time', 's', 'When the process started, in seconds since 1970.'),
} as const satisfies Readonly<Record<string, Definition>>;
