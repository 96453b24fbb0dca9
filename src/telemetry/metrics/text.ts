import { familyName, labelName, prometheusName, prometheusUnit, type Definition } from './definition.ts';
import { Histogram, type Amount, type Exemplar, type Point } from './points.ts';
import type { Family } from './registry.ts';

/**
 * Texts that Prometheus reads.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/ | Prometheus, Exposition formats, 0.0.4}
 * @see {@link https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md | OpenMetrics 1.0}
 */

export type TextFormat = 'prometheus' | 'openmetrics';

export const contentTypes: Readonly<Record<TextFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Pure. */
export function printMetrics(families: readonly Family[], format: TextFormat): string {
  let text = '';
  for (const family of families) text += printFamily(family, format);
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function printFamily({ definition, points }: Family, format: TextFormat): string {
  let text = printHead(definition, format);
  const name = prometheusName(definition);
  const starts = definition.labels.map((label) => `${labelName(label)}="`);
  for (const point of points) {
    const labels = printLabels(starts, point);
    text +=
      point instanceof Histogram
        ? printHistogram(name, labels, { point, hasExemplars: format === 'openmetrics' })
        : printAmount(name, labels, point);
  }
  return text;
}

function printHead(definition: Definition, format: TextFormat): string {
  const isOpen = format === 'openmetrics';
  const name = isOpen ? familyName(definition) : prometheusName(definition);
  const unit = isOpen ? prometheusUnit(definition) : '';
  const help = definition.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${name} ${help}\n# TYPE ${name} ${typeOf(definition, isOpen)}\n${unit === '' ? '' : `# UNIT ${name} ${unit}\n`}`;
}

function typeOf({ type }: Definition, isOpen: boolean): string {
  if (type === 'updown') return 'gauge';
  return type === 'info' && !isOpen ? 'gauge' : type;
}

/** A label without a value is the same as none, to Prometheus. */
function printLabels(starts: readonly string[], { labels }: Point): string {
  let text = '';
  for (const [index, start] of starts.entries()) {
    const value = labels[index] ?? '';
    if (value !== '') text += `${text === '' ? '' : ','}${start}${escapeLabel(value)}"`;
  }
  return text;
}

const special = /[\\"\n]/;

function escapeLabel(value: string): string {
  if (!special.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function printAmount(name: string, labels: string, { value }: Amount): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${printNumber(value)}\n`;
}

interface Printed {
  readonly point: Histogram;
  readonly hasExemplars: boolean;
}

function printHistogram(name: string, labels: string, { point, hasExemplars }: Printed): string {
  const { bounds, counts, sum, exemplars } = point;
  const start = `${name}_bucket{${labels}${labels === '' ? '' : ','}le="`;
  let text = '';
  let count = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    count += counts[bucket] ?? 0;
    const exemplar = hasExemplars ? exemplars?.[bucket] : undefined;
    text += `${start}${printBound(bounds[bucket])}"} ${count}${exemplar ? printExemplar(exemplar) : ''}\n`;
  }
  const set = labels === '' ? '' : `{${labels}}`;
  return `${text}${name}_sum${set} ${printNumber(sum)}\n${name}_count${set} ${count}\n`;
}

/** OpenMetrics wants `1.0`; written so in both formats, a change of format changes no series. */
function printBound(bound: number | undefined): string {
  if (bound === undefined) return '+Inf';
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function printExemplar({ traceId, spanId, value, time }: Exemplar): string {
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${printNumber(value)} ${time.toFixed(3)}`;
}

function printNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
