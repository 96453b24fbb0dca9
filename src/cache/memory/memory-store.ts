import { getHeapStatistics } from 'node:v8';
import { LRUCache } from 'lru-cache';
import type { CodedBody } from '../../lib/kept-answer.ts';
import type { Entry, Found } from '../types.ts';
import { compress, ownBytes, type Compression } from './compress.ts';
import { endOfEntry, sizeOfEntry } from './entry-size.ts';
import { TagMarks, type Marked } from './tag-marks.ts';

type Forms = Partial<Record<Compression, CodedBody | Promise<CodedBody>>>;

/** A longer one stays bytes: sending its text would copy it twice. */
const maxText = 16_384;

/** An entry as memory holds it. */
export interface Kept {
  readonly entry: Entry;
  /** Made once: a hit makes nothing. */
  readonly found: Found;
  /** Milliseconds since 1970. */
  readonly end: number;
  readonly forms: Forms;
  readonly bytes: number;
  readonly marked: Marked;
}

/** One set of so many looks at twice as many of the entries that were asked for least lately: looking costs most to begin. */
const setsPerLook = 16;
const looksAtOnce = 2 * setsPerLook;
const looksPerCount = 10_000;

/** Memory that may take more of the heap than this part of it keeps no text. */
const maxShareOfHeap = 4;

/** Entries of this process, bounded in bytes: those that were asked for least lately go first. */
export class MemoryStore {
  readonly #maxBytes: number;
  readonly #kept: LRUCache<string, Kept>;
  readonly #tags = new TagMarks();
  // Of entries that are not kept: they live as long as someone holds the entry.
  readonly #looseForms = new WeakMap<Entry, Forms>();
  readonly #keepsText: boolean;
  #setsToLook = setsPerLook;

  /** @param maxBytes Above 0. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    // Text stands in the heap, which has a bound of its own; bytes do not.
    this.#keepsText = maxBytes <= getHeapStatistics().heap_size_limit / maxShareOfHeap;
    this.#kept = new LRUCache<string, Kept>({ maxSize: maxBytes });
  }

  /**
   * Drops of the first 10,000 those that are known to be no longer good, so that what is counted is what is kept; not those
   * whose tags have still to be made.
   */
  get entries(): number {
    let looks = 0;
    for (const [key, { marked, entry }] of this.#kept.entries()) {
      looks += 1;
      if (looks > looksPerCount) break;
      if (entry.hasTagsAtHand !== false && !this.#tags.isGood(marked, entry.tags)) this.#kept.delete(key);
    }
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#kept.calculatedSize;
  }

  /** @param now Milliseconds since 1970: what has come to its end by then is gone. */
  get(key: string, now: number): Kept | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || (kept.end > now && this.#isGood(key, kept))) return kept;
    this.#kept.delete(key);
    return undefined;
  }

  /** Does nothing where the entry alone is larger than all that may be kept, or at its end. */
  set(key: string, given: Entry, now: number): void {
    const entry = given.text !== undefined && this.#keepsText ? given : withOwnBytes(given);
    const bytes = sizeOfEntry(key, entry);
    const found: Found = { entry, in: 'memory' };
    const kept: Kept = { entry, found, end: endOfEntry(entry), forms: {}, bytes, marked: this.#tags.begin() };
    this.#setsToLook -= 1;
    if (this.#setsToLook === 0) this.#dropExpired(now);
    if (bytes > this.#maxBytes || kept.end <= now) this.#kept.delete(key);
    else this.#kept.set(key, kept, { size: bytes });
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }

  /** Entries that have it are gone when they are asked for; their room is free when its turn comes. */
  deleteTag(tag: string): void {
    this.#tags.mark(tag);
  }

  clear(): void {
    this.#kept.clear();
  }

  /** Rejects only where zlib fails. */
  encoded(key: string, entry: Entry, coding: Compression): CodedBody | Promise<CodedBody> {
    const kept = this.#kept.peek(key);
    const isKept = kept !== undefined && isSameAnswer(kept.entry, entry);
    const forms = isKept ? kept.forms : this.#looseFormsOf(entry);
    const known = forms[coding];
    if (known !== undefined) return known;
    const making = compress(entry.body, coding).then(
      (bytes) => {
        const form = this.#keepsText && bytes.byteLength <= maxText ? Buffer.from(bytes).toString('latin1') : bytes;
        forms[coding] = form;
        if (isKept) this.#count(key, kept.entry, coding);
        return form;
      },
      (error: unknown) => {
        delete forms[coding];
        throw error;
      },
    );
    forms[coding] = making;
    return making;
  }

  #looseFormsOf(entry: Entry): Forms {
    let forms = this.#looseForms.get(entry);
    if (forms === undefined) this.#looseForms.set(entry, (forms = {}));
    return forms;
  }

  /** Makes room for a form, at the cost of entries that were asked for least lately, but not of its own. */
  #count(key: string, entry: Entry, coding: Compression): void {
    const kept = this.#kept.peek(key);
    const form = kept?.forms[coding];
    if (kept?.entry !== entry || form === undefined || form instanceof Promise) return;
    const bytes = kept.bytes + form.length;
    if (bytes > this.#maxBytes) {
      delete kept.forms[coding];
      return;
    }
    this.#resize(key, kept, bytes);
  }

  #resize(key: string, kept: Kept, bytes: number): void {
    // A new object: for the same one the size would stay what it was.
    this.#kept.set(key, { ...kept, bytes }, { size: bytes });
  }

  #dropExpired(now: number): void {
    this.#setsToLook = setsPerLook;
    for (let look = 0; look < looksAtOnce; look += 1) {
      const { value: key } = this.#kept.rkeys().next();
      if (key === undefined) return;
      const kept = this.#kept.peek(key);
      if (kept === undefined || kept.end > now) return;
      this.#kept.delete(key);
    }
  }

  #isGood(key: string, kept: Kept): boolean {
    const { entry, marked } = kept;
    if (this.#tags.isCurrent(marked)) return true;
    const bytesBefore = sizeOfEntry(key, entry);
    if (!this.#tags.isGood(marked, entry.tags)) return false;
    const more = sizeOfEntry(key, entry) - bytesBefore;
    if (more > 0) this.#resize(key, kept, kept.bytes + more);
    return true;
  }
}

/** The entry with all that it says made, and nothing else alive by it. */
function withOwnBytes(given: Entry): Entry {
  const bytes = given.body;
  const body = ownBytes(bytes);
  if (body === bytes && given.text === undefined) return given;
  const { status, headers, madeAt, freshUntil, staleUntil, staleIfErrorUntil, keptUntil, tags } = given;
  const times = { madeAt, freshUntil, staleUntil, staleIfErrorUntil, ...(keptUntil !== undefined && { keptUntil }) };
  return { status, headers, body, ...times, tags };
}

/** Who has just stored an entry asks with their own: its body may have been copied. */
function isSameAnswer(kept: Entry, asked: Entry): boolean {
  return kept === asked || (kept.madeAt === asked.madeAt && Buffer.compare(kept.body, asked.body) === 0);
}
