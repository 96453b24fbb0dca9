import { LRUCache } from 'lru-cache';
import { splitDurations } from '../durations.ts';
import type { OperationRun, RequestRecord } from '../record.ts';
import { callFieldsOf, rounded } from './access-fields.ts';

/** One operation is written so often, and all of them together so many times in that time. */
const intervalMs = 60_000;
const maxLines = 30;
/** Operations that are remembered; one that is forgotten may be written again at once. */
const maxOperations = 500;
/** Longest text of a plan, in UTF-16 units. */
const maxPlanLength = 16_384;

interface Seen {
  /** When it may be written again, by `performance.now()`. */
  readonly until: number;
  /** How often it was slow since it was written. */
  skipped: number;
}

export interface SlowOperationsOptions {
  /** In milliseconds. */
  readonly slowerThanMs: number;
  readonly tell: (fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Tells of operations that took long, with their plan. One that is always slow fills no log: it is told once a minute,
 * with how often it was slow in between. A subscription takes as long as its client wants, and is not told.
 */
export class SlowOperations {
  readonly #options: SlowOperationsOptions;
  readonly #seen = new LRUCache<string, Seen>({ max: maxOperations });
  #windowEndsAt = 0;
  #linesLeft = 0;

  constructor(options: SlowOperationsOptions) {
    this.#options = options;
  }

  see(record: RequestRecord): void {
    if (record.endedAt - record.startedAt <= this.#options.slowerThanMs) return;
    for (const run of record.runs) if (run.operation.type !== 'subscription') this.#see(run, record);
  }

  #see(run: OperationRun, record: RequestRecord): void {
    const hash = run.operation.hash();
    const now = record.endedAt;
    const known = this.#seen.get(hash);
    if ((known && now < known.until) || !this.#hasRoom(now)) {
      if (known) known.skipped += 1;
      else this.#seen.set(hash, { until: now, skipped: 1 });
      return;
    }
    this.#seen.set(hash, { until: now + intervalMs, skipped: 0 });
    this.#options.tell(fieldsOf(run, record, known?.skipped ?? 0));
  }

  #hasRoom(now: number): boolean {
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + intervalMs;
      this.#linesLeft = maxLines;
    }
    this.#linesLeft -= 1;
    return this.#linesLeft >= 0;
  }
}

function fieldsOf(
  { operation, engine, planMs, estimatedCost, actualCost }: OperationRun,
  record: RequestRecord,
  skipped: number,
): Readonly<Record<string, unknown>> {
  const { totalMs, gatewayMs, upstreamMs } = splitDurations(record);
  return {
    requestId: record.requestId,
    traceId: record.trace?.traceId,
    operationName: operation.name,
    operationType: operation.type,
    operationHash: operation.hash(),
    engine,
    batchSize: record.batchSize || undefined,
    durationMs: rounded(totalMs),
    gatewayMs: rounded(gatewayMs),
    upstreamMs: rounded(upstreamMs),
    planMs: rounded(planMs) || undefined,
    estimatedCost,
    actualCost,
    ...callFieldsOf(record),
    skipped: skipped || undefined,
    plan: planText(operation.plan),
  };
}

function planText(plan: OperationRun['operation']['plan']): string | undefined {
  const text = plan?.();
  if (text === undefined || text.length <= maxPlanLength) return text;
  return `${text.slice(0, maxPlanLength)}\n… (${text.length - maxPlanLength} more characters)`;
}
