export interface RefusalOptions {
  /** What is wrong with single fields, by dotted path. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that a REST demo server does not fulfil. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The response body. */
  readonly body: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly fields?: Readonly<Record<string, string>>;
    };
  };

  constructor(status: number, code: string, message: string, { fields, headers = {} }: RefusalOptions = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.body = { error: fields === undefined ? { code, message } : { code, message, fields } };
  }
}

/** @throws {Refusal} 422 `invalid` when `fields` names a problem. */
export function refuseInvalid(what: string, fields: Readonly<Record<string, string>>): void {
  if (Object.keys(fields).length > 0) throw new Refusal(422, 'invalid', `The ${what} is not valid.`, { fields });
}
