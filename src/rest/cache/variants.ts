import type { CacheStore, Entry, Found, Stamp } from '../../cache/types.ts';
import { varyNames } from '../../cache/http/vary.ts';
import type { Exchange } from './exchange.ts';
import { canTellApart, variantKey, type RouteKey } from './keys.ts';

/** Where the answer to a request stands, and what stands there. */
export interface Looked {
  readonly key: string;
  readonly entry: Entry | undefined;
  /** Names of the request fields by which answers of the primary key are told apart. */
  readonly names: readonly string[];
  /** Until when the names are kept, milliseconds since 1970. */
  readonly namesUntil: number;
}

/** No answer has this status: what stands there names the fields by which answers vary. */
const signpost = 0;
const none: readonly string[] = [];
const maxNames = 20;

/**
 * Looks for the answer to a request: under its primary key stands the answer, or the names of the fields that tell its
 * variants apart. At once (no promise) where the store knows at once.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.1 | RFC 9111, 4.1 Calculating Cache Keys with the Vary Header Field}
 */
export function lookUp(store: CacheStore, exchange: Exchange, primary: string): Looked | Promise<Looked> {
  const found = store.get(primary);
  if (found instanceof Promise) return found.then((first) => lookFurther(store, exchange, { primary, found: first }));
  return lookFurther(store, exchange, { primary, found });
}

interface First {
  readonly primary: string;
  readonly found: Found | undefined;
}

function lookFurther(store: CacheStore, exchange: Exchange, { primary, found }: First): Looked | Promise<Looked> {
  if (found?.entry.status !== signpost) return { key: primary, entry: found?.entry, names: none, namesUntil: 0 };
  const names = varyNames(found.entry.headers) ?? none;
  const namesUntil = found.entry.freshUntil;
  const key = variantKey(primary, names, exchange);
  const variant = store.get(key);
  if (variant instanceof Promise) return variant.then((second) => ({ key, entry: second?.entry, names, namesUntil }));
  return { key, entry: variant?.entry, names, namesUntil };
}

/** All names by which an answer and those kept before it vary; undefined: it cannot be told apart from others. */
export function namesFor(headers: Entry['headers'], known: readonly string[]): readonly string[] | undefined {
  const own = varyNames(headers);
  if (own === undefined || !own.every(canTellApart)) return undefined;
  // One name more never takes two requests for one; one less might.
  const names = [...new Set([...known, ...own])].toSorted();
  return names.length > maxNames ? undefined : names;
}

export interface Keeping {
  readonly exchange: Exchange;
  readonly key: RouteKey;
  /** What was found before the call. */
  readonly looked: Pick<Looked, 'namesUntil'>;
  /** As `namesFor` gives them. */
  readonly names: readonly string[];
  readonly since: Stamp;
}

/** Keeps an answer where `lookUp` will find it. */
export function keep(store: CacheStore, entry: Entry, { exchange, key, looked, names, since }: Keeping): void {
  if (names.length === 0) {
    store.set(key.primary, entry, since);
    return;
  }
  // The signpost must outlive all variants.
  const until = Math.max(entry.staleUntil, entry.staleIfErrorUntil, entry.keptUntil ?? 0, looked.namesUntil);
  const times = { freshUntil: until, staleUntil: until, staleIfErrorUntil: until, madeAt: entry.madeAt };
  const headers = { vary: names.join(', ') };
  store.set(key.primary, { ...times, status: signpost, headers, body: noBody, tags: entry.tags }, since);
  store.set(variantKey(key.primary, names, exchange), entry, since);
}

const noBody = new Uint8Array();
