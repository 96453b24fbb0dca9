import type { ServerResponse } from 'node:http';

/**
 * Aborts when the client leaves before it has its whole answer; a pipelined answer that waits for its turn hears of it
 * too.
 */
export function clientSignal(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}
