import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { publishInternalError } from './channels.ts';

/**
 * Listens to a channel. A listener that throws would end the process, as Node.js has it of every subscriber; here it loses
 * what it was told, and the first time is told as an error.
 *
 * @returns What ends it.
 */
export function listenTo<Event>(channel: string, hear: (event: Event) => void): () => void {
  let hasFailed = false;
  const guarded = (event: unknown): void => {
    try {
      hear(event as Event);
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
