/** Fields of a message by lower-case name; several of one name are a list. */
export type HttpFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the rules of RFC 9111 look at in an answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: HttpFields;
  /** When the request went out, milliseconds since 1970. */
  readonly requestedAt: number;
  /** When the answer's headers came, milliseconds since 1970. */
  readonly receivedAt: number;
}

/** A field's whole value: several lines of one name are one list (RFC 9110, 5.3). Undefined where there is none. */
export function fieldText(headers: HttpFields, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}
