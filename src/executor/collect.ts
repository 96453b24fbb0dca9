import type { Path, PathStep, RepresentationField } from '../planner/plan.ts';
import { compileCode, isObject, own, quote, readMember } from './quote.ts';

/**
 * Calls `found` with each object at one of the paths, in the order of the paths, and `untyped` with each whose type would
 * decide whether it is one, and is not known.
 */
export type Walk = (root: object, found: (object: object) => void, untyped?: (object: object) => void) => void;

export function compileWalk(paths: readonly Path[]): Walk {
  const code = paths.map((path) => walkFrom(path, 0)).join('');
  return compileCode(`return function(v0,found,untyped){${code}};`, { own, isObject }) as Walk;
}

/** Code that goes on from the value `v<depth>`, which has come through the first `depth` steps. */
function walkFrom(path: Path, depth: number): string {
  const [from, to] = [`v${depth}`, `v${depth + 1}`];
  const step = path[depth];
  if (!step) return `if(isObject(${from}))found(${from});`;
  const after = walkFrom(path, depth + 1);
  switch (step.step) {
    case 'field':
      return `if(isObject(${from})){const ${to}=${readMember(from, step.key)};${after}}`;
    case 'each':
      return `if(Array.isArray(${from}))for(let i${depth}=0;i${depth}<${from}.length;i${depth}++){const ${to}=${from}[i${depth}];${after}}`;
    case 'type':
      return `if(isObject(${from})){if(${isOneOf(from, step.types)}){const ${to}=${from};${after}}${depth === path.length - 1 ? ifUntyped(from) : ''}}`;
    default:
      return step satisfies never;
  }
}

function ifUntyped(object: string): string {
  const type = readMember(object, '__typename');
  return `else if(untyped&&(${type}===undefined||${type}===null))untyped(${object});`;
}

function isOneOf(object: string, types: readonly string[]): string {
  if (types.length === 0) return 'false';
  const tests = types.map((type) => `${readMember(object, '__typename')}===${quote(type)}`);
  return `(${tests.join('||')})`;
}

/** The places of a path as text, types left out: equal for positions whose objects are of one list or member. */
export function pathText(path: Path): string {
  return path.map(stepText).join('');
}

function stepText(step: PathStep): string {
  if (step.step === 'field') return `.${JSON.stringify(step.key)}`;
  return step.step === 'each' ? '[]' : '';
}

/** The representation of an object as JSON; undefined where a part of it is not there. */
export type Represent = (object: object) => string | undefined;

export function compileRepresent(type: string, fields: readonly RepresentationField[]): Represent {
  const code: string[] = [];
  const start = `{"__typename":${JSON.stringify(type)}`;
  const name = representFunction(start, fields, code);
  return compileCode(`${code.join('\n')}\nreturn ${name};`, { own, isObject, leafJson, listJson }) as Represent;
}

/** Whether two objects have equal representations; only ever true where they have. */
export type IsSame = (a: object, b: object) => boolean;

/** Compares without making text, where a representation is made of leaves that every type has; else undefined. */
export function compileIsSame(fields: readonly RepresentationField[]): IsSame | undefined {
  if (fields.length === 0 || fields.some(({ on, fields: below }) => on ?? below)) return undefined;
  const tests = fields.map(({ dataKey }) => `${readMember('a', dataKey)}===${readMember('b', dataKey)}`);
  return compileCode(`return function(a,b){return ${tests.join('&&')};};`, { own }) as IsSame;
}

/** Adds a function to `code` and gives its name. `start` is the JSON that stands before the fields, with its brace. */
function representFunction(start: string, fields: readonly RepresentationField[], code: string[]): string {
  let hasMember = start.length > 1;
  const lines = fields.map((field) => {
    const { name, dataKey, required, on, fields: below } = field;
    const value = below ? `listJson(v,${representFunction('{', below, code)})` : 'leafJson(v)';
    // Whether a comma is due is known here unless a member before this one depends on the type.
    const comma = hasMember ? quote(',') : `(t.length>1?",":"")`;
    const isAbsent = required ? 'v===undefined' : 'v===undefined||v===null';
    const append =
      `v=${readMember('o', dataKey)};if(${isAbsent})return undefined;v=${value};if(v===undefined)return undefined;` +
      `t+=${comma}+${quote(`${JSON.stringify(name)}:`)}+v;`;
    if (on) return `if(${isOneOf('o', on)}){${append}}`;
    hasMember = true;
    return append;
  });
  const name = `r${code.length}`;
  code.push(`function ${name}(o){let t=${quote(start)},v;${lines.join('')}return t+"}";}`);
  return name;
}

// Keys are short and mostly made of these; a look at them costs less than `JSON.stringify` of a single string.
const plain = /^[\w .:/+=-]*$/;

function leafJson(value: unknown): string | undefined {
  return typeof value === 'string' && plain.test(value) ? `"${value}"` : JSON.stringify(value);
}

/** An object, or (nested) list of them, inside a representation. */
function listJson(value: unknown, represent: Represent): string | undefined {
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (const item of value as unknown[]) {
      const text = listJson(item, represent);
      if (text === undefined) return undefined;
      items.push(text);
    }
    return `[${items.join()}]`;
  }
  if (value === null) return 'null';
  return isObject(value) ? represent(value) : undefined;
}
