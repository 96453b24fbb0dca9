import type { Timeline, TimelineCall } from '../../telemetry/timeline.ts';

/** How numbers are told in the panel. All pure; all run in the browser. */

/** Milliseconds to three digits: `0.12 ms`, `12.3 ms`, `1234 ms`. */
export function formatTime(milliseconds: number): string {
  const digits = milliseconds >= 100 ? 0 : milliseconds >= 10 ? 1 : milliseconds >= 1 ? 2 : 3;
  return `${milliseconds.toFixed(digits)} ms`;
}

export function formatBytes(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}

/** What a call asked for, in a word: its operation, or its method and path. */
export function describeCall({ kind, method, template, operationName }: TimelineCall): string {
  if (kind === 'graphql') return operationName ?? 'GraphQL';
  return `${method} ${template}`;
}

/** Whether nothing came of the call, or its status says that it failed. */
export function isFailed({ error, status }: TimelineCall): boolean {
  return error !== null || status >= 400;
}

/** All that is known of a call, as names and values to read. */
export function figuresOf(call: TimelineCall): readonly (readonly [string, string])[] {
  const { wait, headers, error, status, batch, attempts, isRunning } = call;
  return [
    ['Upstream', call.upstream],
    ['Asked for', describeCall(call)],
    ['Start', formatTime(call.start)],
    ['Wait', wait === null ? 'never sent' : formatTime(wait)],
    ['To headers', headers === null ? 'none came' : formatTime(headers)],
    ['Time', `${formatTime(call.time)}${isRunning ? ', still running' : ''}`],
    ['Source', call.source],
    ['Status', status === 0 ? 'none' : String(status)],
    ...(error === null ? [] : [['Error', error] as const]),
    ['Attempts', String(attempts)],
    ['Batch', batch === 1 ? '1 (no batch)' : String(batch)],
    ['Bytes out', formatBytes(call.requestBytes)],
    ['Bytes in', formatBytes(call.responseBytes)],
  ];
}

/** The last moment that is drawn, in milliseconds since the request's start; above 0. */
export function spanOf({ total, calls }: Timeline): number {
  return Math.max(0.001, total, ...calls.map(({ start, time }) => start + time));
}

/** Round moments along the span, at most six: 0, 5, 10, … */
export function ticksOf(span: number): readonly number[] {
  const magnitude = 10 ** Math.floor(Math.log10(span / 5));
  const step = magnitude * ([1, 2, 5, 10].find((factor) => magnitude * factor * 5 >= span) ?? 10);
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}
