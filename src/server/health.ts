import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer } from './answer.ts';

/** What `/health/ready` tells of the gateway. */
export interface Readiness {
  /** False while the gateway has nothing to serve yet. */
  readonly ready: boolean;
  /** Upstream name to its state, in words for operators: `up`, `down`, `schema from disk`. */
  readonly upstreams: Readonly<Record<string, string>>;
}

/** `/health/live`: the process answers. Says nothing of upstreams: restarting the gateway would not help them. */
export function sendLive(req: IncomingMessage, res: ServerResponse): void {
  sendState(req, res, { status: 200, state: { status: 'live' } });
}

/** `/health/ready`: 200 where traffic may come, 503 while starting or shutting down. */
export function sendReady(
  req: IncomingMessage,
  res: ServerResponse,
  readiness: Readiness & { stopping: boolean },
): void {
  const { ready, stopping, upstreams } = readiness;
  const status = stopping ? 'shutting-down' : ready ? 'ready' : 'starting';
  sendState(req, res, { status: status === 'ready' ? 200 : 503, state: { status, upstreams } });
}

interface State {
  readonly status: number;
  readonly state: Readonly<Record<string, unknown>>;
}

function sendState(req: IncomingMessage, res: ServerResponse, { status, state }: State): void {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  sendAnswer(req, res, { status, headers, text: JSON.stringify(state) });
}
