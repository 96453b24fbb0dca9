import { fieldText, type HttpFields } from './messages.ts';

const none: readonly string[] = [];

/**
 * The request fields by which an answer was chosen, in lower case and order. Undefined where no other request can be known
 * to choose the same: `*`, or a value that is no list of names.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.1 | RFC 9111, 4.1 Calculating Cache Keys with the Vary Header Field}
 */
export function varyNames(headers: HttpFields): readonly string[] | undefined {
  const text = fieldText(headers, 'vary');
  if (text === undefined) return none;
  const names = new Set(
    text
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  for (const name of names) if (name === '*' || !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return undefined;
  return [...names].toSorted();
}

/** Fields whose values mean the same in either case. */
const caseless: ReadonlySet<string> = new Set(['accept-charset', 'accept-encoding', 'accept-language']);

/**
 * One text of a request's values of fields: equal for requests whose values are equal, white space around commas aside. A
 * field that is not there differs from an empty one.
 */
export function valuesPart(names: readonly string[], headers: HttpFields): string {
  let part = '';
  for (const name of names) {
    const text = fieldText(headers, name);
    const value = text === undefined ? '-' : `+${normalValue(name, text)}`;
    part += `${name.length}:${name}${value.length}:${value}`;
  }
  return part;
}

function normalValue(name: string, text: string): string {
  const plain = text.trim().replace(/[\t ]*,[\t ]*/g, ',');
  return caseless.has(name) ? plain.toLowerCase() : plain;
}
