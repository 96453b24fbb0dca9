import type { Condition } from '../planner/plan.ts';
import type { AbstractShape, FieldShape, ListShape, Shape, ValueShape } from '../planner/shape.ts';
import type { Values } from './conditions.ts';
import { leafTextOf, stringJson, type LeafText } from './leaves.ts';
import { compileCode, isObject, own, quote, quoteJson, readMember } from './quote.ts';

/**
 * The answer's text where nothing went wrong: a function generated for one shape, without paths and without errors. At
 * the first value that is not plainly right it gives up, and the careful writer (`write-careful.ts`) starts over.
 */
export type WriteFast = (data: object, values: Values, introspection: object) => string | undefined;

export function compileWriteFast({ root }: Shape): WriteFast {
  const code = new WriterCode();
  const main = code.fieldsFunction(root.fields, quoteJson(root.type));
  return compileCode<WriteFast>(
    `${code.text()}\nreturn function(data,values,introspection){` +
      `meta=introspection;${code.conditionSetters()}` +
      `try{return ${main}(data)}catch(error){if(error===stop)return undefined;throw error}};`,
    { own, isObject, stop, fail, stringJson, leafTexts: code.leafTexts },
  );
}

const stop = { reason: 'a value that needs care' };

function fail(): never {
  // Thrown once per odd answer and caught in this file, so it needs no stack.
  throw stop; // oxlint-disable-line typescript/only-throw-error
}

class WriterCode {
  readonly leafTexts: LeafText[] = [];
  readonly #functions: string[] = [];
  readonly #conditions = new Map<string, string>();

  text(): string {
    const variables = [...this.#conditions.values(), 'meta'].map((name) => `let ${name};`);
    const leaves = this.leafTexts.map((_, index) => `const l${index}=leafTexts[${index}];`);
    return [...variables, ...leaves, ...this.#functions].join('\n');
  }

  /** Writing is synchronous, so the functions may share what one run sets. */
  conditionSetters(): string {
    return [...this.#conditions].map(([variable, name]) => `${name}=own(values,${quote(variable)})===true;`).join('');
  }

  /** Adds a function that writes an object. `typename` is code whose value is the concrete type's JSON. */
  fieldsFunction(fields: readonly FieldShape[], typename: string): string {
    let isFirst: boolean | undefined = true;
    let pending = '';
    const lines: string[] = [];
    const flush = (): void => {
      if (pending !== '') lines.push(`s+=${pending};`);
      pending = '';
    };
    for (const field of fields) {
      const condition = this.#alternatives(field.when);
      const key = `${JSON.stringify(field.responseKey)}:`;
      const value = this.#fieldValue(field, typename);
      if (condition === undefined && isFirst !== undefined) {
        pending += `${pending === '' ? '' : '+'}${quote(isFirst ? key : `,${key}`)}+${value}`;
        isFirst = false;
        continue;
      }
      flush();
      const comma = isFirst === false ? '","' : '(s==="{"?"":",")';
      lines.push(`${condition === undefined ? '' : `if(${condition})`}s+=${comma}+${quote(key)}+${value};`);
      if (isFirst === true) isFirst = condition === undefined ? false : undefined;
      if (isFirst === undefined && condition === undefined) isFirst = false;
    }
    flush();
    return this.#add((name) => `function ${name}(o,n){let s="{";${lines.join('')}return s+"}";}`);
  }

  #fieldValue(field: FieldShape, typename: string): string {
    if (field.source === 'typename') return typename;
    if (field.source === 'introspection') {
      const text = this.#leaf((value) => JSON.stringify(value ?? null));
      return `${text}(${readMember('meta', field.responseKey)})`;
    }
    return this.#value(field.value, readMember('o', field.dataKey));
  }

  /** Code whose value is the JSON of the value that `code` gives. */
  #value({ nullable, of }: ValueShape, code: string): string {
    return `${this.#valueFunction(of, nullable)}(${code})`;
  }

  #valueFunction(of: ValueShape['of'], nullable: boolean): string {
    const whenNull = nullable ? 'if(v===null||v===undefined)return "null";' : '';
    switch (of.kind) {
      case 'scalar':
      case 'enum':
        return this.#leafFunction(of, nullable);
      case 'list':
        return this.#listFunction(of, whenNull);
      case 'object': {
        const fields = this.fieldsFunction(of.fields, quoteJson(of.type));
        return this.#add((name) => `function ${name}(v){${whenNull}if(!isObject(v))fail();return ${fields}(v);}`);
      }
      case 'abstract':
        return this.#abstractFunction(of, whenNull);
      default:
        return of satisfies never;
    }
  }

  #leafFunction(of: Extract<ValueShape['of'], { kind: 'scalar' | 'enum' }>, nullable: boolean): string {
    const name = of.kind === 'scalar' && !of.custom ? of.type : of.kind;
    const shared = `${of.kind === 'enum' ? this.leafTexts.length : ''}${name}${nullable ? '' : '!'}`;
    const known = this.#leaves.get(shared);
    if (known !== undefined) return known;
    const leaf = this.#leaf(leafTextOf(of));
    const quick = name === 'String' || name === 'ID' ? 'if(typeof v==="string")return stringJson(v);' : '';
    const isNull = nullable ? 'if(v===null||v===undefined)return "null";' : 'if(v===null||v===undefined)fail();';
    const made = this.#add(
      (id) => `function ${id}(v){${quick}${isNull}const t=${leaf}(v);if(t===undefined)fail();return t;}`,
    );
    this.#leaves.set(shared, made);
    return made;
  }

  readonly #leaves = new Map<string, string>();

  #listFunction({ item }: ListShape, whenNull: string): string {
    const write = this.#valueFunction(item.of, item.nullable);
    return this.#add(
      (name) =>
        `function ${name}(v){${whenNull}if(!Array.isArray(v))fail();const n=v.length;if(n===0)return "[]";` +
        `let s="["+${write}(v[0]);for(let i=1;i<n;i++)s+=","+${write}(v[i]);return s+"]";}`,
    );
  }

  #abstractFunction({ types, fieldLists, untyped }: AbstractShape, whenNull: string): string {
    const writers = fieldLists.map((fields) => this.fieldsFunction(fields, 'n'));
    const cases = types.map(
      (type) => `case ${quote(type.name)}:return ${writers[type.fields]}(v,${quoteJson(type.name)});`,
    );
    const otherwise = untyped === undefined ? '' : `if(t===undefined||t===null)return ${writers[untyped]}(v,"null");`;
    return this.#add(
      (name) =>
        `function ${name}(v){${whenNull}if(!isObject(v))fail();const t=${readMember('v', '__typename')};` +
        `switch(t){${cases.join('')}}${otherwise}fail();}`,
    );
  }

  /** Undefined where the field is always there. */
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

  #leaf(text: LeafText): string {
    return `l${this.leafTexts.push(text) - 1}`;
  }

  #add(make: (name: string) => string): string {
    const name = `f${this.#functions.length}`;
    this.#functions.push(make(name));
    return name;
  }
}
