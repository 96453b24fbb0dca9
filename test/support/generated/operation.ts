import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  parse,
  validate,
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import { seededRandom, type Random } from '../../../upstreams/demo/random.ts';
import type { Arguments } from './universe.ts';

export interface GeneratedOperation {
  readonly text: string;
  readonly document: DocumentNode;
  readonly variables: Arguments;
}

export interface OperationOptions {
  readonly seed: number;
  /** A literal for an argument, where not any value will do. Default: any value of its type. */
  readonly literal?: (argument: GraphQLArgument, field: string, random: Random) => string | undefined;
  /** How many of 100 operations are mutations, where there are any. Default: 12. */
  readonly mutations?: number;
}

type Field = GraphQLField<unknown, unknown>;

/**
 * A valid operation over a schema, the same for the same seed: nested fields, fields asked for twice, arguments,
 * variables with and without defaults, aliases (also such as are names of other fields), named and inline fragments with
 * and without type conditions, abstract types, `@skip` and `@include` by variables and constants, `__typename`.
 */
export function generateOperation(schema: GraphQLSchema, options: OperationOptions): GeneratedOperation {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const made = new Writer(schema, options, attempt).write();
    // Fields that answer one name in different ways are the one thing that is not ruled out while writing.
    const document = parse(made.text, { noLocation: true });
    if (validate(schema, document).length === 0) return { ...made, document };
  }
  throw new RangeError(`no valid operation in 100 attempts of seed ${options.seed}`);
}

class Writer {
  readonly #schema: GraphQLSchema;
  readonly #options: OperationOptions;
  readonly #random: Random;
  readonly #fragments: string[] = [];
  readonly #declarations = new Map<string, string>();
  readonly #variables: Record<string, unknown> = {};
  #names = 0;
  /** Set inside of a default value. */
  #isConstant = false;
  /** How many more fields with selections may be asked. */
  #room: number;

  constructor(schema: GraphQLSchema, options: OperationOptions, attempt: number) {
    this.#schema = schema;
    this.#options = options;
    this.#random = seededRandom(options.seed * 8191 + attempt);
    this.#room = this.#random.between(3, 14);
  }

  write(): { readonly text: string; readonly variables: Arguments } {
    const isMutation = this.#random.chance(this.#options.mutations ?? 12);
    const root = (isMutation ? this.#schema.getMutationType() : undefined) ?? this.#schema.getQueryType();
    if (!root) throw new TypeError('the schema must have a query type');
    const body = this.#selection(root, 0);
    const declared = this.#declarations.size > 0 ? `(${[...this.#declarations.values()].join(', ')})` : '';
    const keyword = root === this.#schema.getMutationType() ? 'mutation' : 'query';
    return { text: [`${keyword}${declared} ${body}`, ...this.#fragments].join('\n'), variables: this.#variables };
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    return `{ ${this.#parts(type, depth).join(' ')} }`;
  }

  #parts(type: GraphQLCompositeType, depth: number): readonly string[] {
    const parts = this.#fields(type, depth);
    if (isAbstractType(type)) {
      for (const possible of this.#schema.getPossibleTypes(type)) {
        if (this.#random.chance(55)) parts.push(this.#fragment(possible, depth));
      }
    }
    if (this.#random.chance(isAbstractType(type) ? 30 : 8)) parts.push('__typename');
    if (this.#random.chance(12)) {
      const widened = this.#widened(type);
      parts.push(this.#fragment(widened, depth, widened === type));
    }
    if (parts.length === 0) parts.push('__typename');
    return parts;
  }

  /** An interface of the type, or the type itself. */
  #widened(type: GraphQLCompositeType): GraphQLCompositeType {
    const interfaces = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : [];
    return interfaces.length > 0 && this.#random.chance(50) ? this.#random.pick(interfaces) : type;
  }

  #fields(type: GraphQLCompositeType, depth: number): string[] {
    const all: readonly Field[] = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const candidates = all.filter(
      (field) => !isCompositeType(getNamedType(field.type)) || (depth < 5 && this.#room > 0),
    );
    if (candidates.length === 0) return [];
    const count = depth === 0 ? this.#random.between(1, 3) : this.#random.between(1, 4);
    const chosen = Array.from({ length: count }, () => this.#random.pick(candidates));
    return chosen.map((field) => this.#field(field, all, depth));
  }

  /** @param mayBeBare Whether the type is the one around, so that it need not be named. */
  #fragment(type: GraphQLCompositeType, depth: number, mayBeBare = false): string {
    const inner = this.#parts(type, depth + 1).join(' ');
    const condition = this.#condition();
    if (this.#random.chance(60))
      return `...${mayBeBare && this.#random.chance(40) ? '' : ` on ${type.name}`}${condition} { ${inner} }`;
    const name = `F${(this.#names += 1)}`;
    this.#fragments.push(`fragment ${name} on ${type.name} { ${inner} }`);
    return `...${name}${condition}`;
  }

  #field(field: Field, siblings: readonly Field[], depth: number): string {
    const named = getNamedType(field.type);
    const args = field.args
      .filter((argument) => isRequiredArgument(argument) || this.#random.chance(60))
      .map((argument) => `${argument.name}: ${this.#argument(argument, field)}`);
    const alias = this.#alias(field, siblings, args.length > 0);
    const head = `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${this.#condition()}`;
    if (!isCompositeType(named)) return head;
    this.#room -= 1;
    return `${head} ${this.#selection(named, depth + 1)}`;
  }

  #alias(field: Field, siblings: readonly Field[], hasArguments: boolean): string {
    if (this.#random.chance(7)) return `${this.#random.pick(siblings).name}: `;
    if (this.#random.chance(3))
      return `${this.#random.pick(['id', '_entities', 'constructor', 'toString', 'representations'])}: `;
    if (this.#random.chance(hasArguments || field.args.length > 0 ? 60 : 10)) return `a${(this.#names += 1)}: `;
    return '';
  }

  #condition(): string {
    if (!this.#random.chance(11)) return '';
    const value = this.#random.chance(25) ? String(this.#random.chance(50)) : `$${this.#switch()}`;
    return ` @${this.#random.pick(['skip', 'include'])}(if: ${value})`;
  }

  /** One of a few Boolean variables. */
  #switch(): string {
    const number = this.#random.between(0, 2);
    const name = `on${number}`;
    if (this.#declarations.has(name)) return name;
    const hasDefault = number === 2;
    this.#declarations.set(name, `$${name}: Boolean${hasDefault ? ` = ${this.#random.chance(50)}` : '!'}`);
    if (!hasDefault || this.#random.chance(50)) this.#variables[name] = this.#random.chance(50);
    return name;
  }

  #argument(argument: GraphQLArgument, field: Field): string {
    const literal = this.#options.literal?.(argument, field.name, this.#random);
    if (literal !== undefined) return literal;
    if (!this.#random.chance(35)) return this.#literal(argument.type, 0);
    const name = `v${(this.#names += 1)}`;
    const value = this.#json(argument.type, 0);
    const text = String(argument.type);
    const style = this.#random.between(0, 3);
    const optional = !isNonNullType(argument.type);
    if (style === 0) {
      this.#isConstant = true;
      this.#declarations.set(name, `$${name}: ${text} = ${this.#literal(argument.type, 0, true)}`);
      this.#isConstant = false;
      if (this.#random.chance(50)) this.#variables[name] = value;
    } else {
      this.#declarations.set(name, `$${name}: ${text}`);
      // What may be left out sometimes is.
      if (!optional || this.#random.chance(80))
        this.#variables[name] = optional && style === 1 && this.#random.chance(30) ? null : value;
    }
    return `$${name}`;
  }

  #literal(type: GraphQLInputType, depth: number, mustBe = false): string {
    if (isNonNullType(type)) return this.#literal(type.ofType, depth, true);
    if (!mustBe && this.#random.chance(6)) return 'null';
    if (isListType(type)) {
      if (this.#random.chance(8)) return this.#literal(type.ofType, depth + 1, true);
      return `[${Array.from({ length: this.#random.between(0, 2) }, () => this.#literal(type.ofType, depth + 1)).join(', ')}]`;
    }
    if (isEnumType(type)) return this.#random.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isRequiredInputField(field) || (depth < 3 && this.#random.chance(50)),
      );
      return `{${fields.map((field) => `${field.name}: ${this.#nested(field.type, depth + 1)}`).join(', ')}}`;
    }
    return JSON.stringify(this.#scalar(type.name));
  }

  /** A variable inside of a literal, now and then. */
  #nested(type: GraphQLInputType, depth: number): string {
    if (this.#isConstant || !this.#random.chance(15)) return this.#literal(type, depth);
    const name = `v${(this.#names += 1)}`;
    this.#declarations.set(name, `$${name}: ${String(type)}`);
    if (isNonNullType(type) || this.#random.chance(60)) this.#variables[name] = this.#json(type, depth);
    return `$${name}`;
  }

  #json(type: GraphQLInputType, depth: number): unknown {
    if (isNonNullType(type)) return this.#json(type.ofType, depth);
    if (isListType(type))
      return Array.from({ length: this.#random.between(0, 2) }, () => this.#json(type.ofType, depth + 1));
    if (isEnumType(type)) return this.#random.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isRequiredInputField(field) || (depth < 3 && this.#random.chance(50)),
      );
      return Object.fromEntries(fields.map((field) => [field.name, this.#json(field.type, depth + 1)]));
    }
    return this.#scalar(type.name);
  }

  #scalar(type: string): unknown {
    const number = this.#random.between(0, 5);
    if (type === 'Boolean') return number % 2 === 0;
    if (type === 'Int') return number;
    if (type === 'Float') return number / 2;
    return this.#random.chance(10) ? 'a "quoted"\\ \n\u2028 \u00e9' : `v${number}`;
  }
}
