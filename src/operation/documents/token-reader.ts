/** Kinds of token, each by the code of a character that begins such a token; punctuators are their own code. */
export const tokens = {
  end: 0,
  /** No token begins so, or one does not end: what it is, parsing tells. */
  broken: 1,
  spread: 0x2e,
  name: 0x61,
  number: 0x30,
  string: 0x22,
  comment: 0x23,
  at: 0x40,
  colon: 0x3a,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  openParen: 0x28,
  closeParen: 0x29,
  openBracket: 0x5b,
  closeBracket: 0x5d,
} as const;

/**
 * Reads the tokens of a document, one at a time, and keeps none: GraphQL's own `Lexer` makes objects that hold each other,
 * which is what a flood of tokens is after. What a token's text means is not looked at.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Language.Source-Text | GraphQL, 2.1 Source Text}
 */
export class TokenReader {
  /** Where the last token begins and ends, in UTF-16 code units. */
  start = 0;
  end = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Goes on to the next token and gives its kind; `end` or `broken` for ever after the last. Comments are tokens here. */
  next(): number {
    const text = this.#text;
    let at = this.end;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (!isIgnored(code)) return this.#read(code, at);
      at += 1;
    }
    this.start = this.end = text.length;
    return tokens.end;
  }

  /** Whether the last token is this name. */
  isName(name: string): boolean {
    return this.end - this.start === name.length && this.#text.startsWith(name, this.start);
  }

  #read(code: number, start: number): number {
    this.start = start;
    if (isNameStart(code)) return this.#close(tokens.name, endOfName(this.#text, start + 1));
    switch (code) {
      case tokens.comment:
        return this.#close(tokens.comment, endOfLine(this.#text, start + 1));
      case tokens.string:
        return this.#readString(start);
      case tokens.spread:
        return this.#text.startsWith('...', start) ? this.#close(tokens.spread, start + 3) : this.#break();
      default:
        if (isPunctuator(code)) return this.#close(code, start + 1);
        return isDigit(code) || code === minus ? this.#readNumber(start) : this.#break();
    }
  }

  #close(kind: number, end: number): number {
    this.end = end;
    return kind;
  }

  #break(): number {
    this.end = this.start;
    return tokens.broken;
  }

  #readNumber(start: number): number {
    number.lastIndex = start;
    return number.test(this.#text) ? this.#close(tokens.number, number.lastIndex) : this.#break();
  }

  #readString(start: number): number {
    const text = this.#text;
    if (text.startsWith('"""', start)) return this.#readBlockString(start + 3);
    for (let at = start + 1; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === tokens.string) return this.#close(tokens.string, at + 1);
      if (code === lineFeed || code === carriageReturn) break;
      if (code === backslash) at += 1;
    }
    return this.#break();
  }

  #readBlockString(start: number): number {
    const text = this.#text;
    for (let at = text.indexOf('"""', start); at >= 0; at = text.indexOf('"""', at + 3)) {
      if (text.charCodeAt(at - 1) !== backslash) return this.#close(tokens.string, at + 3);
    }
    return this.#break();
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const minus = 0x2d;
const backslash = 0x5c;
/** GraphQL, 2.9.1 and 2.9.2: neither a name nor a dot nor another digit may follow. */
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![.\w])/y;

/** Space, tab, line ends, comma and the byte order mark. */
function isIgnored(code: number): boolean {
  return (
    code === 0x20 || code === lineFeed || code === 0x2c || code === carriageReturn || code === 0x09 || code === 0xfeff
  );
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isNameStart(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || code === 0x5f;
}

/** `! $ & ( ) : = @ [ ] { | }` */
function isPunctuator(code: number): boolean {
  switch (code) {
    case 0x21:
    case 0x24:
    case 0x26:
    case tokens.openParen:
    case tokens.closeParen:
    case tokens.colon:
    case 0x3d:
    case tokens.at:
    case tokens.openBracket:
    case tokens.closeBracket:
    case tokens.openBrace:
    case 0x7c:
    case tokens.closeBrace:
      return true;
    default:
      return false;
  }
}

function endOfName(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); isNameStart(code) || isDigit(code); code = text.charCodeAt(at)) at += 1;
  return at;
}

function endOfLine(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) !== lineFeed && text.charCodeAt(at) !== carriageReturn) at += 1;
  return at;
}
