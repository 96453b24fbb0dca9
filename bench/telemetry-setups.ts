/** One gateway: what of telemetry it has. */
export interface TelemetrySetup {
  readonly title: string;
  /** Keys of `gateway.yaml`. */
  readonly gateway: Readonly<Record<string, unknown>>;
  /** What it may cost a request more than nothing, in microseconds. Default: no bound. */
  readonly targetUs?: number;
  /** Which proofs there must be that it did what it was started for. Default: none. */
  readonly proofs?: readonly Proof[];
  /** Share of requests of which spans must come, from 0 to 1; undefined where there are no traces. */
  readonly sampled?: number;
}

/** `metrics`: all requests are counted. `lines`: each request has a line in the log. */
export type Proof = 'metrics' | 'lines';

/** Longer than all turns: spans go out when a batch is full, so in the turns that make them, and not between. */
const exportInterval = '1h';

const silent = { level: 'silent' };
const accessOnly = { level: 'info', format: 'json', access: {}, slowerThan: 'off' };

/** Nothing is told: what all others are held against. */
export const off: TelemetrySetup = { title: 'off', gateway: { log: silent } };

/** @param receiver Base URL of a receiver of OTLP, which tells paths apart. */
export function telemetrySetups(receiver: string): readonly TelemetrySetup[] {
  const traces = (path: string, sample: number): object => ({
    sample,
    otlp: { url: `${receiver}/${path}`, protocol: 'http/protobuf', interval: exportInterval },
  });
  const traced = (percent: number, targetUs?: number): TelemetrySetup => ({
    title: `traces, ${percent} % sampled`,
    gateway: { log: silent, telemetry: { traces: traces(`traces-${percent}`, percent / 100) } },
    sampled: percent / 100,
    ...(targetUs !== undefined && { targetUs }),
  });
  return [
    { ...off, title: 'off, once more' },
    { title: 'metrics', gateway: { log: silent, telemetry: { metrics: {} } }, targetUs: 2, proofs: ['metrics'] },
    { title: 'access log', gateway: { log: accessOnly }, targetUs: 4, proofs: ['lines'] },
    traced(0),
    traced(10, 5),
    traced(100),
    {
      title: 'metrics, access log, traces 10 %',
      gateway: { log: accessOnly, telemetry: { metrics: {}, traces: traces('all', 0.1) } },
      targetUs: 11,
      proofs: ['metrics', 'lines'],
      sampled: 0.1,
    },
    { title: 'slow operations', gateway: { log: { level: 'info', format: 'json', slowerThan: '1s' } } },
  ];
}

/** Path at the receiver that a setup's spans come to; undefined where it sends none. */
export function receiverPathOf({ gateway }: TelemetrySetup): string | undefined {
  const { telemetry } = gateway as { telemetry?: { traces?: { otlp: { url: string } } } };
  return telemetry?.traces && new URL(telemetry.traces.otlp.url).pathname;
}
