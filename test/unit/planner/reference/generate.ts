import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isInterfaceType,
  parse,
  validate,
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

export interface Generated {
  readonly document: DocumentNode;
  readonly text: string;
  readonly variables: Readonly<Record<string, boolean>>;
}

/** A valid operation over a schema, the same for the same seed: nested fields, aliases, fragments, arguments, conditions. */
export function generateOperation(schema: GraphQLSchema, seed: number): Generated {
  for (let attempt = 0; ; attempt++) {
    const dice = new Dice(seed * 31 + attempt);
    const query = schema.getQueryType();
    if (!query) throw new TypeError('the schema must have a query type');
    const body = new Generator(schema, dice).selections(query, 0);
    const text = `query($a: Boolean!, $b: Boolean!, $c: Boolean!) { f: __typename @skip(if: $a) @include(if: $b) g: __typename @skip(if: $c) ${body} }`;
    const document = parse(text);
    if (validate(schema, document).length > 0) continue;
    return { document, text, variables: { a: dice.below(2) === 0, b: dice.below(2) === 0, c: dice.below(3) === 0 } };
  }
}

/** Numbers that look random and follow from the seed (mulberry32). */
class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(Math.max(1, items.length))];
  }
}

class Generator {
  readonly #schema: GraphQLSchema;
  readonly #dice: Dice;
  constructor(schema: GraphQLSchema, dice: Dice) {
    this.#schema = schema;
    this.#dice = dice;
  }

  selections(type: GraphQLCompositeType, depth: number): string {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const wanted = fields.filter(
      (field) =>
        (depth < 5 || !isCompositeType(getNamedType(field.type))) && this.#dice.below(depth === 0 ? 4 : 2) === 0,
    );
    const parts = wanted.map((field) => this.#field(field, depth));
    if (isAbstractType(type)) {
      for (const possible of this.#schema.getPossibleTypes(type)) {
        if (this.#dice.below(2) === 0)
          parts.push(`... on ${possible.name}${this.#condition()} { ${this.selections(possible, depth)} }`);
      }
      if (this.#dice.below(3) === 0) parts.push('__typename');
    } else if (this.#dice.below(8) === 0) parts.push(`...${this.#condition()} { ${this.selections(type, depth + 1)} }`);
    return parts.length > 0 ? parts.join(' ') : '__typename';
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type);
    const alias = this.#dice.below(7) === 0 ? `${this.#dice.pick(['p', 'q', 'id', 'name'])}: ` : '';
    const args = field.args
      .filter((arg) => isRequiredArgument(arg) || this.#dice.below(2) === 0)
      .map((arg) => `${arg.name}: ${this.#value(arg.type, 0)}`);
    const head = `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${this.#condition()}`;
    return isCompositeType(type) ? `${head} { ${this.selections(type, depth + 1)} }` : head;
  }

  #condition(): string {
    if (this.#dice.below(9) > 0) return '';
    return ` @${this.#dice.pick(['skip', 'include'])}(if: ${this.#dice.pick(['$a', '$b', '$c', 'true', 'false'])})`;
  }

  #value(type: GraphQLInputType, depth: number): string {
    if (isNonNullType(type)) return this.#value(type.ofType, depth);
    if (isListType(type)) return `[${this.#value(type.ofType, depth)}]`;
    if (isEnumType(type)) return this.#dice.pick(type.getValues())?.name ?? 'null';
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isRequiredInputField(field) || (depth < 2 && this.#dice.below(2) === 0),
      );
      return `{${fields.map((field) => `${field.name}: ${this.#value(field.type, depth + 1)}`).join(', ')}}`;
    }
    const number = this.#dice.below(4);
    if (type.name === 'Boolean') return number % 2 === 0 ? 'true' : 'false';
    return type.name === 'Int' || type.name === 'Float' ? String(number) : `"v${number}"`;
  }
}
