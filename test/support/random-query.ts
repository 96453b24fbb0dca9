import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { GraphQLArgument, GraphQLCompositeType, GraphQLField, GraphQLInputType, GraphQLSchema } from 'graphql';
import { seededRandom, type Random } from '../../upstreams/demo/random.ts';

/** A random query: the same for the same seed and schema. */
export interface RandomQuery {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface RandomQueryOptions {
  readonly seed: number;
  /** How deep selections nest; 1 selects leaves of root fields only. */
  readonly depth: number;
  /** The literal for an argument: `"12"`, `3`, `[1, 2]`. */
  readonly argument: (argument: GraphQLArgument, field: string, random: Random) => string;
}

type Field = GraphQLField<unknown, unknown>;

/** A valid query over fields, arguments, aliases, fragments, variables and conditions of the schema. */
export function randomQuery(schema: GraphQLSchema, options: RandomQueryOptions): RandomQuery {
  return new Writer(schema, options).write();
}

class Writer {
  readonly #schema: GraphQLSchema;
  readonly #options: RandomQueryOptions;
  readonly #random: Random;
  readonly #fragments: string[] = [];
  readonly #declarations: string[] = [];
  readonly #variables: Record<string, unknown> = {};
  #names = 0;

  constructor(schema: GraphQLSchema, options: RandomQueryOptions) {
    this.#schema = schema;
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  write(): RandomQuery {
    const root = this.#schema.getQueryType();
    if (!root) throw new TypeError('The schema must have a query type.');
    const selection = this.#selection(root, this.#options.depth);
    const declared = this.#declarations.length > 0 ? `(${this.#declarations.join(', ')})` : '';
    const text = [`query Random${declared} ${selection}`, ...this.#fragments].join('\n');
    return { text, variables: this.#variables };
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const parts = isAbstractType(type) ? this.#abstractParts(type, depth) : this.#parts(type, depth);
    return `{ ${parts.join(' ')} }`;
  }

  #abstractParts(type: GraphQLCompositeType, depth: number): string[] {
    if (!isAbstractType(type)) return [];
    const possible = this.#schema.getPossibleTypes(type).filter(() => this.#random.chance(70));
    const inner = possible.map(
      (each) => `... on ${each.name} { ${this.#fields(this.#candidates(each, depth), depth).join(' ')} }`,
    );
    return ['__typename', ...this.#fields(this.#candidates(type, depth), depth), ...inner];
  }

  /** The fields of an object; sometimes part of them in a fragment, one under another's name, `__typename`. */
  #parts(type: GraphQLCompositeType, depth: number): string[] {
    const candidates = this.#candidates(type, depth);
    const taken = this.#random.chance(8) ? this.#random.pick(candidates)?.name : undefined;
    const others = candidates.filter(({ name }) => name !== taken);
    const fields = this.#fields(others, depth);
    if (taken !== undefined && others.length > 0) fields.push(this.#field(this.#random.pick(others), depth, taken));
    if (this.#random.chance(15)) fields.push('__typename');
    if (!this.#random.chance(20)) return fields;
    const split = this.#random.between(0, fields.length - 1);
    return [...fields.slice(0, split), this.#fragment(type, fields.slice(split))];
  }

  #candidates(type: GraphQLCompositeType, depth: number): Field[] {
    const fields: Field[] = 'getFields' in type ? Object.values(type.getFields()) : [];
    return fields.filter((field) => depth > 1 || isLeafType(getNamedType(field.type)));
  }

  /** One to four of them; leaves sometimes twice. */
  #fields(candidates: readonly Field[], depth: number): string[] {
    if (candidates.length === 0) return ['__typename'];
    const chosen = Array.from({ length: this.#random.between(1, 4) }, () => this.#random.pick(candidates));
    const fields = chosen.filter(
      ({ type }, index) => isLeafType(getNamedType(type)) || chosen.indexOf(chosen[index] as Field) === index,
    );
    return fields.map((field) => this.#field(field, depth));
  }

  #fragment(type: GraphQLCompositeType, fields: readonly string[]): string {
    if (this.#random.chance(50)) return `... on ${type.name}${this.#condition()} { ${fields.join(' ')} }`;
    const name = `F${this.#names++}`;
    this.#fragments.push(`fragment ${name} on ${type.name} { ${fields.join(' ')} }`);
    return `...${name}${this.#condition()}`;
  }

  #field(field: Field, depth: number, name?: string): string {
    const given = field.args.filter((argument) => isNonNullType(argument.type) || this.#random.chance(80));
    // Two fields of one response name must have equal arguments: those that take any get a name of their own.
    const isRenamed = field.args.length > 0 || this.#random.chance(25);
    const alias = name === undefined ? (isRenamed ? `a${this.#names++}: ` : '') : `${name}: `;
    const inner = getNamedType(field.type);
    const selection = isCompositeType(inner) ? ` ${this.#selection(inner, depth - 1)}` : '';
    const literals = given.map((argument) => `${argument.name}: ${this.#argument(argument, field.name)}`);
    const text = literals.length > 0 ? `(${literals.join(', ')})` : '';
    return `${alias}${field.name}${text}${this.#condition()}${selection}`;
  }

  #argument(argument: GraphQLArgument, field: string): string {
    const literal = this.#options.argument(argument, field, this.#random);
    if (!this.#random.chance(30) || isEnumType(getNamedType(argument.type))) return literal;
    return this.#variable(typeText(argument.type), JSON.parse(literal));
  }

  #condition(): string {
    if (!this.#random.chance(8)) return '';
    const directive = this.#random.pick(['skip', 'include']);
    const isOn = this.#random.chance(50);
    return ` @${directive}(if: ${this.#random.chance(50) ? this.#variable('Boolean!', isOn) : String(isOn)})`;
  }

  #variable(type: string, value: unknown): string {
    const name = `v${this.#names++}`;
    this.#declarations.push(`$${name}: ${type}`);
    this.#variables[name] = value;
    return `$${name}`;
  }
}

function typeText(type: GraphQLInputType): string {
  if (isNonNullType(type)) return `${typeText(type.ofType)}!`;
  return isListType(type) ? `[${typeText(type.ofType)}]` : type.name;
}
