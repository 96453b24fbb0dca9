import { z } from 'zod';
import { byteSizePattern, readByteSize } from '../lib/byte-size.ts';
import { closest } from '../lib/closest.ts';
import { durationPattern, printDuration, readDuration } from '../lib/duration.ts';
import { hopByHopFields, isFieldName, isFieldValue } from '../lib/http-fields.ts';

// The kinds of value that the two files are made of. Each names in its messages what it expects, as "expected ...";
// what came instead is added where the message gets its place in the file.

/** Methods of HTTP that the gateway knows. */
export const routeMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Timers of the runtime hold 2^31 - 1 milliseconds at most. */
const maxDurationMs = 24 * 86_400_000;

/** A text of one letter or more. */
export function text(what: string) {
  const error = `expected ${what}`;
  return z.string({ error }).min(1, { error });
}

/** Names with dots between them: a way into nested data. */
export function dottedPath(what: string) {
  const error = `expected a dotted path such as ${what}`;
  return z.string({ error }).regex(/^[^.\s]+(?:\.[^.\s]+)*$/, { error });
}

export function integer(min: number, max?: number, what = 'an integer') {
  const error = max === undefined ? `expected ${what} of ${min} or more` : `expected ${what} from ${min} to ${max}`;
  const value = z.int({ error }).min(min, { error });
  return max === undefined ? value : value.max(max, { error });
}

export function flag() {
  return z.boolean({ error: 'expected true or false' });
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  const expected = values.length === 1 ? `expected ${values[0]}` : `expected one of ${values.join(', ')}`;
  return z.enum(values, { error: expected });
}

interface DurationOptions {
  readonly min?: 0 | 1;
  /** In milliseconds. Default 24 days. */
  readonly max?: number;
  readonly what?: string;
}

const exampleDuration = 'a duration such as 800ms, 2s or 1.5m';

/** A duration of at least one millisecond (`min: 0`: none at all may be asked), read to milliseconds. */
export function duration({ min = 1, max = maxDurationMs, what = exampleDuration }: DurationOptions = {}) {
  const error = `expected ${what}`;
  const longest = printDuration(max);
  const range = min === 0 ? `expected a duration of at most ${longest}` : `expected a duration from 1ms to ${longest}`;
  return z
    .string({ error })
    .regex(durationPattern, { error })
    .transform((value) => readDuration(value) ?? 0)
    .refine((ms) => ms >= min && ms <= max, { error: range });
}

/** A duration, read to milliseconds, or `off`. */
export function durationOrOff() {
  const what = `${exampleDuration}, or off`;
  return z.union([z.literal('off'), duration({ what })], { error: `expected ${what}` });
}

/** A size of at least one byte, read to bytes. */
export function byteSize(what = 'a size such as 512KiB, 4MiB or 1MB') {
  const error = `expected ${what}`;
  return z
    .string({ error })
    .regex(byteSizePattern, { error })
    .transform((value) => readByteSize(value) ?? 0)
    .refine((bytes) => bytes >= 1 && Number.isSafeInteger(bytes), { error: 'expected a size of at least 1B' });
}

/** A mapping of these keys and no other. Of unknown keys the message has one line each, in the order of `keys`. */
export function section<const T extends z.core.$ZodLooseShape>(shape: T, keys = 'the keys') {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return `expected a mapping with ${keys} ${known.join(', ')}`;
      return issue.keys.map((key) => `unknown key, ${suggest(key, known)}`).join('\n');
    },
  });
}

/** `false` for not at all; `true` stands for a mapping of these keys that says nothing. */
export function offOr<T extends z.ZodType>(keys: object, mapping: T) {
  return z.union([flag().transform((isOn) => (isOn ? mapping.parse({}) : undefined)), mapping], {
    error: `expected true, false or a mapping with the keys ${Object.keys(keys).join(', ')}`,
  });
}

/** A list of one or more of what is called `what`. */
export function oneAtLeast<T extends z.ZodType>(item: T, what: string) {
  const error = `expected a list of ${what}`;
  return z.array(item, { error }).min(1, { error: `${error}, one at least` });
}

type OneOf<T extends Readonly<Record<string, z.ZodType>>> = {
  [Key in keyof T]: { readonly [Name in Key]: z.output<T[Key]> };
}[keyof T];

/** A mapping with exactly one of these keys. Unlike a union of sections it can say which key was wrong. */
export function oneKeyOf<const T extends Readonly<Record<string, z.ZodType>>>(shape: T) {
  const known = Object.keys(shape);
  const optional = Object.entries(shape).map(([name, value]) => [name, value.optional()]);
  return section(Object.fromEntries(optional) as Record<string, z.ZodType>, 'one of the keys')
    .superRefine((value, context) => {
      const given = Object.keys(value);
      if (given.length === 1) return;
      const message =
        given.length === 0
          ? `expected one of the keys ${known.join(', ')}`
          : `only one of ${known.join(', ')} may stand here, not ${given.join(' and ')}`;
      context.addIssue({ code: 'custom', message });
    }, unlessWrong)
    .meta({ minProperties: 1, maxProperties: 1 })
    .transform((value) => value as OneOf<T>);
}

/** For `superRefine` of a section: one of two keys must stand in it, and not both. `how` says how they are written. */
export function eitherOf<Name extends string>(first: Name, second: Name, how = `"${first}" or "${second}"`) {
  return (value: { readonly [name in Name]?: unknown }, context: z.core.$RefinementCtx): void => {
    const hasFirst = value[first] !== undefined;
    const hasSecond = value[second] !== undefined;
    if (hasFirst && hasSecond) {
      const message = `only one of ${first} and ${second} may stand here`;
      context.addIssue({ code: 'custom', path: [second], message });
    }
    if (!hasFirst && !hasSecond) {
      context.addIssue({ code: 'custom', path: [first], message: `expected ${how}` });
    }
  };
}

/**
 * For `superRefine` of a section: look at it although some of its values are wrong, so that all is told at once. Not where
 * a key is unknown: it may be the missing one, misspelt.
 */
export const evenIfWrong: z.core.$ZodSuperRefineParams = {
  when: ({ value, issues }) =>
    typeof value === 'object' && value !== null && !issues.some(({ code }) => code === 'unrecognized_keys'),
};

/** For checks of a section as a whole: an unknown key alone is no reason to look at what is there. */
export const unlessWrong: z.core.$ZodSuperRefineParams = { when: ({ issues }) => issues.length === 0 };

/** What to write in place of `word`: the one name that is like it, or all there are. */
export function suggest(word: string, known: readonly string[]): string {
  const near = closest(word, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  return known.length === 0 ? 'there is none' : `known: ${known.join(', ')}`;
}

const segments = /^(?:\/[A-Za-z0-9._~!$&'()+,;=:@%-]+)+$/;
const wildcard = /[*{}]|\/:/;

/** A URL path of one segment or more, no slash at its end. */
export function urlPath() {
  const error = 'expected a path such as /api/users: a slash before each segment, none at the end';
  return z
    .string({ error })
    .superRefine((path, context) => {
      const message = wildcard.test(path)
        ? 'expected a path without wildcards (all that is below a path belongs to it)'
        : error;
      const dots = path.split('/').some((segment) => segment === '.' || segment === '..');
      if (dots || wildcard.test(path) || !segments.test(path)) context.addIssue({ code: 'custom', message });
    })
    .meta({ pattern: segments.source });
}

/** The name of a header, with a reason for each of `refused` (by lower-case name) and for hop-by-hop headers. */
export function headerName(refused: Readonly<Record<string, string>>, problem = 'the header cannot be set') {
  const error = 'expected a header name such as x-api-key';
  return z.string({ error }).superRefine((name, context) => {
    const lower = name.toLowerCase();
    if (!isFieldName(name)) context.addIssue({ code: 'custom', message: error });
    // Not the known `proxy-*` alone: whatever bears the prefix is meant for this hop.
    const perConnection = hopByHopFields.has(lower) || lower.startsWith('proxy-');
    const reason = perConnection ? 'it describes one connection and never passes the gateway' : refused[lower];
    if (reason !== undefined) context.addIssue({ code: 'custom', message: `${problem}: ${reason}` });
  });
}

export const headerValueError = 'expected a header value of Latin-1 letters without line breaks and control characters';

/** The value of a header. */
export function headerValue(what: string) {
  return z.string({ error: `expected ${what}` }).refine(isFieldValue, { error: headerValueError });
}
