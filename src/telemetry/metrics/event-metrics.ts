import { GatewayError } from '../../errors.ts';
import type { InternalErrorEvent, LimitEvent, LostLinesEvent, NoticeEvent } from '../channels.ts';
import { definitions } from './definitions.ts';
import { codeName } from './names.ts';
import type { Registry } from './registry.ts';

/** Counts what is told apart from requests. */
export class EventMetrics {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  limit({ limit, outcome, tier }: LimitEvent): void {
    this.#registry.amount(definitions.limitHits, [limit, tier ?? '', outcome]).add();
  }

  error({ error }: InternalErrorEvent): void {
    const code = error instanceof GatewayError ? error.code : 'INTERNAL_ERROR';
    this.#registry.amount(definitions.internalErrors, [codeName(code)]).add();
  }

  notice({ level }: NoticeEvent): void {
    this.#registry.amount(definitions.notices, [level]).add();
  }

  lostLines({ lines }: LostLinesEvent): void {
    this.#registry.amount(definitions.logLinesDropped, []).add(lines);
  }
}
