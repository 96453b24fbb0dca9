import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node, Pair, ParsedNode, Scalar, YAMLMap } from 'yaml';
import type { ConfigurationIssue } from './configuration-error.ts';
import { interpolate } from './interpolation.ts';
import type { InterpolationSources } from './interpolation.ts';
import { redactUrl } from '../lib/redact-url.ts';
import { isSecret } from './secrets.ts';
import type { MaskedValue } from './types.ts';

export type YamlPath = readonly PropertyKey[];

export interface YamlFile {
  /** Relative to the gateway's folder, for messages. */
  readonly file: string;
  readonly text: string;
}

interface Entry {
  /** Offset of the key's or list entry's first letter. */
  readonly start: number;
  /** Offset of the value's first letter; equal to `start` where nothing is there. */
  readonly valueStart: number;
  readonly value: unknown;
  /** A scalar as text, after interpolation: `1.10` stays `1.10`. */
  readonly text?: string;
  /** Differs from `text` where a piece is secret. */
  readonly printable?: string;
  /** The scalar as the file has it, where it is one expression. */
  readonly template?: string;
  /** An issue has been told already, so the value says nothing. */
  readonly broken?: boolean;
}

/** One YAML file as plain data with its environment filled in, and where in the file each part of it stands. */
export class YamlSource {
  readonly file: string;
  /** `undefined` where the text is no YAML; then `issues` says why. An empty file is an empty mapping. */
  readonly value: unknown;
  readonly issues: readonly ConfigurationIssue[];
  readonly #entries = new Map<string, Entry>();
  readonly #issues: ConfigurationIssue[] = [];
  readonly #lines = new LineCounter();
  readonly #sources: InterpolationSources;

  constructor({ file, text }: YamlFile, sources: InterpolationSources) {
    this.file = file;
    this.issues = this.#issues;
    this.#sources = sources;
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false });
    this.#reportSyntax(document, text);
    this.value = this.#issues.length > 0 ? undefined : (this.#walk(document.contents, [], 0) ?? {});
  }

  /** The issue of the key at `path`, or of the value there; where neither stands in the file, of what holds them. */
  issueAt(path: YamlPath, message: string, part: 'key' | 'value' = 'value'): ConfigurationIssue {
    const entry = this.#entries.get(nameOf(path));
    if (entry === undefined && path.length > 0) return this.issueAt(path.slice(0, -1), message, 'key');
    const offset = part === 'key' ? entry?.start : entry?.valueStart;
    const { line, col } = this.#lines.linePos(offset ?? 0);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), message };
  }

  valueAt(path: YamlPath): unknown {
    return this.#entries.get(nameOf(path))?.value;
  }

  textAt(path: YamlPath): string | undefined {
    return this.#entries.get(nameOf(path))?.text;
  }

  /** Whether the value at `path`, or something that holds it, has been found wrong before. */
  isBroken(path: YamlPath): boolean {
    return path.some((_, index) => this.#entries.get(nameOf(path.slice(0, index + 1)))?.broken === true);
  }

  /** What stands at `path`, for a message: never a secret. */
  printValue(path: YamlPath): string {
    const { value, text, printable, template } = this.#entries.get(nameOf(path)) ?? {};
    if (value === undefined || value === null) return 'nothing';
    if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
    if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
    if (isSecret(path)) return printSecret(value, template);
    const from = template === undefined ? '' : ` (from ${redactUrl(template)})`;
    const shown = redactUrl(printable ?? text ?? '');
    const cut = shown.length > 80 ? `${shown.slice(0, 80)}...` : shown;
    return `${typeof value === 'string' ? JSON.stringify(cut) : cut}${from}`;
  }

  /** The values of which a piece is secret, in a form that may be printed. */
  masked(): readonly MaskedValue[] {
    return [...this.#entries]
      .filter(([, { text, printable }]) => printable !== undefined && printable !== text)
      .map(([name, { printable }]) => ({ file: this.file, path: name.split(separator), text: printable ?? '' }));
  }

  #reportSyntax(document: Document.Parsed, text: string): void {
    for (const { message, pos } of [...document.errors, ...document.warnings].slice(0, 1)) {
      const { line, col } = this.#lines.linePos(pos[0]);
      const hint = (text.split('\n')[line - 1] ?? '').includes('${') ? ' (put quotes around "${...}" here)' : '';
      // What the parser quotes from the file may be a secret.
      const problem = message.replace(/(?<=\w): .*$/s, '');
      this.#issues.push({ file: this.file, line, column: col, message: `is not YAML: ${problem}${hint}` });
    }
  }

  #walk(node: ParsedNode | Node | null, path: YamlPath, start: number): unknown {
    const valueStart = node?.range?.[0] ?? start;
    if (isScalar(node)) return this.#readScalar(node, path, { start, valueStart });
    if (isAlias(node)) {
      this.#entries.set(nameOf(path), { start, valueStart, value: undefined, broken: true });
      this.#issues.push(this.issueAt(path, `${printPath(path)}: aliases (*name) are not read; write the value out`));
      return undefined;
    }
    let value: unknown = null;
    if (isMap(node)) value = this.#walkMap(node, path);
    if (isSeq(node)) {
      value = node.items.map((item, index) => {
        const child = item as Node;
        return this.#walk(child, [...path, index], child.range?.[0] ?? valueStart);
      });
    }
    this.#entries.set(nameOf(path), { start, valueStart, value });
    return value;
  }

  #walkMap(map: YAMLMap, path: YamlPath): Record<string, unknown> {
    const out: Record<string, unknown> = Object.create(null);
    for (const { key, value } of map.items as Pair<Scalar, Node | null>[]) {
      const name = isScalar(key) ? String(key.source ?? key.value) : String(key);
      const start = key.range?.[0] ?? 0;
      const at = [...path, name];
      const { line, col: column } = this.#lines.linePos(start);
      const tell = (problem: string, place: YamlPath = at): void => {
        const label = place.length === 0 ? '' : `${printPath(place)}: `;
        this.#issues.push({ file: this.file, line, column, message: `${label}${problem}` });
      };
      if (value === null) {
        // What stands here may be the rest of a secret that lacks its quotes: `{ secret: abc,def }`.
        tell('expected "key: value", got a text without a colon; put quotes around texts with commas', path);
      } else if (name === '__proto__') {
        // Where mappings are plain objects it would be passed over in silence.
        tell('this name is not possible');
      } else if (Object.hasOwn(out, name)) {
        tell(`the key stands here a second time, first in line ${this.issueAt(at, '', 'key').line}`);
      } else {
        out[name] = this.#walk(value, at, start);
      }
    }
    return out;
  }

  #readScalar(scalar: Scalar, path: YamlPath, place: { start: number; valueStart: number }): unknown {
    const { value } = scalar;
    if (typeof value !== 'string' || !value.includes('${')) {
      this.#entries.set(nameOf(path), { ...place, value, text: scalar.source ?? String(value) });
      return value;
    }
    const { text, printable, whole, problems } = interpolate(value, this.#sources);
    const filled = whole && scalar.type === 'PLAIN' ? typed(text) : text;
    const broken = problems.length > 0;
    this.#entries.set(nameOf(path), {
      ...place,
      value: filled,
      text,
      printable,
      ...(whole ? { template: value } : {}),
      broken,
    });
    for (const problem of problems) this.#issues.push(this.issueAt(path, `${printPath(path)}: ${problem}`));
    return filled;
  }
}

/** `routes[0].path`. */
export function printPath(path: YamlPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    // An issue is one line, whatever a key is made of.
    const name = /\p{Cc}/u.test(String(part)) ? JSON.stringify(part) : String(part);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** What kind of value stands where a secret should, and the variable it came from; not what is left of its default. */
function printSecret(value: unknown, template: string | undefined): string {
  const from = template === undefined ? '' : ` (from ${template.replace(/:-.*$/s, ':-...}')})`;
  // A password of digits is a number to YAML.
  return typeof value === 'string' ? `"***"${from}` : `a ${typeof value}${from}; put quotes around it`;
}

/** No YAML key that a schema knows holds it, so names of paths do not collide. */
const separator = '\0';

function nameOf(path: YamlPath): string {
  return path.map(String).join(separator);
}

/** What an unquoted scalar of this text would be in YAML: a number, a truth value, or else the text. */
function typed(text: string): unknown {
  if (/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  return text;
}
