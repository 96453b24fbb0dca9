/**
 * The content codings of kept answers, the one that the server likes best first. Each is made once and sent often, so the
 * smallest is best, whatever it costs to make.
 */
export const codings = ['br', 'zstd', 'gzip'] as const;

export type Coding = (typeof codings)[number] | 'identity';

/** What a client takes of the codings that there are. */
export interface AcceptedCodings {
  /** For a body that is worth coding. */
  readonly large: Coding;
  /** For a body that is not: `identity`, unless the client takes all but that. */
  readonly small: Coding;
  /** All that it takes. */
  readonly all: ReadonlySet<Coding>;
}

/**
 * Reads `accept-encoding`: the coding of the highest weight, the server's favourite among equals, and the body as it is
 * only where it is liked better than any coding. Without the field, or where nothing fits, the body goes as it is. A
 * member that is not well-formed does not count. Never throws.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 | RFC 9110, 12.5.3 Accept-Encoding}
 */
export function readAcceptedCodings(field: string | undefined): AcceptedCodings {
  if (field === undefined) return plainOnly;
  const known = readBefore.get(field);
  if (known) return known;
  const accepted = choose(readWeights(field));
  if (field.length > maxKeptLength) return accepted;
  if (readBefore.size === maxReadBefore) readBefore.clear();
  readBefore.set(field, accepted);
  return accepted;
}

const plainOnly: AcceptedCodings = { large: 'identity', small: 'identity', all: new Set(['identity'] as const) };

/** By the text of the header: most clients send one of a few. */
const readBefore = new Map<string, AcceptedCodings>();
const maxReadBefore = 100;
const maxKeptLength = 200;

type Weights = ReadonlyMap<string, number>;

/** RFC 9110, 12.4.2: at most three digits after the point. */
const member = /^([!#$%&'*+\-.^_`|~0-9a-z]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;

function readWeights(field: string): Weights {
  const weights = new Map<string, number>();
  for (const part of field.toLowerCase().split(',')) {
    const [, name, weight = '1'] = member.exec(part.trim()) ?? [];
    // RFC 9110, 8.4.1.3: `x-gzip` is gzip.
    if (name !== undefined) weights.set(name === 'x-gzip' ? 'gzip' : name, Number(weight));
  }
  return weights;
}

function choose(weights: Weights): AcceptedCodings {
  const rest = weights.get('*');
  const plain = weights.get('identity') ?? rest;
  const all = new Set<Coding>();
  let large: Coding | undefined;
  let highest = 0;
  for (const coding of codings) {
    const weight = weights.get(coding) ?? rest ?? 0;
    if (weight > 0) all.add(coding);
    if (weight > highest) [large, highest] = [coding, weight];
  }
  // It is acceptable where nothing is said of it, but then anything else is liked better.
  if (plain === undefined || plain > 0) all.add('identity');
  const best = large === undefined || (plain !== undefined && plain > highest) ? 'identity' : large;
  return { large: best, small: all.has('identity') ? 'identity' : best, all };
}
