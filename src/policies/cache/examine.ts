import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { ExaminedOperation } from '../../compiled/admission.ts';
import type { CacheHints } from '../../composition/cache-hints/cache-hints.ts';
import { joinVary } from '../../lib/vary.ts';
import { compileCachePolicy, type CachePolicy } from '../../operation/cache-policy/cache-policy.ts';
import type { Vary, VaryOf } from '../../upstream/vary.ts';
import { answerKey, operationKey } from './answer-key.ts';
import { normalFormOf } from './normal-form.ts';
import type { Entity } from './rules.ts';

/** What is known of an operation before anybody asks for it. */
export interface Examined {
  readonly kind: 'query' | 'mutation';
  /** In its normal form. */
  readonly document: DocumentNode;
  readonly policy: CachePolicy;
  /** Names of its variables, in the order of their declaration. */
  readonly variables: readonly string[];
  /** The part of the key that it is. */
  readonly key: string;
  /** The whole key where it is all that counts. */
  readonly plainKey: string;
  /** Where nothing is masked: the upstreams of its plan take part. */
  readonly whole: Varying;
  /** Types with a `maxAge` that its objects may be of, as the rules take them. */
  readonly types: readonly Entity[];
}

export interface Varying extends Vary {
  /** Value of `vary`; `''` for none. */
  readonly text: string;
}

export interface ExamineParts {
  readonly schema: GraphQLSchema;
  readonly supergraph: string;
  readonly hints: CacheHints;
  readonly varyOf: VaryOf;
  readonly credentialHeaders: readonly string[];
}

export function examineOperation({ document, node, plan }: ExaminedOperation, parts: ExamineParts): Examined {
  const { schema, supergraph, hints } = parts;
  const form = normalFormOf(document, node);
  const key = operationKey(supergraph, form.text);
  const upstreams = plan && new Set(plan.fetches.map(({ upstream }) => upstream));
  return {
    kind: node.operation === 'mutation' ? 'mutation' : 'query',
    document: form.document,
    policy: compileCachePolicy({ document, node, schema, hints }),
    variables: (node.variableDefinitions ?? []).map(({ variable }) => variable.name.value),
    key,
    plainKey: answerKey(key, { names: [], values: {}, masked: [], vary: '', caller: undefined }),
    whole: varyingOf(upstreams, parts),
    types: typesWithHints(form.document, schema, hints),
  };
}

/** @param upstreams Undefined: any may take part. */
export function varyingOf(
  upstreams: ReadonlySet<string> | undefined,
  { varyOf, credentialHeaders }: Pick<ExamineParts, 'varyOf' | 'credentialHeaders'>,
): Varying {
  const vary = varyOf(upstreams);
  return { ...vary, text: joinVary(credentialHeaders, vary.clientHeaders) ?? '' };
}

/** Types of the fields, and those that their objects may be of. Not every object of an answer is told of. */
function typesWithHints(document: DocumentNode, schema: GraphQLSchema, { hints }: CacheHints): readonly Entity[] {
  const names = new Set<string>();
  const info = new TypeInfo(schema);
  const enter = (): void => {
    const type = getNamedType(info.getType());
    if (!isCompositeType(type)) return;
    for (const { name } of [type, ...(isAbstractType(type) ? schema.getPossibleTypes(type) : [])])
      if (hints.get(name)?.maxAge !== undefined) names.add(name);
  };
  visit(document, visitWithTypeInfo(info, { Field: { enter } }));
  return [...names].map((typename) => ({ typename }));
}
