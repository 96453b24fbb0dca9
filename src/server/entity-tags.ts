import { graphqlJson, json } from './accepted.ts';
import { codings, type AcceptedCodings, type Coding } from './accepted-coding.ts';

/** One representation of a kept answer: the same text has several. */
export interface Representation {
  readonly mediaType: typeof json | typeof graphqlJson;
  readonly coding: Coding;
}

/** What stands before the closing quote, by media type. */
const marks = { [json]: '', [graphqlJson]: '-g' } as const;

/** And after that, by coding. */
const suffixes: Readonly<Record<Coding, string>> = { identity: '', br: '-br', zstd: '-zstd', gzip: '-gzip' };

/**
 * The entity tag of a representation. Each has its own: by the tag of a 304 a cache finds which of its answers is meant,
 * and would give one coding's bytes to a client that takes another.
 *
 * @param etag Strong, with its quotes.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.3 | RFC 9110, 8.8.3.3 Entity Tags Varying on Content-Negotiated Resources}
 */
export function tagOf(etag: string, { mediaType, coding }: Representation): string {
  return `${etag.slice(0, -1)}${marks[mediaType]}${suffixes[coding]}"`;
}

const inPreference: readonly Coding[] = [...codings, 'identity'];

/**
 * The tag that `if-none-match` names of an answer: the chosen representation's own, or that of another coding which this
 * request takes as well. Undefined where it names none of them. Tags are compared weakly; from where the list is no list
 * on, it names nothing.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 | RFC 9110, 13.1.2 If-None-Match}
 */
export function namedTag(
  ifNoneMatch: string,
  etag: string,
  { mediaType, coding, all }: Representation & Pick<AcceptedCodings, 'all'>,
): string | undefined {
  const chosen = tagOf(etag, { mediaType, coding });
  if (ifNoneMatch === chosen || ifNoneMatch.trim() === '*') return chosen;
  const named = readTags(ifNoneMatch);
  if (named.has(chosen)) return chosen;
  for (const other of inPreference) {
    const tag = tagOf(etag, { mediaType, coding: other });
    if (all.has(other) && named.has(tag)) return tag;
  }
  return undefined;
}

/** The opaque tags, with their quotes. */
function readTags(text: string): ReadonlySet<string> {
  // RFC 9110, 5.6.1.2: empty members of a list are to be read over.
  const member = /[\t ,]*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?=,|$)/y;
  const tags = new Set<string>();
  for (let found = member.exec(text); found?.[1] !== undefined; found = member.exec(text)) tags.add(found[1]);
  return tags;
}
