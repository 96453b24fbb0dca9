import type { Dashboard } from './dashboard.ts';
import { job, ofJob, quantile, rate } from './expressions.ts';

const lanes = `${ofJob}, lane=~"graphql|rest"`;
const requests = 'http_server_request_duration_seconds';

/** Whether the service keeps its promises. The objectives are those of `ops/prometheus/rules.yaml`. */
export const executive: Dashboard = {
  uid: 'weft-executive',
  title: 'Weft: objectives',
  description: 'Whether the gateway keeps its promises, and who uses it. Needs the rules of ops/prometheus/rules.yaml.',
  from: 'now-7d',
  refresh: '5m',
  variables: [job],
  rows: [
    {
      title: 'Promises',
      panels: [
        {
          title: 'Availability, 3 days',
          description:
            'Requests that did not fail by the fault of the gateway or an upstream. 99.9 % is promised. Below it: open "Weft: on call", errors by fault.',
          draw: 'stat',
          unit: 'percentunit',
          thresholds: [0.9995, 0.999],
          queries: [{ expr: `1 - job:weft_failures:ratio_rate3d{${ofJob}}`, legend: '{{job}}' }],
        },
        {
          title: 'Fast answers, 3 days',
          description:
            'Answers that took 250 ms at most. 99 % are promised. Below it: open "Weft: on call", gateway against upstream time.',
          draw: 'stat',
          unit: 'percentunit',
          thresholds: [0.995, 0.99],
          queries: [{ expr: `1 - job:weft_slow_answers:ratio_rate3d{${ofJob}}`, legend: '{{job}}' }],
        },
        {
          title: 'Error budget left, availability',
          description:
            'Of the failures that 30 days may have, the part that is left. Below 0 the promise is broken: stop risky releases until it recovers.',
          draw: 'stat',
          unit: 'percentunit',
          thresholds: [0.5, 0.1],
          queries: [
            { expr: `job:weft_error_budget_left:ratio30d{${ofJob}, objective="availability"}`, legend: '{{job}}' },
          ],
        },
        {
          title: 'Error budget left, latency',
          description:
            'Of the slow answers that 30 days may have, the part that is left. Below 0 the promise is broken: look for what got slower.',
          draw: 'stat',
          unit: 'percentunit',
          thresholds: [0.5, 0.1],
          queries: [{ expr: `job:weft_error_budget_left:ratio30d{${ofJob}, objective="latency"}`, legend: '{{job}}' }],
        },
        {
          title: 'Requests now',
          description: 'Requests a second, of GraphQL and of REST routes. Zero by day: ask who is on call.',
          draw: 'stat',
          unit: 'reqps',
          queries: [{ expr: `job:weft_requests:rate5m{${ofJob}}`, legend: '{{job}}' }],
        },
        {
          title: 'Instances',
          description: 'Instances that Prometheus reaches. Fewer than planned: look at "restarts" in "Weft: on call".',
          draw: 'stat',
          unit: 'none',
          queries: [{ expr: `count by (job) (weft_build_info{${ofJob}})`, legend: '{{job}}' }],
        },
        {
          title: 'Error budgets over time',
          description:
            'A line that falls steeply is an incident; one that falls slowly is a fault that nobody looks after.',
          draw: 'lines',
          unit: 'percentunit',
          width: 12,
          queries: [{ expr: `job:weft_error_budget_left:ratio30d{${ofJob}}`, legend: '{{job}} {{objective}}' }],
        },
        {
          title: 'Failed and slow requests',
          description: 'Shares of an hour. 0.1 % may fail and 1 % may be slow; what is above it spends the budget.',
          draw: 'lines',
          unit: 'percentunit',
          width: 12,
          queries: [
            { expr: `job:weft_failures:ratio_rate1h{${ofJob}}`, legend: '{{job}} failed' },
            { expr: `job:weft_slow_answers:ratio_rate1h{${ofJob}}`, legend: '{{job}} slow' },
          ],
        },
      ],
    },
    {
      title: 'Use',
      panels: [
        {
          title: 'Traffic',
          description: 'Requests a second by what answered them. A drop without a reason: ask who is on call.',
          draw: 'stack',
          unit: 'reqps',
          width: 12,
          queries: [{ expr: rate(`${requests}_count`, lanes, 'lane'), legend: '{{lane}}' }],
        },
        {
          title: 'How long requests take',
          description:
            'Half of the requests, and 99 of 100, take this long at most. A rise of both: look at upstreams.',
          draw: 'lines',
          unit: 's',
          width: 12,
          exemplars: true,
          queries: [
            { expr: quantile(0.5, requests, { selector: lanes }), legend: 'p50' },
            { expr: quantile(0.99, requests, { selector: lanes }), legend: 'p99' },
          ],
        },
        {
          title: 'Operations most asked for',
          description:
            'The ten that come most often, by the name that clients give them. Caching and budgets begin here.',
          draw: 'bars',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expr: `topk(10, sum by (graphql_operation_name) (rate(weft_graphql_operation_duration_seconds_count{${ofJob}}[$__range])))`,
              legend: '{{graphql_operation_name}}',
            },
          ],
        },
        {
          title: 'Operations that take most time',
          description:
            'All their requests together: seconds of waiting a second. To make one of these faster helps most.',
          draw: 'bars',
          unit: 'none',
          width: 12,
          queries: [
            {
              expr: `topk(10, sum by (graphql_operation_name) (rate(weft_graphql_operation_duration_seconds_sum{${ofJob}, graphql_operation_type!="subscription"}[$__range])))`,
              legend: '{{graphql_operation_name}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Whose fault',
      panels: [
        {
          title: 'Errors by fault',
          description:
            'Of all errors, whose fault they were. Upstream: talk to its team, named beside. Gateway: to whoever runs this. Client: their teams.',
          draw: 'stack',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: `${rate('weft_errors_total', ofJob, 'fault')} / ignoring (fault) group_left () ${rate('weft_errors_total', ofJob)}`,
              legend: '{{fault}}',
            },
          ],
        },
        {
          title: 'Upstreams by errors',
          description:
            'The ten upstreams that failed most often in this time. Talk to their teams, the first one first.',
          draw: 'bars',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: `topk(10, sum by (upstream) (increase(weft_errors_total{${ofJob}, fault="upstream"}[$__range])))`,
              legend: '{{upstream}}',
            },
          ],
        },
      ],
    },
  ],
};
