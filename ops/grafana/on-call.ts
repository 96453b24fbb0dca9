import type { Dashboard, Row } from './dashboard.ts';
import { policies, processes } from './on-call-gateway.ts';
import { upstreams } from './on-call-upstreams.ts';
import {
  instance,
  job,
  ofInstance,
  ofJob,
  quantile,
  quantiles,
  rate,
  route,
  served,
  share,
  upstream,
} from './expressions.ts';

const requests = 'http_server_request_duration_seconds';
const lanes = `${ofInstance}, lane=~"graphql|rest"`;

const first: Row = {
  title: 'First of all',
  panels: [
    {
      title: 'Failed, 5 minutes',
      description: 'Requests that failed by the fault of the gateway or an upstream. Red: see "Errors by fault" below.',
      draw: 'stat',
      unit: 'percentunit',
      thresholds: [0.001, 0.0144],
      queries: [{ expr: `job:weft_failures:ratio_rate5m{${ofJob}}`, legend: '{{job}}' }],
    },
    {
      title: 'Slow, 5 minutes',
      description: 'Answers that took more than 250 ms. Red: see "Where the time goes" below.',
      draw: 'stat',
      unit: 'percentunit',
      thresholds: [0.01, 0.144],
      queries: [{ expr: `job:weft_slow_answers:ratio_rate5m{${ofJob}}`, legend: '{{job}}' }],
    },
    {
      title: 'Requests',
      description: 'Requests a second, aborted ones too. None: look at the load balancer, and at /health/ready.',
      draw: 'stat',
      unit: 'reqps',
      queries: [{ expr: rate(`${requests}_count`, served), legend: 'requests' }],
    },
    {
      title: 'Under way',
      description: 'Requests that are being answered, probes among them. Rising without more traffic: something hangs.',
      draw: 'stat',
      unit: 'none',
      queries: [{ expr: `sum(http_server_active_requests{${ofInstance}})`, legend: 'under way' }],
    },
    {
      title: 'Instances',
      description: 'Instances that Prometheus reaches. Fewer than planned: see "Restarts" below, and the orchestrator.',
      draw: 'stat',
      unit: 'none',
      queries: [{ expr: `count(weft_build_info{${ofInstance}})`, legend: 'instances' }],
    },
    {
      title: 'Alerts',
      description: 'Alerts of Weft that fire. Each has a section in docs/operations.md.',
      draw: 'stat',
      unit: 'none',
      thresholds: [1, 2],
      queries: [{ expr: 'count(ALERTS{alertname=~"Weft.+", alertstate="firing"}) or vector(0)', legend: 'firing' }],
    },
    {
      title: 'How requests end',
      description:
        'upstream_error: see the upstreams below. gateway_error: see the log by outcome. limited: see limits. aborted: clients waited too long.',
      draw: 'stack',
      unit: 'reqps',
      queries: [{ expr: rate(`${requests}_count`, served, 'outcome'), legend: '{{outcome}}' }],
    },
    {
      title: 'Errors by fault and code',
      description: 'The worst ten. The code says what to look for in the log; fault says whose it is.',
      draw: 'lines',
      unit: 'cps',
      queries: [
        {
          expr: `topk(10, ${rate('weft_errors_total', ofInstance, 'fault, code, upstream')})`,
          legend: '{{fault}} {{code}} {{upstream}}',
        },
      ],
    },
    {
      title: 'Routes that fail',
      description: 'Share of failed requests by route. One route: look at its upstream. All: look at the gateway.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [
        {
          expr: share(`${requests}_count`, 'outcome=~"gateway_error|upstream_error"', {
            selector: served,
            by: 'http_route',
          }),
          legend: '{{http_route}}',
        },
      ],
    },
  ],
};

const time: Row = {
  title: 'Where the time goes',
  panels: [
    {
      title: 'How long requests take',
      description: 'Points are traces: open one that is slow. Then see whether gateway or upstream time rose as well.',
      draw: 'lines',
      unit: 's',
      exemplars: true,
      queries: quantiles(requests, served),
    },
    {
      title: "The gateway's own time",
      description: 'Time in which no upstream was waited for. High: see event loop, GC and CPU below.',
      draw: 'lines',
      unit: 's',
      queries: quantiles('weft_request_gateway_duration_seconds', lanes),
    },
    {
      title: 'Upstream time',
      description: 'Time in which at least one upstream was waited for. High: see which one, next row.',
      draw: 'lines',
      unit: 's',
      queries: quantiles('weft_request_upstream_duration_seconds', lanes),
    },
    {
      title: 'Share of the gateway in all time',
      description: 'Of the time that requests took. It falls when upstreams get slow and rises when the gateway does.',
      draw: 'lines',
      unit: 'percentunit',
      queries: [
        {
          expr: `${rate('weft_request_gateway_duration_seconds_sum', lanes, 'lane')} / ${rate(`${requests}_sum`, lanes, 'lane')}`,
          legend: '{{lane}}',
        },
      ],
    },
    {
      title: 'Slowest routes',
      description: 'p99 of the ten slowest. A single one: look at its upstream and at its traces.',
      draw: 'lines',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: `topk(10, ${quantile(0.99, requests, { selector: served, by: 'http_route' })})`,
          legend: '{{http_route}}',
        },
      ],
    },
    {
      title: 'Slowest operations',
      description: 'p99 of the ten slowest. The log has a "slow operation" line with the plan and the calls of each.',
      draw: 'lines',
      unit: 's',
      exemplars: true,
      queries: [
        {
          expr: `topk(10, ${quantile(0.99, 'weft_graphql_operation_duration_seconds', { selector: `${ofInstance}, graphql_operation_type!="subscription"`, by: 'graphql_operation_name' })})`,
          legend: '{{graphql_operation_name}}',
        },
      ],
    },
  ],
};

/** What is slow, who fails, and whose fault it is; from the top down, each panel says where to look next. */
export const onCall: Dashboard = {
  uid: 'weft-on-call',
  title: 'Weft: on call',
  description: 'What is slow, who fails, and whose fault it is. Read it from the top; docs/operations.md goes with it.',
  from: 'now-3h',
  refresh: '30s',
  variables: [job, instance, route, upstream],
  rows: [first, time, upstreams, policies, processes],
};
