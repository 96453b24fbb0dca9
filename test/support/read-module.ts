import { stripTypeScriptTypes } from 'node:module';

/** A TypeScript module as the rules see it: what it imports and exports, with comments and strings told apart. */
export interface ModuleText {
  readonly imports: readonly ModuleImport[];
  /** Lines of `export *`. */
  readonly starExports: readonly number[];
  /** Lines of `export default` and `export { x as default }`. */
  readonly defaultExports: readonly number[];
  /** Lines where `any` is a type. */
  readonly anyTypes: readonly number[];
  /** Lines of comments that silence the compiler. */
  readonly silencers: readonly number[];
  /** Names and keywords in code (types included), each with the line where it first stands. */
  readonly words: ReadonlyMap<string, number>;
}

export interface ModuleImport {
  /** `undefined` where a dynamic import computes it. */
  readonly specifier: string | undefined;
  /** Whether nothing of it is left when types are stripped, so that the module is not loaded. */
  readonly isTypeOnly: boolean;
  readonly line: number;
}

interface Token {
  readonly kind: 'word' | 'text' | 'template' | 'regex' | 'comment' | 'sign';
  /** For `text` what stands between the quotes, else the token itself. */
  readonly text: string;
  readonly start: number;
}

const space = /\s+/uy;
const patterns = [
  ['comment', /\/\/.*|\/\*[^]*?\*\//uy],
  ['text', /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/uy],
  ['word', /[\p{ID_Continue}$#]+/uy],
] as const;
const regex = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/uy;
const templatePart = /(?:[^`\\$]|\\[^]|\$(?!\{))*(`|\$\{)/uy;
const wordsBeforeRegex = new Set(
  'await case delete do else in instanceof new of return throw typeof void yield'.split(' '),
);

/** Reads one module. @throws {SyntaxError} where it is not TypeScript with erasable types. */
export function readModule(text: string): ModuleText {
  const all = tokensOf(text);
  const tokens = all.filter(({ kind }) => kind !== 'comment');
  const stripped = stripTypeScriptTypes(text);
  const lineOf = (start: number): number => text.slice(0, start).split('\n').length;
  const isErased = ({ start, text: word }: Token): boolean => !stripped.startsWith(word, start);
  const found = findStatements(tokens);
  return {
    imports: found.imports.map(({ token, specifier }) => ({
      specifier,
      isTypeOnly: isErased(token),
      line: lineOf(token.start),
    })),
    starExports: found.starExports.map(({ start }) => lineOf(start)),
    defaultExports: found.defaultExports.map(({ start }) => lineOf(start)),
    anyTypes: tokens.filter((token) => isWord(token, 'any') && isErased(token)).map(({ start }) => lineOf(start)),
    silencers: all
      .filter(({ kind, text: comment }) => kind === 'comment' && /@ts-(?:ignore|nocheck|expect-error)/.test(comment))
      .map(({ start }) => lineOf(start)),
    words: new Map(firstWords(tokens).map(({ text: word, start }) => [word, lineOf(start)])),
  };
}

function firstWords(tokens: readonly Token[]): readonly Token[] {
  const first = new Map<string, Token>();
  for (const token of tokens) if (token.kind === 'word' && !first.has(token.text)) first.set(token.text, token);
  return [...first.values()];
}

function findStatements(tokens: readonly Token[]) {
  const imports: { readonly token: Token; readonly specifier: string | undefined }[] = [];
  const starExports: Token[] = [];
  const defaultExports: Token[] = [];
  for (const [index, token] of tokens.entries()) {
    if (isProperty(tokens, index)) continue;
    if (isWord(token, 'import')) {
      const source = importedBy(tokens, index);
      if (source) imports.push({ token, ...source });
    } else if (isWord(token, 'export')) {
      const list = tokens.slice(index + 1 + Number(isWord(tokens[index + 1], 'type')));
      const end = isSign(list[0], '{') ? list.findIndex((part) => isSign(part, '}')) : 0;
      if (isSign(list[0], '*')) starExports.push(token);
      if (isWord(list[0], 'default')) defaultExports.push(token);
      if (list.slice(0, end).some((part, at) => isWord(part, 'default') && isWord(list[at - 1], 'as'))) {
        defaultExports.push(token);
      }
      const specifier = isSign(list[0], '*') ? firstFrom(list) : textAfterFrom(list, end + 1);
      if ((end > 0 || isSign(list[0], '*')) && specifier !== undefined) imports.push({ token, specifier });
    }
  }
  return { imports, starExports, defaultExports };
}

function importedBy(tokens: readonly Token[], index: number): { readonly specifier: string | undefined } | undefined {
  const next = tokens[index + 1];
  if (next?.kind === 'text') return { specifier: next.text };
  if (isSign(next, '(')) {
    const [argument, end] = tokens.slice(index + 2, index + 4);
    const isPlain = argument?.kind === 'text' && (isSign(end, ')') || isSign(end, ','));
    return { specifier: isPlain ? argument.text : undefined };
  }
  const isDeclaration = next?.kind === 'word' || isSign(next, '{') || isSign(next, '*');
  const specifier = isDeclaration ? firstFrom(tokens.slice(index)) : undefined;
  return specifier === undefined ? undefined : { specifier };
}

function firstFrom(tokens: readonly Token[]): string | undefined {
  return tokens.map((_, index) => textAfterFrom(tokens, index)).find((text) => text !== undefined);
}

function textAfterFrom(tokens: readonly Token[], index: number): string | undefined {
  const source = tokens[index + 1];
  return isWord(tokens[index], 'from') && source?.kind === 'text' ? source.text : undefined;
}

/** `a.import` is a name and `...import()` is not. */
function isProperty(tokens: readonly Token[], index: number): boolean {
  return isSign(tokens[index - 1], '.') && !isSign(tokens[index - 2], '.');
}

function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text === text;
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  // What each open brace belongs to: the end of a template's `${}` goes on with the template.
  const open: ('block' | 'template')[] = [];
  let at = 0;
  const take = (kind: Token['kind'], length: number): void => {
    const taken = text.slice(at, at + length);
    tokens.push({ kind, text: kind === 'text' ? unquoted(taken) : taken, start: at });
    at += length;
  };
  const takeTemplate = (): void => {
    const part = match(templatePart, text, at + 1) ?? text.slice(at + 1);
    const isWhole = text[at] === '`' && part.endsWith('`');
    if (part.endsWith('${')) open.push('template');
    take(isWhole ? 'text' : 'template', part.length + 1);
  };
  for (at += lengthOf(space, text, at); at < text.length; at += lengthOf(space, text, at)) {
    const known = patterns.find(([, pattern]) => match(pattern, text, at) !== undefined);
    if (known) take(known[0], lengthOf(known[1], text, at));
    else if (text[at] === '`') takeTemplate();
    else if (text[at] === '}' && open.pop() === 'template') takeTemplate();
    else if (text[at] === '/' && mayStartRegex(tokens) && match(regex, text, at))
      take('regex', lengthOf(regex, text, at));
    else {
      if (text[at] === '{') open.push('block');
      take('sign', 1);
    }
  }
  return tokens;
}

function unquoted(text: string): string {
  return text.slice(1, -1);
}

function mayStartRegex(tokens: readonly Token[]): boolean {
  const [before, last] = tokens.filter(({ kind }) => kind !== 'comment').slice(-2);
  const previous = last ?? before;
  if (!previous) return true;
  if (previous.kind === 'word') return wordsBeforeRegex.has(previous.text);
  if (previous.kind !== 'sign') return false;
  const isStep =
    (previous.text === '+' || previous.text === '-') && isSign(before, previous.text) && last !== undefined;
  return !isStep && !')]}'.includes(previous.text);
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function lengthOf(pattern: RegExp, text: string, at: number): number {
  return match(pattern, text, at)?.length ?? 0;
}
