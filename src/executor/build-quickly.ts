import type { Condition } from '../planner/plan.ts';
import type { AbstractShape, FieldShape, ListShape, Shape, ValueShape } from '../planner/shape.ts';
import type { Values } from './conditions.ts';
import { leafOf, type Leaf } from './leaves.ts';
import { compileCode, define, isObject, memberName, own, quote, readMember, writeMember } from './quote.ts';

/**
 * The answer's data where nothing went wrong: a function generated for one shape, without paths and without errors. At the
 * first value that is not plainly right it gives up with undefined, and the careful builder starts over.
 *
 * Objects are made, not text: on current V8, `JSON.stringify` of plain objects made in one go costs a third of putting the
 * text together piece by piece, and leaves less garbage.
 */
export type BuildQuickly = (data: object, values: Values, introspection: object) => Answer | undefined;

/** The `data` of an answer, its members in the order in which the client asked for them. */
export type Answer = Record<string, unknown>;

export function compileBuildQuickly({ root }: Shape): BuildQuickly {
  const code = new BuilderCode();
  const main = code.objectFunction(root.fields, quote(root.type));
  return compileCode(
    `${code.text()}\nreturn function(data,values,introspection){` +
      `meta=introspection;${code.conditionSetters()}` +
      `try{return ${main}(data)}catch(error){if(error===stop)return undefined;throw error}};`,
    { own, define, isObject, stop, fail, leaves: code.leaves },
  ) as BuildQuickly;
}

const stop = new Error('a value that needs care');

function fail(): never {
  throw stop;
}

type LeafShape = Extract<ValueShape['of'], { kind: 'scalar' | 'enum' }>;

/** Which typeof a built-in scalar's JSON has where there is nothing to coerce. */
const plainTypes: Readonly<Record<string, string>> = {
  String: 'typeof v==="string"',
  ID: 'typeof v==="string"',
  Boolean: 'typeof v==="boolean"',
  Int: '(v|0)===v',
};

const nullTest = 'v===null||v===undefined';

class BuilderCode {
  readonly leaves: Leaf[] = [];
  readonly #functions: string[] = [];
  readonly #leafFunctions = new Map<string, string>();
  readonly #conditions = new Map<string, string>();

  text(): string {
    const variables = [...this.#conditions.values(), 'meta'].map((name) => `let ${name};`);
    const leaves = this.leaves.map((_, index) => `const l${index}=leaves[${index}];`);
    return [...variables, ...leaves, ...this.#functions].join('\n');
  }

  /** Building is synchronous, so the functions may share what one run sets. */
  conditionSetters(): string {
    return [...this.#conditions].map(([variable, name]) => `${name}=own(values,${quote(variable)})===true;`).join('');
  }

  /** Adds a function that builds an object of the data `o`. `typename` is code whose value is the concrete type's name. */
  objectFunction(fields: readonly FieldShape[], typename: string): string {
    const firstConditional = fields.findIndex(({ when }) => when.length > 0);
    const always = firstConditional === -1 ? fields : fields.slice(0, firstConditional);
    const literal = always.map((field) => `${memberName(field.responseKey)}:${this.#fieldValue(field, typename)}`);
    // From the first field that may be left out the members are added one by one, to keep their order.
    const rest = fields.slice(always.length).map((field) => {
      const condition = this.#alternatives(field.when);
      const value = this.#fieldValue(field, typename);
      return `${condition === undefined ? '' : `if(${condition})`}{const v=${value};${writeMember('a', field.responseKey, 'v')}}`;
    });
    const build =
      rest.length === 0 ? `return{${literal.join()}};` : `const a={${literal.join()}};${rest.join('')}return a;`;
    return this.#add((name) => `function ${name}(o,n){${build}}`);
  }

  #fieldValue(field: FieldShape, typename: string): string {
    if (field.source === 'typename') return typename;
    // A null that may not be goes up: the careful builder knows how far.
    if (field.source === 'denied') return field.value.nullable ? 'null' : 'fail()';
    if (field.source === 'introspection') return `(${readMember('meta', field.responseKey)}??null)`;
    return `${this.#valueFunction(field.value)}(${readMember('o', field.dataKey)})`;
  }

  /** Adds a function that builds a value. */
  #valueFunction({ nullable, of }: ValueShape): string {
    const whenNull = nullable ? `if(${nullTest})return null;` : '';
    switch (of.kind) {
      case 'scalar':
      case 'enum':
        return this.#leafFunction(of, nullable);
      case 'list':
        return this.#listFunction(of, whenNull);
      case 'object': {
        const build = this.objectFunction(of.fields, quote(of.type));
        return this.#add((name) => `function ${name}(v){${whenNull}if(!isObject(v))fail();return ${build}(v);}`);
      }
      case 'abstract':
        return this.#abstractFunction(of, whenNull);
      default:
        return of satisfies never;
    }
  }

  #leafFunction(of: LeafShape, nullable: boolean): string {
    const plain = of.kind === 'scalar' && !of.custom ? plainTypes[of.type] : undefined;
    const shared = plain === undefined || of.kind === 'enum' ? undefined : `${of.type}${nullable}`;
    const known = shared === undefined ? undefined : this.#leafFunctions.get(shared);
    if (known !== undefined) return known;
    const leaf = `l${this.leaves.push(leafOf(of)) - 1}`;
    const quick = plain === undefined ? '' : `if(${plain})return v;`;
    const made = this.#add(
      (name) =>
        `function ${name}(v){${quick}if(${nullTest})${nullable ? 'return null' : 'fail()'};` +
        `const r=${leaf}(v);if(r===undefined)fail();return r;}`,
    );
    if (shared !== undefined) this.#leafFunctions.set(shared, made);
    return made;
  }

  #listFunction({ item }: ListShape, whenNull: string): string {
    const build = this.#valueFunction(item);
    return this.#add(
      (name) =>
        `function ${name}(v){${whenNull}if(!Array.isArray(v))fail();const a=[];` +
        `for(let i=0;i<v.length;i++)a.push(${build}(v[i]));return a;}`,
    );
  }

  #abstractFunction({ types, fieldLists, untyped, typedWhen = [] }: AbstractShape, whenNull: string): string {
    const builders = fieldLists.map((fields) => this.objectFunction(fields, 'n'));
    const cases = types.map(({ name, fields, isDenied }) => {
      const denied = whenNull === '' ? 'fail();' : 'return null;';
      return `case ${quote(name)}:${isDenied ? denied : `return ${builders[fields]}(v,t);`}`;
    });
    const typed = typedWhen.length === 0 ? '' : `&&!(${this.#alternatives(typedWhen)})`;
    const otherwise =
      untyped === undefined ? '' : `if((t===undefined||t===null)${typed})return ${builders[untyped]}(v,null);`;
    return this.#add(
      (name) =>
        `function ${name}(v){${whenNull}if(!isObject(v))fail();const t=${readMember('v', '__typename')};` +
        `switch(t){${cases.join('')}}${otherwise}fail();}`,
    );
  }

  /** Code for whether the field is there; undefined where it always is. */
  #alternatives(when: readonly (readonly Condition[])[]): string | undefined {
    if (when.length === 0) return undefined;
    const all = (conditions: readonly Condition[]): string =>
      conditions.map(({ variable, is }) => `${is ? '' : '!'}${this.#condition(variable)}`).join('&&') || 'true';
    return when.map((conditions) => `(${all(conditions)})`).join('||');
  }

  #condition(variable: string): string {
    const known = this.#conditions.get(variable);
    if (known !== undefined) return known;
    const name = `c${this.#conditions.size}`;
    this.#conditions.set(variable, name);
    return name;
  }

  #add(make: (name: string) => string): string {
    const name = `f${this.#functions.length}`;
    this.#functions.push(make(name));
    return name;
  }
}
