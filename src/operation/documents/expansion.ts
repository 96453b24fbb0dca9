import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';
import { fixedDocumentBounds } from './default-bounds.ts';

/** What a selection set comes to, fragments expanded. */
export interface Sums {
  fields: number;
  aliases: number;
  /** Fields below each other. */
  depth: number;
  /** Fields at its own level. */
  rootFields: number;
  /** Selection sets within each other. */
  nesting: number;
}

export const nothing: Readonly<Sums> = { fields: 0, aliases: 0, depth: 0, rootFields: 0, nesting: 0 };

/** An operation, or a fragment that none before it spreads: validation looks at such ones too. */
export interface MeasuredRoot extends Readonly<Sums> {
  readonly node: SelectionSetNode;
  readonly isOperation: boolean;
  readonly name: string | undefined;
}

const { maxNesting } = fixedDocumentBounds;

/** A document as if its fragments were written out, without doing so: each is measured once, however often it is spread. */
export class Expansion {
  /** Whether a fragment spreads itself. */
  isCyclic = false;
  readonly roots: readonly MeasuredRoot[];
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  /** Of fragments; `nothing` while one is being measured. */
  readonly #known = new Map<string, Readonly<Sums>>();

  constructor({ definitions }: DocumentNode) {
    const roots: MeasuredRoot[] = [];
    for (const node of definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(node.name.value, node);
    }
    for (const node of definitions) {
      if (node.kind !== Kind.OPERATION_DEFINITION) continue;
      roots.push({ ...this.#measure(node.selectionSet, 1), ...rootOf(node, true) });
    }
    for (const [name, node] of this.#fragments) {
      if (!this.#known.has(name)) roots.push({ ...this.#ofFragment(name, 1), ...rootOf(node, false) });
    }
    this.roots = roots;
  }

  fragment(name: string): SelectionSetNode | undefined {
    return this.#fragments.get(name)?.selectionSet;
  }

  #measure(node: SelectionSetNode, level: number): Readonly<Sums> {
    // Deeper than any bound: it counts no more, and no stack overflows.
    if (level > maxNesting) return tooDeep;
    const sums = { ...nothing };
    for (const selection of node.selections) {
      if (selection.kind === Kind.FIELD) {
        const below = selection.selectionSet ? this.#measure(selection.selectionSet, level + 1) : nothing;
        addField(sums, below, selection.alias !== undefined);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        addFragment(sums, this.#measure(selection.selectionSet, level + 1));
      } else {
        addFragment(sums, this.#ofFragment(selection.name.value, level + 1));
      }
    }
    sums.nesting += 1;
    return sums;
  }

  #ofFragment(name: string, level: number): Readonly<Sums> {
    const known = this.#known.get(name);
    if (known === nothing) this.isCyclic = true;
    if (known !== undefined) return known;
    const node = this.fragment(name);
    if (node === undefined) return nothing;
    this.#known.set(name, nothing);
    const sums = this.#measure(node, level);
    this.#known.set(name, sums);
    return sums;
  }
}

const tooDeep: Readonly<Sums> = { ...nothing, nesting: 1 };

function rootOf(
  {
    selectionSet,
    name,
  }: { readonly selectionSet: SelectionSetNode; readonly name?: { readonly value: string } | undefined },
  isOperation: boolean,
): Pick<MeasuredRoot, 'node' | 'isOperation' | 'name'> {
  return { node: selectionSet, isOperation, name: name?.value };
}

function addField(sums: Sums, below: Readonly<Sums>, isAliased: boolean): void {
  sums.fields = saturated(sums.fields + below.fields + 1);
  sums.aliases = saturated(sums.aliases + below.aliases + (isAliased ? 1 : 0));
  sums.rootFields = saturated(sums.rootFields + 1);
  sums.depth = Math.max(sums.depth, below.depth + 1);
  sums.nesting = Math.max(sums.nesting, below.nesting);
}

function addFragment(sums: Sums, of: Readonly<Sums>): void {
  sums.fields = saturated(sums.fields + of.fields);
  sums.aliases = saturated(sums.aliases + of.aliases);
  sums.rootFields = saturated(sums.rootFields + of.rootFields);
  sums.depth = Math.max(sums.depth, of.depth);
  sums.nesting = Math.max(sums.nesting, of.nesting);
}

export function saturated(sum: number): number {
  return Math.min(sum, Number.MAX_SAFE_INTEGER);
}
