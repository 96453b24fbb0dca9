import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { TestContext } from 'node:test';
import type { NoticeEvent } from '../../src/telemetry/channels.ts';

export interface Notices {
  readonly all: readonly NoticeEvent[];
  /** The first notice of this text: one that came already, or the next that will. */
  readonly seen: (text: RegExp) => Promise<NoticeEvent>;
}

/** What operators are told while the test runs. */
export function listenToNotices(t: TestContext): Notices {
  const all: NoticeEvent[] = [];
  const waiting = new Set<(notice: NoticeEvent) => void>();
  const listen = (message: unknown): void => {
    const notice = message as NoticeEvent;
    all.push(notice);
    for (const tell of waiting) tell(notice);
  };
  subscribe('weft:notice', listen);
  t.after(() => unsubscribe('weft:notice', listen));
  return {
    all,
    seen: (text) => {
      const known = all.find(({ message }) => text.test(message));
      if (known) return Promise.resolve(known);
      return new Promise((resolve) => {
        const tell = (notice: NoticeEvent): void => {
          if (!text.test(notice.message)) return;
          waiting.delete(tell);
          resolve(notice);
        };
        waiting.add(tell);
      });
    },
  };
}
