import { getNamedType, isAbstractType, isCompositeType, isEnumType, isLeafType, isListType, isNonNullType } from 'graphql';
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
  /** Fields that are never selected, as `Type.field`. */
  readonly without?: readonly string[];
}

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
    const parts = isAbstractType(type) ? this.#abstractParts(type, depth) : this.#fields(type, depth);
    return `{ ${parts.join(' ')} }`;
  }

  #abstractParts(type: GraphQLCompositeType, depth: number): string[] {
    if (!isAbstractType(type)) return [];
    const own = 'getFields' in type ? this.#fields(type, depth) : [];
    const possible = this.#schema.getPossibleTypes(type).filter(() => this.#random.chance(70));
    return ['__typename', ...own, ...possible.map((each) => `... on ${each.name} ${this.#selection(each, depth)}`)];
  }

  /** One to four fields; sometimes part of them in a fragment, sometimes a field twice. */
  #fields(type: GraphQLCompositeType, depth: number): string[] {
    if (!('getFields' in type)) return ['__typename'];
    const { without = [] } = this.#options;
    const candidates = Object.values(type.getFields()).filter(
      ({ name, type: result }) => (depth > 1 || isLeafType(getNamedType(result))) && !without.includes(`${type.name}.${name}`),
    );
    if (candidates.length === 0) return ['__typename'];
    const count = this.#random.between(1, 4);
    const fields = Array.from({ length: count }, () => this.#field(this.#random.pick(candidates), depth));
    if (this.#random.chance(15)) fields.push('__typename');
    if (!this.#random.chance(20)) return fields;
    const split = this.#random.between(0, fields.length - 1);
    return [...fields.slice(0, split), this.#fragment(type, fields.slice(split))];
  }

  #fragment(type: GraphQLCompositeType, fields: readonly string[]): string {
    if (this.#random.chance(50)) return `... on ${type.name}${this.#condition()} { ${fields.join(' ')} }`;
    const name = `F${this.#names++}`;
    this.#fragments.push(`fragment ${name} on ${type.name} { ${fields.join(' ')} }`);
    return `...${name}${this.#condition()}`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const given = field.args.filter((argument) => isNonNullType(argument.type) || this.#random.chance(80));
    // Two fields of one response name must have equal arguments: those with any get a name of their own.
    const alias = given.length > 0 || field.args.length > 0 || this.#random.chance(25) ? `a${this.#names++}: ` : '';
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
