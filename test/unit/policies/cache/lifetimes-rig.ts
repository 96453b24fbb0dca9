import { buildSchema, getOperationAST, parse } from 'graphql';
import { noCacheHints } from '../../../../src/composition/cache-hints/cache-hints.ts';
import type { CacheHint } from '../../../../src/config/cache-types.ts';
import { examineOperation, type Examined } from '../../../../src/policies/cache/examine.ts';
import { Rules, type RulesParts } from '../../../../src/policies/cache/rules.ts';
import { createVaryOf } from '../../../../src/upstream/vary.ts';

export const sdl = /* GraphQL */ `
  type User { id: ID! name: String }
  type Note { text: String }
  type Query { user: User version: String note: Note }
`;

const schema = buildSchema(sdl);

const hint = (given: Partial<CacheHint>): CacheHint => ({
  ...{ maxAge: undefined, scope: undefined, inheritMaxAge: false },
  ...given,
});

const hints = new Map([
  ['User', hint({ maxAge: 60 })],
  ['Query.version', hint({ maxAge: 10 })],
  ['Note', hint({ maxAge: 30, scope: 'PRIVATE' })],
]);

export function rulesOf(mayKeepErrors: RulesParts['mayKeepErrors']): Rules {
  return new Rules({ schema, hints, mayKeepErrors });
}

/** What is known of an operation of this schema. */
export function examineText(text: string): Examined {
  const document = parse(text);
  const node = getOperationAST(document);
  if (!node) throw new TypeError('expected one operation');
  return examineOperation(
    { document, node, operation: undefined, plan: undefined, fieldUses: () => [] },
    {
      schema,
      supergraph: 's',
      hints: { ...noCacheHints, hints },
      varyOf: createVaryOf({ rules: new Map(), callsOthers: new Set() }),
      credentialHeaders: [],
    },
  );
}
