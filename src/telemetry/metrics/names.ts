import { other } from './definition.ts';
import { methods } from './values.ts';

/** Values of labels that clients or upstreams choose, made few. */

const knownMethods: ReadonlyMap<string, string> = new Map(methods.map((method) => [method, method]));

/** @see {@link https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/ | OpenTelemetry, Semantic conventions, `http.request.method`} */
export function methodName(method: string): string {
  return knownMethods.get(method) ?? '_OTHER';
}

const maxCodeLength = 64;
const codePattern = /^[A-Z][A-Z0-9_]*$/;

/** An error code that looks like one; upstreams choose theirs, and might write anything there. */
export function codeName(code: string): string {
  return code.length <= maxCodeLength && codePattern.test(code) ? code : other;
}

const statuses = new Map<number, string>();

/** '' where no answer came or went out. */
export function statusName(status: number): string {
  if (!(status >= 100 && status <= 999)) return '';
  let name = statuses.get(status);
  if (name === undefined) {
    name = String(status);
    statuses.set(status, name);
  }
  return name;
}

const maxNameLength = 100;

/** Tells so many operations apart, those that came first; further ones, and those of very long names, are `_other`. */
export class OperationNames {
  readonly #known = new Set<string>();
  readonly #max: number;
  readonly #onFold: () => void;

  constructor(max: number, onFold: () => void) {
    this.#max = max;
    this.#onFold = onFold;
  }

  nameOf(name: string): string {
    if (name === '') return 'anonymous';
    if (this.#known.has(name)) return name;
    if (this.#known.size < this.#max && name.length <= maxNameLength) {
      this.#known.add(name);
      return name;
    }
    this.#onFold();
    return other;
  }
}
