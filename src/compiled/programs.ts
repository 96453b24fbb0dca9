import { getOperationAST, print, type DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { LimitedGuards } from '../composition/field-limits/field-limits.ts';
import { Budget } from '../planner/budget.ts';
import { normalise } from '../planner/normalise.ts';
import { shapeOf } from '../planner/shape-of.ts';
import { buildEntry, compilePlan, type EntryParts } from './build-entry.ts';
import type { Entry, MaskableParts } from './entry.ts';
import { buildMasked, type MaskedProgram } from './masked-program.ts';
import { typicalOperation } from './typical-operation.ts';

export interface ProgramsParts extends EntryParts {
  /** Bound of all kept programs, in bytes by estimate. Default 64 MiB. */
  readonly maxBytes?: number;
}

export interface KeptPrograms {
  readonly entries: number;
  readonly bytes: number;
}

interface KeptMasked {
  readonly runs: 'masked';
  readonly masked: MaskedProgram;
}

const unknown: Entry = { runs: 'stitched', asksSchema: false };

/** The programs of a gateway: each operation is planned and compiled once for each mask, and kept while there is room. */
export class Programs {
  readonly #parts: ProgramsParts;
  readonly #entries: LRUCache<string, Entry | KeptMasked>;
  /** Keys by document: the text of an operation is looked at once as long as the same document comes. */
  readonly #keys = new WeakMap<DocumentNode, Map<string | undefined, string>>();
  readonly #ids = new WeakMap<MaskableParts, number>();
  #lastId = 0;
  #builtMs = 0;

  constructor(parts: ProgramsParts) {
    this.#parts = parts;
    this.#entries = new LRUCache({ maxSize: parts.maxBytes ?? 64 * 1024 * 1024 });
  }

  /** Time for making operations ready so far, in milliseconds. */
  get builtMs(): number {
    return this.#builtMs;
  }

  /** How many programs are kept, those of masks too, and what they take in bytes by estimate. */
  kept(): KeptPrograms {
    return { entries: this.#entries.size, bytes: this.#entries.calculatedSize };
  }

  /** What runs an operation that `get` was asked for before, as long as it is kept. */
  find(text: string, operationName: string | undefined): Entry | undefined {
    const found = this.#entries.get(keyOf(text, operationName));
    return found?.runs === 'masked' ? undefined : found;
  }

  get(document: DocumentNode, operationName: string | undefined): Entry {
    const key = this.#keys.get(document)?.get(operationName) ?? this.#keep(document, operationName);
    // An operation that is not there is for the execution to refuse; a name that anyone may invent is not kept.
    if (key === undefined) return unknown;
    const known = this.#entries.get(key);
    if (known && known.runs !== 'masked') return known;
    const startedAt = performance.now();
    const { value, bytes } = buildEntry(document, operationName, this.#parts);
    this.#builtMs += performance.now() - startedAt;
    this.#entries.set(key, value, { size: bytes + key.length * 2 });
    return value;
  }

  /** What runs a guarded operation for callers who lack just this, or have used it up. */
  masked(of: MaskableParts, denied: readonly number[], guards: LimitedGuards): MaskedProgram {
    const distinct = denied.length > 1 ? [...new Set(denied)].toSorted((a, b) => a - b) : denied;
    // No name of an operation begins with a digit, so no key of an entry is such a key.
    const key = `\0${this.#idOf(of)}\0${distinct.join()}`;
    const known = this.#entries.get(key);
    if (known?.runs === 'masked') return known.masked;
    const { value: masked, bytes } = buildMasked(of, distinct, { ...this.#parts, guards });
    this.#entries.set(key, { runs: 'masked', masked }, { size: bytes + key.length * 2 });
    return masked;
  }

  /**
   * Plans and compiles one operation and throws it away, so that the first client does not wait for what runs for the first
   * time in this process: that is several times as slow.
   */
  warmUp(): void {
    try {
      const { schema, graph } = this.#parts;
      const document = typicalOperation(schema);
      if (!document) return;
      const budget = new Budget({ maxFields: 500 });
      const operation = normalise({ document, schema, graph, budget });
      compilePlan({ operation, shape: shapeOf(schema, operation), budget }, graph, () => async () => ({ data: null }));
    } catch {
      // An operation that nobody asked for may fail unheard: where one that is asked for fails so, that is told.
    }
  }

  #keep(document: DocumentNode, operationName: string | undefined): string | undefined {
    if (!getOperationAST(document, operationName)) return undefined;
    const key = keyOf(document.loc?.source.body ?? print(document), operationName);
    const keys = this.#keys.get(document) ?? new Map<string | undefined, string>();
    this.#keys.set(document, keys.set(operationName, key));
    return key;
  }

  /** Stands for text and name of a guarded operation: shorter than they are, and looked up with each request. */
  #idOf(parts: MaskableParts): number {
    const known = this.#ids.get(parts);
    if (known !== undefined) return known;
    this.#lastId += 1;
    this.#ids.set(parts, this.#lastId);
    return this.#lastId;
  }
}

/** No document that can be run has a NUL, so no text and name can be taken for another pair of them. */
function keyOf(text: string, operationName: string | undefined): string {
  return operationName === undefined ? text : `\0${operationName}\0${text}`;
}
