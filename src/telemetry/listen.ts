import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { publishInternalError, type Events } from './channels.ts';
import type { RequestRecord } from './record.ts';

/**
 * Listens to a channel. A listener that throws would end the process, as Node.js has it of every subscriber; here it loses
 * what it was told, and the first time is told as an error.
 *
 * @returns What ends it.
 */
export function listenTo<Name extends keyof Events>(channel: Name, hear: (event: Events[Name]) => void): () => void {
  const hearing = guarded(channel, hear);
  const listener = (event: unknown): void => hearing(event as Events[Name]);
  subscribe(channel, listener);
  return () => {
    unsubscribe(channel, listener);
  };
}

function guarded<Event>(channel: string, hear: (event: Event) => void): (event: Event) => void {
  let hasFailed = false;
  return (event) => {
    try {
      hear(event);
    } catch (thrown) {
      if (hasFailed) return;
      hasFailed = true;
      const error = new Error(`a listener of ${channel} failed; what it is told then is lost`, { cause: thrown });
      publishInternalError({ error, requestId: undefined });
    }
  };
}

export interface EndListener {
  /** Hears at once what has ended so far. */
  readonly flush: () => void;
  /** Hears what has ended so far, and nothing more. */
  readonly stop: () => void;
}

/**
 * Listens to requests that have ended, many at a time: all of one turn of the event loop. What is done for one right after
 * the other costs half of what it costs between requests, as code and data are at hand.
 */
export function listenToEnds(hear: (record: RequestRecord) => void): EndListener {
  let waiting: RequestRecord[] = [];
  const hearOne = guarded('weft:request.end', hear);
  const flush = (): void => {
    const ended = waiting;
    waiting = [];
    for (const record of ended) hearOne(record);
  };
  const end = listenTo('weft:request.end', (record) => {
    if (waiting.push(record) === 1) setImmediate(flush);
  });
  return {
    flush,
    stop: () => {
      end();
      flush();
    },
  };
}
