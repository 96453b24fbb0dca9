import { telemetry } from '../../src/config/telemetry-schema.ts';
import { labelName, prometheusName, type Definition } from '../../src/telemetry/metrics/definition.ts';
import { definitions } from '../../src/telemetry/metrics/definitions.ts';
import { parseExpression, type Matcher } from './promql.ts';
import type { Rule } from './rules.ts';

/** A metric that Prometheus has: its labels, each with all that it may be, or undefined where it may be anything. */
export type Labels = ReadonlyMap<string, readonly string[] | undefined>;

/** By name of a sample. */
export type Catalog = ReadonlyMap<string, Labels>;

/** What Prometheus says itself, or adds to whatever it reads. */
const target = [
  ['job', undefined],
  ['instance', undefined],
] as const;

const alertLabels: Labels = new Map([
  ...target,
  ['alertname', undefined],
  ['alertstate', ['pending', 'firing']],
  ['severity', undefined],
]);

const { metrics } = telemetry.parse({ metrics: {} });
const defaultBounds = metrics?.durationBuckets ?? [];

/** All that dashboards and rules may ask for, read from the definitions of metrics and from the rules that record. */
export function createCatalog(rules: readonly Rule[]): Catalog {
  const catalog = new Map<string, Labels>([
    ['up', new Map(target)],
    ['ALERTS', alertLabels],
  ]);
  for (const definition of Object.values<Definition>(definitions))
    for (const [name, labels] of samplesOf(definition)) catalog.set(name, labels);
  for (const { record, expr, labels = {} } of rules) {
    if (record === undefined) continue;
    const { selectors, labels: grouped } = parseExpression(expr);
    const recorded = selectors.filter(({ metric }) => metric.includes(':'));
    catalog.set(
      record,
      new Map([
        ...(catalog.get(record) ?? []),
        ...grouped.map((label) => [label, undefined] as const),
        ...recorded.flatMap(({ metric }) => [...(catalog.get(metric) ?? [])]),
        ...Object.keys(labels).map((label) => [label, undefined] as const),
      ]),
    );
  }
  return catalog;
}

function samplesOf(definition: Definition): readonly (readonly [string, Labels])[] {
  const name = prometheusName(definition);
  const labels = [...target, ...definition.labels.map((label) => [labelName(label), label.values] as const)];
  const { bounds } = definition;
  if (bounds === undefined) return [[name, new Map(labels)]];
  const printed = (bounds === 'durations' ? defaultBounds : bounds).map((bound) =>
    Number.isInteger(bound) ? `${bound}.0` : String(bound),
  );
  return [
    [`${name}_bucket`, new Map([...labels, ['le', [...printed, '+Inf']]])],
    [`${name}_sum`, new Map(labels)],
    [`${name}_count`, new Map(labels)],
  ];
}

/** What is wrong with an expression: names of metrics and labels that there are not, and values that never come. */
export function problemsOf(expr: string, catalog: Catalog): readonly string[] {
  const { selectors, labels } = parseExpression(expr);
  if (selectors.length === 0 && !expr.startsWith('vector(')) return [`asks for no metric: ${expr}`];
  const known = new Set<string>();
  const problems: string[] = [];
  for (const { metric, matchers } of selectors) {
    const of = catalog.get(metric);
    if (!of) {
      problems.push(`no metric ${metric}`);
      continue;
    }
    for (const label of of.keys()) known.add(label);
    problems.push(...matchers.flatMap((matcher) => problemsOfMatcher(matcher, of).map((text) => `${metric}: ${text}`)));
  }
  for (const label of labels) if (!known.has(label)) problems.push(`no label ${label} in ${expr}`);
  return problems;
}

function problemsOfMatcher({ label, operator, value }: Matcher, labels: Labels): readonly string[] {
  if (!labels.has(label)) return [`no label ${label}`];
  const values = labels.get(label);
  // A variable of a dashboard.
  if (values === undefined || value.startsWith('$')) return [];
  const asked = operator.endsWith('~') ? value.split('|') : [value];
  return asked.filter((each) => each !== '' && !values.includes(each)).map((each) => `${label} is never "${each}"`);
}
