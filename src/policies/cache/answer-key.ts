import { hash } from 'node:crypto';
import type { Variables } from '../../compiled/entry.ts';
import type { Caller } from '../../identity/caller.ts';

/** All that an answer depends on beside the operation. */
export interface AnswerParts {
  /** Names of the declared variables, in the order of their declaration: nobody makes entries by naming others. */
  readonly names: readonly string[];
  /** Coerced. */
  readonly values: Variables;
  /** Numbers of the guard table that are masked, ascending. */
  readonly masked: readonly number[];
  /** What of the caller goes to the upstreams that take part. */
  readonly vary: string;
  /** Whose answer it is; undefined where it is everyone's. */
  readonly caller: Caller | undefined;
}

/**
 * Stands for an operation of a supergraph. Engines are no part of it: they give equal answers.
 *
 * @param supergraph Hash of the supergraph, which is an audience's where there are audiences.
 * @param text Normal form of the operation.
 */
export function operationKey(supergraph: string, text: string): string {
  return hash('sha256', `${supergraph.length}:${supergraph}${text}`, 'base64url');
}

const longestPlain = 200;

/**
 * The key of one answer: equal keys, equal answers. What is long, or holds what clients sent beside their variables
 * (credentials too), is hashed.
 */
export function answerKey(operation: string, { names, values, masked, vary, caller }: AnswerParts): string {
  // JSON has no line breaks of its own, so no part can be taken for another.
  const owner = caller ? JSON.stringify(ownerOf(caller)) : '';
  const all = `${operation}\n${valuesText(names, values)}\n${masked.join()}\n${vary}\n${owner}`;
  if (vary === '' && owner === '' && all.length <= longestPlain) return `graphql=${all}`;
  return `graphql:${hash('sha256', all, 'base64url')}`;
}

/** As JSON, a comma after each; one that has no value is nothing at all, which is no JSON. */
function valuesText(names: readonly string[], values: Variables): string {
  let text = '';
  for (const name of names) text += Object.hasOwn(values, name) ? `${JSON.stringify(values[name])},` : ',';
  return text;
}

/** Two tokens of one subject may hold different rights. Claims are not in it: what is made of them goes upstream, or is not kept. */
function ownerOf(caller: Caller): readonly unknown[] {
  const { id, provider, consumer, subject, tier, audience, scopes, roles } = caller;
  return [id, provider, consumer, subject, tier, audience, [...scopes].toSorted(), [...roles].toSorted()];
}
