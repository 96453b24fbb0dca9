import type { Member } from './members.ts';
import { compileCode, define, isObject, own, readMember, writeMember } from './quote.ts';

/**
 * Puts what one object of an answer brings into an object of the merged data. Objects below are taken over, not copied,
 * where the data has none yet. Both must be objects.
 */
export type Merge = (into: object, from: object) => void;

/**
 * Compiles a merge of exactly these members: others that an upstream sends unasked are left alone.
 *
 * @param copies Whether objects below are copied, for an answer that is merged into several objects that must not share.
 */
export function compileMerge(members: readonly Member[], copies: boolean): Merge {
  const code: string[] = [];
  const main = mergeFunction(members, code);
  const helpers = { own, define, isObject, copy: copies ? structuredClone : keep };
  return compileCode(`${code.join('\n')}\nreturn ${main};`, helpers) as Merge;
}

function keep<T>(value: T): T {
  return value;
}

/** Adds a function to `code` and gives its name. */
function mergeFunction(members: readonly Member[], code: string[]): string {
  const lines = members.map(({ dataKey, members: below }) => {
    const isLeaf = below.length === 0;
    const join = isLeaf ? undefined : joinFunction(below, code);
    return [
      `v=${readMember('b', dataKey)};`,
      `if(v!==undefined){t=${readMember('a', dataKey)};`,
      // A null never hides a value that another upstream gave.
      join === undefined ? `if(v!==null||t===undefined){${writeMember('a', dataKey, 'v')}}` : '',
      join === undefined
        ? ''
        : `if(t===undefined||t===null){v=copy(v);${writeMember('a', dataKey, 'v')}}else if(t!==v)${join}(t,v);`,
      '}',
    ].join('');
  });
  const name = `m${code.length}`;
  code.push(`function ${name}(a,b){let v,t;${lines.join('')}}`);
  return name;
}

/** Adds a function that merges values which both sides have: object into object, list into list of one order. */
function joinFunction(members: readonly Member[], code: string[]): string {
  const merge = mergeFunction(members, code);
  const name = `j${code.length}`;
  code.push(
    `function ${name}(a,b){` +
      `if(Array.isArray(a)){if(!Array.isArray(b))return;` +
      `const n=Math.min(a.length,b.length);` +
      `for(let i=0;i<n;i++){if(a[i]===null)a[i]=copy(b[i]);else ${name}(a[i],b[i]);}` +
      `}else if(isObject(a)&&isObject(b))${merge}(a,b);}`,
  );
  return name;
}
