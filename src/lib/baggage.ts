const maxMembers = 64;
const maxBytes = 8192;

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const octets = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const pair = new RegExp(`^(${token})[\\t ]*=[\\t ]*${octets}$`);
/** A key with or without a value. One pattern for a whole entry would be exponential in its white space. */
const property = new RegExp(`^${token}(?:[\\t ]*=[\\t ]*${octets})?$`);

/**
 * The entries of a `baggage` header that may be passed on, as they came with their properties, separated by commas; `''`
 * where there is none. An entry that is malformed is left out; a header beyond the specification's limits is left out as a
 * whole.
 *
 * @param allowed Names of entries; case counts.
 * @see {@link https://www.w3.org/TR/baggage/#header-content | W3C Baggage, 3.2 Header Content, 3.3 Limits}
 */
export function allowedBaggage(value: string | readonly string[] | undefined, allowed: ReadonlySet<string>): string {
  const text = typeof value === 'object' ? value.join(',') : value;
  if (text === undefined || allowed.size === 0 || text.length > maxBytes) return '';
  const entries = text.split(',', maxMembers + 1);
  if (entries.length > maxMembers) return '';
  const kept: string[] = [];
  for (const entry of entries) {
    const name = nameOf(entry);
    if (name !== undefined && allowed.has(name)) kept.push(entry.trim());
  }
  return kept.join(',');
}

/** Undefined for an entry that is malformed. */
function nameOf(entry: string): string | undefined {
  const [first = '', ...properties] = entry.split(';');
  if (!properties.every((each) => property.test(each.trim()))) return undefined;
  return pair.exec(first.trim())?.[1];
}
