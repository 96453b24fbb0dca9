import type { JoinGraph } from '../composition/join-graph/types.ts';
import type { ArgumentText } from './plan.ts';

/** A field of one place in the merged data, whoever wants it. */
export interface KeyedField {
  readonly name: string;
  readonly arguments: readonly ArgumentText[];
  readonly parentType: string;
}

/**
 * Gives the members of one merged object their names. A field keeps the name it is wanted under unless another field,
 * other arguments, or a type that would clash in an upstream's document has it already; then it gets a name of ours.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Field-Selection-Merging | GraphQL, 5.3.2 Field Selection Merging}
 */
export class DataKeys {
  readonly #graph: JoinGraph;
  readonly #signatures = new Map<string, string>();
  readonly #byWish = new Map<string, string>();

  constructor(graph: JoinGraph) {
    this.#graph = graph;
  }

  /** The member for a field that is wanted under `wish`. Equal calls give equal names. */
  keyFor(field: KeyedField, wish: string): string {
    const signature = signatureOf(this.#graph, field);
    const wished = `${wish} ${signature}`;
    const known = this.#byWish.get(wished);
    if (known !== undefined) return known;
    const key = this.#free(field.name, wish, signature);
    this.#signatures.set(key, signature);
    this.#byWish.set(wished, key);
    return key;
  }

  /** Takes a name that was given elsewhere, so that later fields keep clear of it. */
  reserve(field: KeyedField, key: string): void {
    const signature = signatureOf(this.#graph, field);
    this.#signatures.set(key, signature);
    this.#byWish.set(`${key} ${signature}`, key);
    if (!this.#byWish.has(`${field.name} ${signature}`)) this.#byWish.set(`${field.name} ${signature}`, key);
  }

  #free(name: string, wish: string, signature: string): string {
    const isOurs = wish.startsWith('__') || wish.startsWith('_weft_');
    if (!isOurs && !this.#isTaken(wish, signature)) return wish;
    for (let number = 1; ; number++) {
      const key = `_weft_${name}_${number}`;
      if (!this.#isTaken(key, signature)) return key;
    }
  }

  #isTaken(key: string, signature: string): boolean {
    const holder = this.#signatures.get(key);
    return holder !== undefined && holder !== signature;
  }
}

/** Two fields may share a member where this is equal: same name, same arguments, same response shape in every upstream. */
function signatureOf(graph: JoinGraph, field: KeyedField): string {
  const args = field.arguments.map(({ name, value }) => `${name}:${value}`).join(',');
  const shape = graph.types.get(field.parentType)?.fields.get(field.name)?.responseShape ?? '';
  return `${field.name}(${args})${shape}`;
}

/** A place in the merged data: the names of its members and the places below them. */
export class Position {
  readonly keys: DataKeys;
  readonly #graph: JoinGraph;
  readonly #below = new Map<string, Position>();

  constructor(graph: JoinGraph) {
    this.#graph = graph;
    this.keys = new DataKeys(graph);
  }

  below(dataKey: string): Position {
    const known = this.#below.get(dataKey);
    if (known) return known;
    const made = new Position(this.#graph);
    this.#below.set(dataKey, made);
    return made;
  }
}

interface NamedField extends KeyedField {
  readonly dataKey: string;
  readonly fields?: readonly NamedField[];
}

/** The places of an operation's fields, with the names that normalisation gave them. */
export function positionOf(graph: JoinGraph, fields: readonly NamedField[]): Position {
  const position = new Position(graph);
  reserveAll(position, fields);
  return position;
}

function reserveAll(position: Position, fields: readonly NamedField[]): void {
  for (const field of fields) {
    position.keys.reserve(field, field.dataKey);
    if (field.fields) reserveAll(position.below(field.dataKey), field.fields);
  }
}
