import { ServerResponse, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';

/** Header fields of an answer, by lower-case name. */
export type Fields = Readonly<Record<string, string>>;

/**
 * An answer with fields that go out where whoever writes it names none of the same name. They are kept beside Node.js's
 * own: one field that is set by `setHeader` makes `writeHead` check and copy each of its fields one by one, which costs
 * more than all else that a request passes before it is let in.
 */
export class AnswerWithDefaults extends ServerResponse {
  /** Whatever belongs to the request that this answers: a map beside would cost more, and a field made later too. */
  carried: unknown = undefined;
  #defaults: Fields | undefined;
  #late: (() => Fields) | undefined;

  /** Adds to the defaults. `fields` is kept as it is, so it must never change. */
  addDefaults(fields: Fields): void {
    this.#defaults = this.#defaults === undefined ? fields : { ...this.#defaults, ...fields };
  }

  /** Asks for further defaults at the moment when the answer is written. */
  addLate(make: () => Fields): void {
    this.#late = make;
  }

  override writeHead(status: number, fields?: OutgoingHttpHeaders | OutgoingHttpHeader[]): this;
  override writeHead(status: number, reason?: string, fields?: OutgoingHttpHeaders | OutgoingHttpHeader[]): this;
  override writeHead(
    status: number,
    first?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
    second?: OutgoingHttpHeaders | OutgoingHttpHeader[],
  ): this {
    const defaults = this.#late === undefined ? this.#defaults : { ...this.#defaults, ...this.#late() };
    const isPlain = typeof first !== 'string' && !Array.isArray(first) && this.getHeaderNames().length === 0;
    if (isPlain) return super.writeHead(status, { ...defaults, ...first });
    if (defaults !== undefined) setAbsent(this, defaults);
    return typeof first === 'string' ? super.writeHead(status, first, second) : super.writeHead(status, first);
  }
}

/** Has these fields go out with an answer that has none of their name when it is written. */
export function addDefaultFields(res: ServerResponse, fields: Fields): void {
  if (res instanceof AnswerWithDefaults) res.addDefaults(fields);
  else setAbsent(res, fields);
}

/** Has fields go out that are known only when the answer is written; an answer of another class goes without. */
export function addLateFields(res: ServerResponse, make: () => Fields): void {
  if (res instanceof AnswerWithDefaults) res.addLate(make);
}

function setAbsent(res: ServerResponse, fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) if (!res.hasHeader(name)) res.setHeader(name, value);
}
