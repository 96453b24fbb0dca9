import type { DocumentBounds } from '../../config/limit-types.ts';
import { fixedDocumentBounds } from './default-bounds.ts';
import { locationOf, type Bound, type Excess } from './excess.ts';
import { TokenReader, tokens } from './token-reader.ts';

/** What is written in a document. */
export interface WrittenCounts {
  /** UTF-8. */
  readonly bytes: number;
  /** Comments too. */
  readonly tokens: number;
  readonly directives: number;
  /** Fragment definitions, and fragment spreads and inline fragments. */
  readonly fragments: number;
  readonly operations: number;
  /** Items of the longest list. */
  readonly listItems: number;
  /** Braces, brackets and parentheses within each other; counting ends one beyond `fixedDocumentBounds.maxNesting`. */
  readonly nesting: number;
}

/**
 * Looks through a text once, before anything is parsed, and ends at the first bound that it breaks. Depth, aliases and root
 * fields are counted as they are written: fragments can only make them more. Text that is not GraphQL is parsing's to
 * refuse; no more of it is looked at. Pure.
 */
export function scanText(text: string, bounds: DocumentBounds): Excess | undefined {
  const { maxBytes = Infinity } = bounds;
  // No code unit takes more than three bytes: most texts need not be measured.
  if (text.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) return { bound: 'maxBytes', max: maxBytes, came: bytes, of: 'text' };
  }
  const scan = new Scan(text, bounds);
  scan.run();
  return scan.excess;
}

/** Counts all of a document that was parsed. Pure. */
export function countWritten(text: string): WrittenCounts {
  const scan = new Scan(text, noBounds);
  scan.run();
  const { directives, fragments, operations, listItems, nesting } = scan;
  return {
    bytes: Buffer.byteLength(text),
    tokens: scan.tokens,
    ...{ directives, fragments, operations, listItems, nesting },
  };
}

const noBounds: DocumentBounds = {
  maxBytes: undefined,
  maxTokens: undefined,
  maxDepth: undefined,
  maxAliases: undefined,
  maxRootFields: undefined,
  maxDirectives: undefined,
  maxFragments: undefined,
  maxListItems: undefined,
};

/** What an open bracket holds. */
const holds = { fields: 1, fieldsOfInlineFragment: 2, list: 3, other: 4 } as const;

/** What was read of `... on Type`: an open brace after it adds no depth. */
const spread = { none: 0, dots: 1, on: 2, type: 3 } as const;

const { maxNesting, maxOperations } = fixedDocumentBounds;

class Scan {
  excess: Excess | undefined;
  tokens = 0;
  directives = 0;
  fragments = 0;
  operations = 0;
  listItems = 0;
  nesting = 0;
  readonly #text: string;
  readonly #reader: TokenReader;
  readonly #bounds: DocumentBounds;
  /** By level: what the bracket holds, and how many items where that is a list. */
  readonly #holds: number[] = [];
  readonly #items: number[] = [];
  #level = 0;
  /** Within a definition. */
  #depth = 0;
  #aliases = 0;
  #rootFields = 0;
  #isOperation = true;
  #beginsDefinition = true;
  #spread: number = spread.none;
  #last: number = tokens.end;

  constructor(text: string, bounds: DocumentBounds) {
    this.#text = text;
    this.#reader = new TokenReader(text);
    this.#bounds = bounds;
  }

  run(): void {
    const { maxTokens = Infinity } = this.#bounds;
    for (;;) {
      const kind = this.#reader.next();
      if (kind === tokens.end || kind === tokens.broken) return;
      this.tokens += 1;
      if (this.tokens > maxTokens) this.#exceed('maxTokens', maxTokens);
      else if (kind !== tokens.comment) {
        this.#take(kind);
        this.#last = kind;
      }
      if (this.excess !== undefined) return;
    }
  }

  #take(kind: number): void {
    switch (kind) {
      case tokens.name:
        return this.#takeName();
      case tokens.openBrace:
        return this.#isAtFields() || this.#level === 0 ? this.#openFields() : this.#openValue(holds.other);
      case tokens.openParen:
        return this.#open(holds.other);
      case tokens.openBracket:
        return this.#openValue(holds.list);
      case tokens.closeBrace:
      case tokens.closeParen:
      case tokens.closeBracket:
        return this.#close(kind);
      case tokens.number:
      case tokens.string:
        return this.#countItem();
      case tokens.colon:
        return this.#isAtFields() ? this.#countAlias() : undefined;
      case tokens.at:
        return this.#countDirective();
      case tokens.spread:
        this.#spread = spread.dots;
        return this.#countFragment();
      default:
        return undefined;
    }
  }

  #isAtFields(): boolean {
    const held = this.#holds[this.#level];
    return held === holds.fields || held === holds.fieldsOfInlineFragment;
  }

  #takeName(): void {
    if (this.#level === 0) {
      if (this.#beginsDefinition) this.#begin();
    } else if (!this.#isAtFields()) {
      this.#countItem();
    } else if (this.#last !== tokens.at) {
      this.#takeNameAtFields();
    }
  }

  #begin(): void {
    this.#beginsDefinition = false;
    this.#isOperation = !this.#reader.isName('fragment');
    if (this.#isOperation) this.#countOperation();
    else this.#countFragment();
  }

  #takeNameAtFields(): void {
    switch (this.#spread) {
      case spread.dots:
        this.#spread = this.#reader.isName('on') ? spread.on : spread.none;
        return;
      case spread.on:
        this.#spread = spread.type;
        return;
      default:
        this.#spread = spread.none;
        // What stands after a colon is the name of the field whose alias was counted.
        if (this.#depth === 1 && this.#isOperation && this.#last !== tokens.colon) this.#countRootField();
    }
  }

  #openFields(): void {
    if (this.#level === 0 && this.#beginsDefinition) this.#begin();
    const isInline = this.#spread !== spread.none;
    this.#spread = spread.none;
    this.#open(isInline ? holds.fieldsOfInlineFragment : holds.fields);
    if (isInline) return;
    this.#depth += 1;
    const { maxDepth = Infinity } = this.#bounds;
    if (this.#depth > maxDepth) this.#exceed('maxDepth', maxDepth);
  }

  #openValue(what: number): void {
    this.#countItem();
    this.#open(what);
  }

  #open(what: number): void {
    this.#level += 1;
    if (this.#level > this.nesting) this.nesting = this.#level;
    if (this.#level > maxNesting) return this.#exceed('maxNesting', maxNesting);
    this.#holds[this.#level] = what;
    this.#items[this.#level] = 0;
  }

  #close(kind: number): void {
    if (this.#level === 0) return;
    if (this.#holds[this.#level] === holds.fields) this.#depth -= 1;
    this.#level -= 1;
    if (this.#level > 0 || kind !== tokens.closeBrace) return;
    this.#beginsDefinition = true;
    this.#aliases = 0;
    this.#rootFields = 0;
  }

  #countItem(): void {
    if (this.#holds[this.#level] !== holds.list) return;
    const items = (this.#items[this.#level] ?? 0) + 1;
    this.#items[this.#level] = items;
    if (items <= this.listItems) return;
    this.listItems = items;
    const { maxListItems = Infinity } = this.#bounds;
    if (items > maxListItems) this.#exceed('maxListItems', maxListItems);
  }

  #countAlias(): void {
    this.#aliases += 1;
    const { maxAliases = Infinity } = this.#bounds;
    if (this.#aliases > maxAliases) this.#exceed('maxAliases', maxAliases);
  }

  #countRootField(): void {
    this.#rootFields += 1;
    const { maxRootFields = Infinity } = this.#bounds;
    if (this.#rootFields > maxRootFields) this.#exceed('maxRootFields', maxRootFields);
  }

  #countDirective(): void {
    this.directives += 1;
    const { maxDirectives = Infinity } = this.#bounds;
    if (this.directives > maxDirectives) this.#exceed('maxDirectives', maxDirectives);
  }

  #countFragment(): void {
    this.fragments += 1;
    const { maxFragments = Infinity } = this.#bounds;
    if (this.fragments > maxFragments) this.#exceed('maxFragments', maxFragments);
  }

  #countOperation(): void {
    this.operations += 1;
    if (this.operations > maxOperations) this.#exceed('maxOperations', maxOperations);
  }

  #exceed(bound: Bound, max: number): void {
    this.excess ??= { bound, max, came: undefined, of: 'text', location: locationOf(this.#text, this.#reader.start) };
  }
}
