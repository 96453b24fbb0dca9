/** What a metric is, once for all that read it: registry, texts, OTLP, documentation, dashboards. */
export interface Definition {
  /** As OpenTelemetry spells it: `http.server.request.duration`. */
  readonly name: string;
  /** `updown`: a sum that also falls. `info`: always 1, its labels say what is. */
  readonly type: 'counter' | 'updown' | 'gauge' | 'histogram' | 'info';
  /** UCUM: `s`, `By`, `1` for a ratio, `{request}` for what is counted; '' for none. */
  readonly unit: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds of a histogram, ascending; `durations`: as configured. */
  readonly bounds?: readonly number[] | 'durations';
}

export interface Label {
  /** As OpenTelemetry spells it: `http.route`. */
  readonly name: string;
  /** All that it may be; undefined: it is free, and folds into `_other` where a metric has too many label sets. */
  readonly values: readonly string[] | undefined;
}

/** Written in place of a value that would be one too many. */
export const other = '_other';

export const free = undefined;

/** Labels in the order in which values are given, each with its values. */
type Labels = Readonly<Record<string, readonly string[] | undefined>>;

const labelsOf = (labels: Labels): readonly Label[] =>
  Object.entries(labels).map(([name, values]) => ({ name, values }));

type Define = (name: string, unit: string, help: string, labels?: Labels) => Definition;

const definer =
  (type: Exclude<Definition['type'], 'histogram'>): Define =>
  (name, unit, help, labels = {}) => ({ name, type, unit, help, labels: labelsOf(labels) });

export const counter = definer('counter');
export const updown = definer('updown');
export const gauge = definer('gauge');
export const info = definer('info');

/** A histogram of durations with the configured bounds. */
export function durations(name: string, help: string, labels: Labels = {}): Definition {
  return { name, type: 'histogram', unit: 's', help, labels: labelsOf(labels), bounds: 'durations' };
}

/** What a histogram with bounds of its own counts. */
interface Counted {
  readonly unit: string;
  readonly bounds: readonly number[];
}

export function histogram(name: string, { unit, bounds }: Counted, help: string, labels: Labels = {}): Definition {
  return { name, type: 'histogram', unit, help, labels: labelsOf(labels), bounds };
}

const units: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' };

/** The unit as Prometheus spells it; '' for none. */
export function prometheusUnit({ type, unit }: Pick<Definition, 'type' | 'unit'>): string {
  return unit === '1' && type === 'gauge' ? 'ratio' : (units[unit] ?? '');
}

/**
 * The name of the metric family in OpenMetrics: without `_total` and `_info`.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ | OpenTelemetry, Prometheus and OpenMetrics Compatibility}
 */
export function familyName({ name, type, unit }: Pick<Definition, 'name' | 'type' | 'unit'>): string {
  const plain = name.replaceAll('.', '_');
  if (type === 'info') return plain.replace(/_info$/, '');
  const suffix = prometheusUnit({ type, unit });
  return suffix === '' || plain.endsWith(`_${suffix}`) ? plain : `${plain}_${suffix}`;
}

/** The name of the metric in Prometheus: of its samples, but for a histogram's suffixes. */
export function prometheusName(definition: Pick<Definition, 'name' | 'type' | 'unit'>): string {
  const family = familyName(definition);
  if (definition.type === 'counter') return `${family}_total`;
  return definition.type === 'info' ? `${family}_info` : family;
}

/** The name of a label in Prometheus. */
export function labelName({ name }: Label): string {
  return name.replaceAll('.', '_');
}
