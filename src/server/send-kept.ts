import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import { mostRestrictiveCacheControl } from '../lib/cache-control.ts';
import type { KeptAnswer } from '../lib/kept-answer.ts';
import { joinVary } from '../lib/vary.ts';
import { graphqlJson, json } from './accepted.ts';
import { readAcceptedCodings, type Coding } from './accepted-coding.ts';
import { sendWhole } from './answer.ts';
import { namedTag, tagOf } from './entity-tags.ts';
import { mediaTypeOf, type Asked, type Result } from './graphql-answer.ts';

/**
 * Answers that are kept go to clients as they are: no text is made, nothing is compressed that was compressed before, and
 * all fields go out by one call.
 */

/** A smaller body goes in one packet with its header, coded or not. In bytes. */
export const minCodedBytes = 1024;

const contentTypes = {
  [json]: `${json}; charset=utf-8`,
  [graphqlJson]: `${graphqlJson}; charset=utf-8`,
} as const;

/** Whether the text is all that there is to answer: errors are formatted for who asks, and extensions are the request's. */
export function isWhole({ errors, extensions }: Result): boolean {
  if (errors !== undefined && errors.length > 0) return false;
  return extensions === undefined || Object.keys(extensions).length === 0;
}

/** How a kept answer is told of. */
export interface Telling {
  /** Whether `x-cache` says what came of the cache. */
  readonly showsCache: boolean;
  /** Whether the answer has errors, so that no cache may keep it. Default false. */
  readonly hasErrors?: boolean;
}

/**
 * Sends a kept answer: 304 to a GET that names it in `if-none-match`, else its text, in the coding that the client likes
 * best. A promise only where that coding has still to be made.
 *
 * An answer to a POST has no `etag`, and its conditions are not looked at: its text is no representation of what is at the
 * URL (RFC 9110, 8.8.3, 13.2.1), so a client that named the tag with a GET of that URL would hear of something else.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5 | RFC 9110, 15.4.5 304 Not Modified}
 */
export function sendKept(kept: KeptAnswer, asked: Asked, telling: Telling): Promise<void> | undefined {
  const { req } = asked;
  const accepted = readAcceptedCodings(req.headers['accept-encoding']);
  const coding = (kept.text?.length ?? kept.body.length) < minCodedBytes ? accepted.small : accepted.large;
  const fields = keptFields(kept, asked, telling);
  const condition = req.headers['if-none-match'];
  if (condition !== undefined && req.method === 'GET') {
    const mediaType = mediaTypeOf(asked.accepted);
    const tag = namedTag(condition, kept.etag(), { mediaType, coding, all: accepted.all });
    if (tag !== undefined) {
      fields['etag'] = tag;
      sendWhole(req, asked.res, { status: 304, headers: fields });
      return undefined;
    }
  }
  if (coding === 'identity') return send({ kept, asked, fields }, kept.text ?? kept.body, coding);
  return sendCoded({ kept, asked, fields }, coding);
}

interface Sending {
  readonly kept: KeptAnswer;
  readonly asked: Asked;
  readonly fields: OutgoingHttpHeaders;
}

function sendCoded(sending: Sending, coding: Exclude<Coding, 'identity'>): Promise<void> | undefined {
  const { kept } = sending;
  const plain = (): undefined => send(sending, kept.text ?? kept.body, 'identity');
  try {
    const encoded = kept.encoded(coding);
    if (!(encoded instanceof Promise)) return send(sending, encoded, coding);
    // What cannot be coded goes as it is.
    return encoded.then((body) => send(sending, body, coding), plain);
  } catch {
    return plain();
  }
}

/** @param body As text it has a byte in each character. */
function send({ kept, asked, fields }: Sending, body: string | Uint8Array, coding: Coding): undefined {
  const { req, res, accepted } = asked;
  const mediaType = mediaTypeOf(accepted);
  fields['content-type'] = contentTypes[mediaType];
  if (coding !== 'identity') fields['content-encoding'] = coding;
  if (req.method === 'GET') fields['etag'] = tagOf(kept.etag(), { mediaType, coding });
  fields['content-length'] = body.length;
  sendWhole(req, res, { status: 200, headers: fields, body, encoding: 'latin1' });
}

/**
 * The fields of a kept answer, with what rules bring back from upstreams: each name once, `set-cookie` and the like aside.
 * What is said of caching is the strictest of both; all else that the answer says itself counts.
 */
export function keptFields(kept: KeptAnswer, { req, res, scope }: Asked, telling: Telling): OutgoingHttpHeaders {
  const fields = { ...kept.headers } as OutgoingHttpHeaders;
  fields['vary'] = varyOf(res.getHeader('vary'), fields['vary'], req.method === 'GET');
  if (telling.showsCache && req.headers['weft-cache'] === 'true') fields['x-cache'] = kept.outcome;
  const returned = scope.responseHeaders.entries();
  if (returned.length > 0) addReturned(fields, returned);
  if (telling.hasErrors === true) fields['cache-control'] = 'no-store';
  return fields;
}

/** RFC 9110, 12.5.5: coded or not, it would have been another one to another client. */
function varyOf(set: OutgoingHttpHeader | undefined, own: OutgoingHttpHeader | undefined, isGet: boolean): string {
  const usual = isGet ? 'accept, accept-encoding' : 'accept-encoding';
  if (set === undefined && own === undefined) return usual;
  if (set !== undefined || typeof own !== 'string') return joinVary(set, own, usual) ?? usual;
  const before = isGet ? joinedForGet : joinedForPost;
  const known = before.get(own);
  if (known !== undefined) return known;
  const joined = joinVary(own, usual) ?? usual;
  if (before.size === maxJoined) before.clear();
  before.set(own, joined);
  return joined;
}

/** By what answers say themselves: the configuration decides it, so most say one of a few. */
const joinedForGet = new Map<string, string>();
const joinedForPost = new Map<string, string>();
const maxJoined = 100;

function addReturned(fields: OutgoingHttpHeaders, returned: readonly (readonly [name: string, value: string])[]): void {
  const own = new Set(Object.keys(fields));
  const cacheControl = own.has('cache-control') ? [String(fields['cache-control'])] : [];
  for (const [name, value] of returned) {
    if (name === 'cache-control') cacheControl.push(value);
    else if (name === 'vary') fields[name] = joinVary(fields[name], value);
    // The upstream's tag is of what it answered, not of this.
    else if (!own.has(name) && name !== 'etag') fields[name] = [fields[name] ?? [], value].flat().map(String);
  }
  const strictest = mostRestrictiveCacheControl(cacheControl);
  if (strictest !== undefined) fields['cache-control'] = strictest;
}
