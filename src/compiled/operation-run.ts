import { createHash } from 'node:crypto';
import { print, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import type { OperationIdentity, OperationRun } from '../telemetry/record.ts';
import type { RequestScope } from '../upstream/types.ts';
import type { Entry, Variables } from './entry.ts';

/** What is told of an operation whenever it runs. */
export function identityOf(
  document: DocumentNode,
  node: OperationDefinitionNode,
  { plan, sensitiveVariables }: Pick<OperationIdentity, 'plan' | 'sensitiveVariables'>,
): OperationIdentity {
  const text = document.loc?.source.body;
  let hash: string | undefined;
  return {
    name: node.name?.value ?? '',
    type: node.operation,
    hash: () =>
      (hash ??= createHash('sha256')
        .update(text ?? print(document))
        .digest('hex')),
    plan,
    sensitiveVariables,
  };
}

/** Begins to tell of an operation of this request; undefined where nobody listens, or it is not there. */
export function beginRun(
  { identity }: Entry,
  { record }: RequestScope,
  { variables, planMs }: { readonly variables: Variables; readonly planMs: number },
): OperationRun | undefined {
  if (!record || !identity) return undefined;
  const run: OperationRun = {
    operation: identity,
    engine: undefined,
    cache: undefined,
    planMs,
    estimatedCost: undefined,
    actualCost: undefined,
    variables,
  };
  record.runs.push(run);
  if (identity.type === 'subscription') record.isLasting = true;
  return run;
}
