import type { Query, Variable } from './dashboard.ts';

/** Expressions that several panels have in common. Rates are over `$__rate_interval`, which Grafana fits to the panel. */

export const ofJob = 'job=~"$job"';
export const ofInstance = `${ofJob}, instance=~"$instance"`;
/** Requests that objectives are about, and aborted ones. */
export const served = `${ofInstance}, lane=~"graphql|rest", http_route=~"$route"`;
export const ofUpstream = `${ofInstance}, upstream=~"$upstream"`;
export const ofOperation = `${ofInstance}, graphql_operation_name=~"$operation"`;

/** Calls that failed by the upstream's fault: not those that their client gave up, or a limit refused. */
export const failedCalls = 'error_type!~"|CLIENT_CLOSED_REQUEST|RATE_LIMITED"';

/** The sum of rates of a counter, by labels. */
export function rate(metric: string, selector: string, by = ''): string {
  return `sum${by === '' ? '' : ` by (${by})`} (rate(${metric}{${selector}}[$__rate_interval]))`;
}

/** A quantile of a histogram, by labels. */
export function quantile(part: number, histogram: string, { selector, by = '' }: Selected): string {
  const rates = rate(`${histogram}_bucket`, selector, by === '' ? 'le' : `le, ${by}`);
  return `histogram_quantile(${part}, ${rates})`;
}

export interface Selected {
  readonly selector: string;
  readonly by?: string;
}

/** p50, p95 and p99 of a histogram. */
export function quantiles(histogram: string, selector: string): readonly Query[] {
  return [50, 95, 99].map((percent) => ({
    expr: quantile(percent / 100, histogram, { selector }),
    legend: `p${percent}`,
  }));
}

/**
 * What share of a counter's events is such, by labels: of all that `selector` chooses, those that `such` chooses as well. 0
 * where none is yet, as "no data" might mean anything.
 */
export function share(metric: string, such: string, { selector, by = '' }: Selected): string {
  const all = rate(metric, selector, by);
  return `(${rate(metric, `${selector}, ${such}`, by)} or 0 * ${all}) / ${all}`;
}

/** What a histogram's values come to on average, by labels. */
export function mean(histogram: string, selector: string, by = ''): string {
  return `${rate(`${histogram}_sum`, selector, by)} / ${rate(`${histogram}_count`, selector, by)}`;
}

/** Buckets for a heatmap. */
export function buckets(histogram: string, selector: string): Query {
  return { expr: `sum by (le) (increase(${histogram}_bucket{${selector}}[$__rate_interval]))`, legend: '{{le}}' };
}

const values = (name: string, label: string, { metric, from }: { metric: string; from: string }): Variable => ({
  name,
  label,
  values: `label_values(${metric}, ${from})`,
});

export const job = values('job', 'Job', { metric: 'weft_build_info', from: 'job' });
export const instance = values('instance', 'Instance', { metric: 'weft_build_info{job=~"$job"}', from: 'instance' });
export const route = values('route', 'Route', {
  metric: 'http_server_request_duration_seconds_count{job=~"$job"}',
  from: 'http_route',
});
export const operation = values('operation', 'Operation', {
  metric: 'weft_graphql_operation_duration_seconds_count{job=~"$job"}',
  from: 'graphql_operation_name',
});
export const upstream = values('upstream', 'Upstream', {
  metric: 'http_client_request_duration_seconds_count{job=~"$job"}',
  from: 'upstream',
});
