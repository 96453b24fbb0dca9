interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * The member of `offered` that an `accept` header likes best; the first one where there is no header, `undefined`
 * where none is acceptable. Equal likings are settled by what the header names outright, then by its order, then by
 * the order of `offered`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 | RFC 9110, 12.5.1 Accept}
 */
export function chooseMediaType<T extends string>(accept: string | undefined, offered: readonly T[]): T | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0];
  const ranges = readRanges(accept);
  let best: { readonly type: T; readonly match: Match } | undefined;
  for (const type of offered) {
    const match = matchOf(type, ranges);
    if (match && match.quality > 0 && (!best || isBetter(match, best.match))) best = { type, match };
  }
  return best?.type;
}

/** Whether an `accept` header names a media type outright, not by a wildcard, and does not refuse it. */
export function namesMediaType(accept: string | undefined, type: string): boolean {
  return readRanges(accept ?? '').some((range) => range.type === type && range.quality > 0);
}

function readRanges(accept: string): readonly MediaRange[] {
  return accept.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = weight === undefined ? 1 : Number(weight.slice(2));
    return { type, quality: quality >= 0 && quality <= 1 ? quality : 1 };
  });
}

interface Match {
  readonly quality: number;
  /** 2: the type itself, 1: `type/*`, 0: `*` + `/*`. */
  readonly precision: number;
  /** Place in the header. */
  readonly index: number;
}

/** The most precise range decides: `application/json;q=0, *` + `/*` refuses JSON. */
function matchOf(type: string, ranges: readonly MediaRange[]): Match | undefined {
  const wildcards = ['*/*', `${type.slice(0, type.indexOf('/'))}/*`, type];
  let found: Match | undefined;
  for (const [index, range] of ranges.entries()) {
    const precision = wildcards.indexOf(range.type);
    if (precision >= 0 && (!found || precision > found.precision)) found = { quality: range.quality, precision, index };
  }
  return found;
}

function isBetter(match: Match, than: Match): boolean {
  if (match.quality !== than.quality) return match.quality > than.quality;
  if (match.precision !== than.precision) return match.precision > than.precision;
  return match.index < than.index;
}
