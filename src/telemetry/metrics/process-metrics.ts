import {
  constants,
  monitorEventLoopDelay,
  performance,
  PerformanceObserver,
  type PerformanceEntry,
} from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import { definitions } from './definitions.ts';
import type { Histogram } from './points.ts';
import type { Registry, Write } from './registry.ts';

/** Two readers at a time must not each see a half: what was read so lately is told again, in milliseconds. */
const shortestWindowMs = 5000;
/** How often the event loop's lateness is looked at, in milliseconds. */
const resolutionMs = 20;

/** Counts what the process itself does. */
export function watchProcess(registry: Registry): { readonly stop: () => void } {
  const loop = watchLoop();
  const gc = watchCollections(registry);
  registry.read((write) => {
    loop.write(write);
    writeMemory(write);
    const { user, system } = process.cpuUsage();
    write(definitions.cpuTime, ['user'], user / 1e6);
    write(definitions.cpuTime, ['system'], system / 1e6);
    write(definitions.startTime, [], performance.timeOrigin / 1000);
    for (const [type, of] of Map.groupBy(process.getActiveResourcesInfo(), (each) => each))
      write(definitions.resources, [type], of.length);
  });
  return {
    stop: () => {
      loop.stop();
      gc.disconnect();
    },
  };
}

function writeMemory(write: Write): void {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  write(definitions.residentMemory, [], rss);
  write(definitions.heapSizeTotal, [], heapTotal);
  write(definitions.heapSizeUsed, [], heapUsed);
  write(definitions.externalMemory, [], external);
  write(definitions.arrayBuffers, [], arrayBuffers);
  for (const { space_name: space, space_size: size, space_used_size: used } of getHeapSpaceStatistics()) {
    write(definitions.heapUsed, [space], used);
    write(definitions.heapSpace, [space], size);
  }
}

function watchLoop(): { readonly write: (write: Write) => void; readonly stop: () => void } {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let before = performance.eventLoopUtilization();
  let readAt = -Infinity;
  let window = { p50: 0, p99: 0, max: 0, utilization: 0 };
  const read = (): void => {
    const now = performance.eventLoopUtilization();
    const isEmpty = delays.count === 0;
    window = {
      p50: isEmpty ? 0 : latenessOf(delays.percentile(50)),
      p99: isEmpty ? 0 : latenessOf(delays.percentile(99)),
      max: isEmpty ? 0 : latenessOf(delays.max),
      utilization: performance.eventLoopUtilization(now, before).utilization,
    };
    before = now;
    delays.reset();
  };
  return {
    write: (write) => {
      const now = performance.now();
      if (now - readAt >= shortestWindowMs) {
        readAt = now;
        read();
      }
      write(definitions.loopDelayP50, [], window.p50);
      write(definitions.loopDelayP99, [], window.p99);
      write(definitions.loopDelayMax, [], window.max);
      write(definitions.loopUtilization, [], window.utilization);
      const { active, idle } = performance.eventLoopUtilization();
      write(definitions.loopTime, ['active'], active / 1000);
      write(definitions.loopTime, ['idle'], idle / 1000);
    },
    stop: () => delays.disable(),
  };
}

/** Node.js counts the pause between two looks as well. Nanoseconds to seconds. */
function latenessOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds - resolutionMs * 1e6) / 1e9;
}

function watchCollections(registry: Registry): PerformanceObserver {
  const of = (type: string): Histogram => registry.histogram(definitions.gcDuration, [type]);
  const minor = of('minor');
  const byKind: ReadonlyMap<number | undefined, Histogram> = new Map([
    [constants.NODE_PERFORMANCE_GC_MINOR, minor],
    [constants.NODE_PERFORMANCE_GC_MAJOR, of('major')],
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL, of('incremental')],
    [constants.NODE_PERFORMANCE_GC_WEAKCB, of('weakcb')],
  ]);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) (byKind.get(kindOf(entry)) ?? minor).observe(entry.duration / 1000);
  });
  observer.observe({ entryTypes: ['gc'] });
  return observer;
}

function kindOf(entry: PerformanceEntry & { readonly detail?: unknown }): number | undefined {
  return (entry.detail as { readonly kind?: number } | undefined)?.kind;
}
