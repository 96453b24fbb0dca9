/** Texts with placeholders: `{id}` and `{input.name}` stand for values that are known when a call is made. */

/** Plain text, or the dotted path of a value. */
export type Part = string | readonly string[];

const placeholder = /\{([^{}]*)\}/g;
const dottedName = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/**
 * Splits a text at its placeholders. Pure.
 *
 * @throws {TypeError} for a brace that belongs to no placeholder, and for a placeholder that is no dotted name.
 */
export function readTemplate(text: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(placeholder)) {
    const [whole, name = ''] = match;
    if (!dottedName.test(name)) {
      throw new TypeError(`a placeholder must be a name such as {id} or {input.name}, but got: ${whole}`);
    }
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(name.split('.'));
    end = match.index + whole.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  for (const part of parts) {
    if (typeof part === 'string' && /[{}]/.test(part)) {
      throw new TypeError(`every brace must belong to a placeholder such as {id}, but got: ${text}`);
    }
  }
  return parts;
}

/** The placeholders of every text inside a template, as dotted names, each once, in order of appearance. Pure. */
export function placeholdersOf(template: unknown): readonly string[] {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node === 'string') {
      for (const part of readTemplate(node)) if (typeof part !== 'string') names.add(part.join('.'));
    } else if (typeof node === 'object' && node !== null) {
      for (const child of Object.values(node)) visit(child);
    }
  };
  visit(template);
  return [...names];
}
