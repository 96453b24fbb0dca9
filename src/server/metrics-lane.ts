import type { IncomingMessage, ServerResponse } from 'node:http';
import { recordOf } from '../telemetry/record.ts';
import { sendError } from './answer.ts';
import type { Enter, Entered, Lane } from './graphql-lane.ts';

export interface MetricsLaneOptions {
  readonly enter: Enter;
  /** Answers a request that was let in. */
  readonly handle: (req: IncomingMessage, res: ServerResponse) => void;
}

/** Metrics on the gateway's own listener, behind the same entrance as all else. */
export function createMetricsLane({ enter, handle }: MetricsLaneOptions): Lane {
  return async (req, res) => {
    const record = recordOf(res);
    if (record) record.served = 'metrics';
    const entered: Entered = await enter(req, res);
    if (entered.is === 'refused') sendError(req, res, entered.error, entered.scope.requestId);
    else if (entered.is === 'admitted') handle(req, res);
  };
}
