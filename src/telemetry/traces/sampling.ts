import type { TracesConfig } from '../../config/telemetry-types.ts';
import { faultOf } from '../outcome.ts';
import type { RequestRecord, TracePlace } from '../record.ts';
import { compileMatch } from '../request-match.ts';

/**
 * Decides whether a trace is sampled: a parent's decision where it is followed, else the first rule that fits, else the
 * rate for all. Equal trace ids get equal decisions, here and in every service that goes by the same bits. What asks for
 * health or metrics is never sampled.
 */
export function createSampler(
  config: Pick<TracesConfig, 'rules' | 'rate' | 'parent'>,
): (record: RequestRecord) => boolean {
  const rules = config.rules.map(({ match, rate }) => ({ fits: compileMatch(match), rate }));
  const follows = config.parent === 'follow';
  return (record) => {
    const { trace } = record;
    if (trace === undefined || !isTraced(record)) return false;
    if (follows && trace.parentSampled !== undefined) return trace.parentSampled;
    for (const { fits, rate } of rules) if (fits(record)) return isWithin(trace, rate);
    return isWithin(trace, config.rate);
  };
}

/** Whether spans are made of such a request at all. */
export function isTraced({ served }: RequestRecord): boolean {
  return served !== 'probe' && served !== 'metrics';
}

/**
 * Whether a request is exported though it was not sampled: it failed, or took long. A subscription takes as long as its
 * client wants, so that its time says nothing.
 */
export function createKeeper(
  config: Pick<TracesConfig, 'keepErrors' | 'keepSlowerThanMs'>,
): (record: RequestRecord) => boolean {
  const { keepErrors, keepSlowerThanMs } = config;
  return (record) =>
    (keepErrors && hasFailed(record)) ||
    (keepSlowerThanMs > 0 && record.endedAt - record.startedAt > keepSlowerThanMs && !isSubscription(record));
}

/** Whether the gateway failed, or an upstream said no, whatever its reason was; a client's own mistake is no failure. */
export function hasFailed({ status, errors }: RequestRecord): boolean {
  if (status >= 500) return true;
  for (const { code, upstream } of errors)
    if (upstream !== undefined || faultOf(code, upstream) !== 'client') return true;
  return false;
}

function isSubscription({ runs }: RequestRecord): boolean {
  for (const { operation } of runs) if (operation.type === 'subscription') return true;
  return false;
}

// 13 hexadecimal digits, as a double holds 53 bits exactly.
const randomDigits = 13;
const randomRange = 2 ** 52;

function isWithin(trace: TracePlace, rate: number): boolean {
  return randomnessOf(trace) >= (1 - rate) * randomRange;
}

/**
 * The first 52 of the 56 bits that samplers agree on: those that `tracestate` names, else the end of the trace id.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/ | OpenTelemetry, TraceState: Probability Sampling}
 */
function randomnessOf({ traceId, state }: TracePlace): number {
  const named = state.includes('ot=')
    ? /(?:^|,)\s*ot=(?:[^,]*;)?rv:([0-9a-f]{14})(?![^;,\s])/.exec(state)?.[1]
    : undefined;
  return Number.parseInt((named ?? traceId.slice(-14)).slice(0, randomDigits), 16);
}
