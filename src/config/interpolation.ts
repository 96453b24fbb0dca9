import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface InterpolationSources {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute folder that paths in `${file:path}` start from. */
  readonly dir: string;
}

export interface Interpolated {
  readonly text: string;
  /** The text for logs and `weft config print`, with `***` for each piece that may be a secret. */
  readonly printable: string;
  /** Whether the whole text was one expression. */
  readonly whole: boolean;
  /** One sentence for each expression that has no value. */
  readonly problems: readonly string[];
}

type Piece = { readonly text: string; readonly secret: boolean } | { readonly problem: string };

const expression = /\$\$\{|\$\{([^}]*)(\}?)/g;
const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const inUrlPath = /:\/\/[^/]*\//;

/**
 * Fills in `${VAR}`, `${VAR:-default}` (the default also where the variable is empty) and `${file:/path}` (without the
 * trailing line break); `$${` stands for `${`. What comes in is not looked at again: a secret that holds `${` is safe.
 * What a file gives is secret always, what a variable gives where it is a piece of a URL's path (a token).
 */
export function interpolate(template: string, sources: InterpolationSources): Interpolated {
  const problems: string[] = [];
  let text = '';
  let printable = '';
  let end = 0;
  for (const match of template.matchAll(expression)) {
    const literal = template.slice(end, match.index);
    const piece = evaluate(match, sources);
    end = match.index + match[0].length;
    text += literal;
    printable += literal;
    if ('problem' in piece) {
      problems.push(piece.problem);
      continue;
    }
    printable += piece.secret || (match[1] !== undefined && inUrlPath.test(text)) ? '***' : piece.text;
    text += piece.text;
  }
  const rest = template.slice(end);
  return { text: text + rest, printable: printable + rest, whole: /^\$\{[^}]*\}$/.test(template), problems };
}

function evaluate([, body, close]: RegExpExecArray, { env, dir }: InterpolationSources): Piece {
  if (body === undefined) return { text: '${', secret: false };
  if (close === '') return { problem: '${ has no closing }; write $${ where ${ itself is meant' };
  if (body.startsWith('file:')) return readSecretFile(body.slice('file:'.length), dir);
  const [, name, fallback] = variable.exec(body) ?? [];
  if (name === undefined || fallback?.includes('${')) {
    return { problem: `expected \${NAME}, \${NAME:-default} or \${file:/path}, got \${${shorten(body)}}` };
  }
  const value = env[name];
  if (fallback !== undefined) return { text: value === undefined || value === '' ? fallback : value, secret: false };
  if (value === undefined) return { problem: `the environment variable ${name} is not set` };
  return { text: value, secret: false };
}

/** Only what looks like a name: what follows may be a secret that somebody wrote as a default. */
function shorten(body: string): string {
  const [name = ''] = /^\w*/.exec(body) ?? [];
  return name === body ? name : `${name}...`;
}

function readSecretFile(path: string, dir: string): Piece {
  try {
    return { text: readFileSync(resolve(dir, path), 'utf8').replace(/\r?\n$/, ''), secret: true };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return {
      problem: code === 'ENOENT' ? `the file ${path} does not exist` : `the file ${path} cannot be read (${code})`,
    };
  }
}
