import {
  getNamedType,
  isNonNullType,
  isObjectType,
  Kind,
  print,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { fieldNames, hash, type Declaration, type Thing, type Universe } from './universe.ts';

/** What goes wrong in one run; the same for all subgraphs and the monolith. */
export interface FaultPlan {
  /** Decides which values fail. */
  readonly seed: number;
  /** How many of 100 values that may fail do; half of them with an error, half with a null. */
  readonly percent: number;
  /** A subgraph that cannot be reached. */
  readonly down?: string;
  /** A subgraph that does not know an entity which others refer to. */
  readonly absent?: { readonly subgraph: string; readonly thing: Thing };
}

export const noFaults: FaultPlan = { seed: 0, percent: 0 };

/** What a supergraph allows to go wrong, so that the monolith can be told the same. */
export class Faults {
  readonly #universe: Universe;
  readonly #inputs: ReadonlySet<string>;
  readonly #provided: ReadonlySet<string>;
  readonly #tainted: ReadonlySet<string>;
  readonly #mayFail = new Map<string, boolean>();

  constructor(universe: Universe) {
    this.#universe = universe;
    const fields = universe.subgraphs.flatMap(({ types }) =>
      [...types.values()].flatMap((type) => [...type.fields.values()]),
    );
    this.#inputs = new Set(fields.flatMap(({ requires }) => (requires ? fieldNames(requires) : [])));
    this.#provided = new Set(fields.flatMap(({ provides }) => (provides ? fieldNames(provides) : [])));
    this.#tainted = taintedTypes(universe, universe.schema);
  }

  /** What a value becomes, if anything, beside what it is. */
  at({ seed, percent }: FaultPlan, thing: Thing, field: string): 'error' | 'null' | undefined {
    if (percent === 0 || !this.mayFail(thing.type, field)) return undefined;
    const number = hash(`${seed}|${thing.type}|${thing.seed}|${field}`) % 200;
    if (number >= percent * 2) return undefined;
    return number % 2 === 0 ? 'error' : 'null';
  }

  /**
   * Keys and inputs of other fields do not fail, as what depends on them would; nor what may not be null where upstreams
   * and supergraph disagree about how far that null goes.
   */
  mayFail(type: string, field: string): boolean {
    const at = `${type}.${field}`;
    const known = this.#mayFail.get(at);
    if (known !== undefined) return known;
    const found = this.#decide(type, field);
    this.#mayFail.set(at, found);
    return found;
  }

  #decide(type: string, field: string): boolean {
    if (this.#universe.isKeyField(field) || this.#inputs.has(field)) return false;
    const parent = this.#universe.schema.getType(type);
    const publicField = isObjectType(parent) ? parent.getFields()[field] : undefined;
    if (!publicField) return false;
    const agree = this.#universe
      .declarationsOf(type, field)
      .every((declaration) => print(declaration.field.type) === String(publicField.type));
    return agree && (!isNonNullType(publicField.type) || !this.#tainted.has(type));
  }

  /** Whether only this subgraph can give the field, so that it is surely not there without it. */
  isSole(type: string, field: string, subgraph: string): boolean {
    const resolving = this.#resolving(type, field);
    return (
      resolving.length === 1 &&
      resolving[0]?.subgraph.name === subgraph &&
      !this.#provided.has(field) &&
      !this.#universe.isKeyField(field)
    );
  }

  isInput(field: string): boolean {
    return this.#inputs.has(field);
  }

  /** Whether a field cannot be had while a subgraph is down: it is only there, or requires what is. */
  isLost(type: string, field: string, down: string): boolean {
    if (this.isSole(type, field, down)) return true;
    const resolving = this.#resolving(type, field);
    return resolving.length > 0 && resolving.every((declaration) => this.#requiresLost(declaration, type, down));
  }

  #requiresLost({ field }: Declaration, type: string, down: string): boolean {
    return field.requires !== undefined && this.#losesAny(field.requires, type, down);
  }

  #losesAny({ selections }: SelectionSetNode, type: string, down: string): boolean {
    return selections.some((node) => {
      if (node.kind === Kind.FRAGMENT_SPREAD) return false;
      if (node.kind === Kind.INLINE_FRAGMENT) {
        const on = node.typeCondition?.name.value ?? type;
        return this.#losesAny(node.selectionSet, on, down);
      }
      if (this.isLost(type, node.name.value, down)) return true;
      const [declared] = this.#universe.declarationsOf(type, node.name.value);
      return node.selectionSet !== undefined && declared !== undefined
        ? this.#losesAny(node.selectionSet, innermost(print(declared.field.type)), down)
        : false;
    });
  }

  #resolving(type: string, field: string): readonly Declaration[] {
    const declarations = this.#universe.declarationsOf(type, field);
    const overridden = new Set(
      declarations.flatMap(({ field: { override } }) =>
        override && override.label === undefined ? [override.from] : [],
      ),
    );
    // No label of a progressive override is set.
    return declarations.filter(
      ({ subgraph, field: { isExternal, isInKey, override } }) =>
        (!isExternal || isInKey) && override?.label === undefined && !overridden.has(subgraph.name),
    );
  }
}

function innermost(type: string): string {
  return type.replaceAll(/[[\]!]/g, '');
}

/** Types whose nulls go up to a field that upstreams and supergraph give different types. */
function taintedTypes(universe: Universe, schema: GraphQLSchema): ReadonlySet<string> {
  const tainted = new Set<string>();
  const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type));
  const taint = (name: string): void => {
    const type = schema.getType(name);
    const possible =
      type && 'getTypes' in type
        ? type.getTypes()
        : objects.filter((each) => each.getInterfaces().some((one) => one.name === name));
    for (const each of [name, ...possible.map((one) => one.name)]) tainted.add(each);
  };
  for (let before = -1; before < tainted.size;) {
    before = tainted.size;
    for (const type of objects) {
      for (const field of Object.values(type.getFields())) {
        const declared = universe.declarationsOf(type.name, field.name).map((each) => print(each.field.type));
        const differs = declared.some((text) => text !== String(field.type));
        const goesUp = tainted.has(type.name) && declared.some((text) => text.endsWith('!'));
        if (differs || goesUp) taint(getNamedType(field.type).name);
        if (differs) for (const text of declared) taint(innermost(text));
      }
    }
  }
  return tainted;
}
