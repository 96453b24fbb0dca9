import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { publishInternalError, type Events } from './channels.ts';

/**
 * Listens to a channel. A listener that throws would end the process, as Node.js has it of every subscriber; here it loses
 * what it was told, and the first time is told as an error.
 *
 * @returns What ends it.
 */
export function listenTo<Name extends keyof Events>(channel: Name, hear: (event: Events[Name]) => void): () => void {
  let hasFailed = false;
  const guarded = (event: unknown): void => {
    try {
      hear(event as Events[Name]);
    } catch (thrown) {
      if (hasFailed) return;
      hasFailed = true;
      const error = new Error(`a listener of ${channel} failed; what it is told then is lost`, { cause: thrown });
      publishInternalError({ error, requestId: undefined });
    }
  };
  subscribe(channel, guarded);
  return () => {
    unsubscribe(channel, guarded);
  };
}
