import type { ExecutionResult } from 'graphql';
import type { Entry } from '../../cache/types.ts';
import { writeErrors } from './kept-errors.ts';

/** Response headers that rules brought back from upstreams, by lower-case name. */
export type Returned = Readonly<Record<string, string[]>>;

export interface Times {
  readonly madeAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly staleIfErrorUntil: number;
}

export interface Answer {
  readonly result: ExecutionResult;
  /** Undefined where nothing was brought back. */
  readonly returned: Returned | undefined;
  readonly times: Times;
  /** What answers of its operation with this data are kept under. Pure. */
  readonly tagsOf: (data: unknown) => readonly string[];
}

/** Header of an entry that holds what rules brought back. */
export const returnedField = 'weft-returned';

/** A longer text is kept and sent as bytes: sending it would copy it twice. */
const maxText = 16_384;

const none: Entry['headers'] = {};
const encoder = new TextEncoder();

/**
 * The entry of a run, whose text is made here and nowhere else. Most entries are dropped before anybody asks for them again,
 * so what may never be needed is made when it is: the bytes of its text, and its tags.
 */
export class AnswerEntry implements Entry {
  readonly status = 200;
  readonly headers: Entry['headers'];
  readonly text: string | undefined;
  readonly madeAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly staleIfErrorUntil: number;
  /** Undefined where nothing was brought back. */
  readonly returned: Returned | undefined;
  readonly hasErrors: boolean;
  readonly #body: Uint8Array | undefined;
  readonly #tagsOf: Answer['tagsOf'];
  #data: unknown;
  #tags: readonly string[] | undefined;

  constructor({ result: { data, errors }, returned, times, tagsOf }: Answer) {
    const text = JSON.stringify(errors ? { errors: writeErrors(errors), data } : { data });
    // As many bytes as characters: it is ASCII alone.
    const staysText = text.length <= maxText && Buffer.byteLength(text) === text.length;
    this.headers = returned ? { [returnedField]: JSON.stringify(returned) } : none;
    this.text = staysText ? text : undefined;
    this.madeAt = times.madeAt;
    this.freshUntil = times.freshUntil;
    this.staleUntil = times.staleUntil;
    this.staleIfErrorUntil = times.staleIfErrorUntil;
    this.returned = returned;
    this.hasErrors = errors !== undefined;
    this.#body = staysText ? undefined : encoder.encode(text);
    this.#tagsOf = tagsOf;
    this.#data = data;
  }

  get body(): Uint8Array {
    return this.#body ?? Buffer.from(this.text ?? '', 'latin1');
  }

  get tags(): readonly string[] {
    return (this.#tags ??= this.#tagsOf(this.#data ?? readBody(this).data));
  }

  get hasTagsAtHand(): boolean {
    return this.#tags !== undefined;
  }

  /** Lets go of the data that it was made of: from now on its tags are made of its text. */
  forgetData(): void {
    this.#data = undefined;
  }
}

interface Body {
  readonly data: NonNullable<ExecutionResult['data']> | null;
  readonly errors?: ReturnType<typeof writeErrors>;
}

const decoder = new TextDecoder();

/** What the text of an entry of an answer says. */
export function readBody(entry: Entry): Body {
  return JSON.parse(entry.text ?? decoder.decode(entry.body)) as Body;
}
