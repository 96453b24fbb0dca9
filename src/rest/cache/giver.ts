import type { Entry } from '../../cache/types.ts';
import type { Exchange, Outcome } from './exchange.ts';
import { gather } from './gather.ts';
import type { RouteKey } from './keys.ts';
import type { RecentKeys } from './recent-keys.ts';
import type { Renewed } from './renew.ts';
import { hasAlready, serve, writeNotModified } from './serve.ts';

export interface GiverOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether requests with `weft-cache: true` are told by `x-cache` what came of the cache. */
  readonly show: boolean;
  /** Largest body that is kept, in bytes. */
  readonly maxEntryBytes: number;
}

export interface Given {
  /** Whether the answer is kept. Rejects where it was cut off. */
  readonly isKept: Promise<boolean>;
  /** When the client has all. */
  readonly done: Promise<void>;
}

interface Asked {
  readonly exchange: Exchange;
  readonly key: RouteKey;
}

/** Gives clients what is kept, and what came of a call. */
export class Giver {
  readonly #options: GiverOptions;
  readonly #unstorable: RecentKeys;

  /** @param unstorable Told which keys have answers that may not be kept. */
  constructor(options: GiverOptions, unstorable: RecentKeys) {
    this.#options = options;
    this.#unstorable = unstorable;
  }

  /** Answers with what is kept. */
  serve(exchange: Exchange, entry: Entry, outcome: Outcome): void {
    serve(exchange, entry, { now: this.#options.now(), more: this.told(exchange, outcome) });
  }

  /** Gives a client what came of a call, and keeps what is to be kept. */
  give(asked: Asked, renewed: Renewed, hasClient = true): Given {
    const { exchange } = asked;
    switch (renewed.is) {
      case 'coming':
        return this.#stream(asked, renewed, hasClient);
      case 'passing':
        return this.#pass(asked, renewed, hasClient);
      case 'validated':
        if (hasClient) this.serve(exchange, renewed.entry, 'miss');
        if (exchange.scope.record) exchange.scope.record.cache = 'revalidated';
        return { isKept: renewed.isKept ? yes : no, done: nothing };
      case 'stood-in':
        if (hasClient) this.serve(exchange, renewed.entry, 'stale');
        return { isKept: no, done: nothing };
      default:
        return renewed satisfies never;
    }
  }

  #pass({ exchange, key }: Asked, { response, isUnasked }: PassingBy, hasClient: boolean): Given {
    const { status, headers, body } = response;
    // Others do not wait for what they could not have; an upstream that fails may do better soon.
    if (status < 500 && status !== 304) this.#unstorable.add(key.primary, this.#options.now());
    const more = this.told(exchange, 'miss');
    const isKnown = hasClient && isUnasked && hasAlready(exchange, response);
    if (isKnown) writeNotModified(exchange, headers, more);
    else if (hasClient) {
      const done = exchange.pass(response, more);
      // Whoever waits hears of it later than it may fail.
      done.catch(() => {});
      return { isKept: no, done };
    }
    body.destroy();
    return { isKept: no, done: nothing };
  }

  #stream({ exchange, key }: Asked, { response, onWhole }: Coming, hasClient: boolean): Given {
    const { res } = exchange;
    const { status, headers, body } = response;
    const more = this.told(exchange, 'miss');
    const isKnown = hasClient && hasAlready(exchange, response);
    if (isKnown) writeNotModified(exchange, headers, more);
    else if (hasClient) res.writeHead(status, Object.assign(exchange.fieldsOf(response), more));
    const to = hasClient && !isKnown ? res : undefined;
    if (to && body.readableLength === 0 && !body.readableEnded) to.flushHeaders();
    const { maxEntryBytes: maxBytes } = this.#options;
    const gathering = gather(body, { to, maxBytes, onWhole });
    const isKept = gathering.body.then((whole) => {
      if (whole === undefined) this.#unstorable.add(key.primary, this.#options.now());
      else this.#unstorable.delete(key.primary);
      return whole !== undefined;
    });
    isKept.catch(() => {});
    return { isKept, done: gathering.done };
  }

  /** What came of the cache, for those who ask. */
  told({ req, scope }: Exchange, outcome: Outcome): Readonly<Record<string, string>> {
    if (scope.record) scope.record.cache = outcome;
    return this.#options.show && req.headers['weft-cache'] === 'true' ? { 'x-cache': outcome } : {};
  }
}

type Coming = Extract<Renewed, { readonly is: 'coming' }>;
type PassingBy = Extract<Renewed, { readonly is: 'passing' }>;

const yes = Promise.resolve(true);
const no = Promise.resolve(false);
const nothing = Promise.resolve();
