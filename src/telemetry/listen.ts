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

type Hear = (record: RequestRecord) => void;

/** So many requests are told at once, or those of so long, in milliseconds. */
const maxWaiting = 32;
const maxWaitMs = 100;

/** Requests that have ended, of which nobody has heard yet, and those who want to. */
let waiting: RequestRecord[] = [];
let hearers: readonly Hear[] = [];
let timer: NodeJS.Timeout | undefined;
let endQueue: (() => void) | undefined;

/**
 * Listens to requests that have ended, many at a time. What is done for one right after the other costs a third of what it
 * costs between requests, as code and data are at hand.
 */
export function listenToEnds(hear: Hear): EndListener {
  const hearing = guarded('weft:request.end', hear);
  flushEnds();
  hearers = [...hearers, hearing];
  endQueue ??= listenTo('weft:request.end', waitForMore);
  return {
    flush: flushEnds,
    stop: () => {
      flushEnds();
      hearers = hearers.filter((other) => other !== hearing);
      if (hearers.length > 0) return;
      endQueue?.();
      endQueue = undefined;
    },
  };
}

function waitForMore(record: RequestRecord): void {
  if (waiting.push(record) >= maxWaiting) flushEnds();
  // Not ended by a flush: it costs more to begin anew than to find nothing.
  else timer ??= setTimeout(onTimer, maxWaitMs).unref();
}

function onTimer(): void {
  timer = undefined;
  flushEnds();
}

function flushEnds(): void {
  const ended = waiting;
  if (ended.length === 0) return;
  waiting = [];
  for (const hear of hearers) for (const record of ended) hear(record);
}
