import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Aborts when the client leaves before it has its whole answer. It listens to the socket as well as to the response:
 * a pipelined response that waits for its turn is told nothing of the connection.
 */
export function clientSignal({ socket }: IncomingMessage, res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const leave = (): void => {
    if (!res.writableFinished) controller.abort();
  };
  socket.once('close', leave);
  res.once('close', () => {
    socket.off('close', leave);
    leave();
  });
  return controller.signal;
}
