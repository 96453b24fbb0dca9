import { execute, getOperationAST, getVariableValues, subscribe } from 'graphql';
import type { DocumentNode, ExecutionArgs, ExecutionResult } from 'graphql';
import { mapResults } from '../lib/map-results.ts';
import { forgetAbsences } from './absent-entities.ts';
import { changeAliases, restoreAliases } from './aliases.ts';
import { decideConditions, hasConditions } from './conditions.ts';

/** Runs a query or mutation on a schema of `stitch`; never rejects. */
export async function executeStitched(args: ExecutionArgs): Promise<ExecutionResult> {
  const { document, finish } = prepare(args);
  return finish(await execute({ ...args, document }));
}

/** Runs a subscription on a schema of `stitch`. */
export async function subscribeStitched(
  args: ExecutionArgs,
): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> {
  const { document, finish } = prepare(args);
  const results = await subscribe({ ...args, document });
  return Symbol.asyncIterator in results ? mapResults(results, finish) : finish(results);
}

interface Prepared {
  readonly document: DocumentNode;
  readonly finish: (result: ExecutionResult) => ExecutionResult;
}

/** What delegation cannot cope with is said in another way, and its results in the client's. */
function prepare({ schema, document, operationName, variableValues }: ExecutionArgs): Prepared {
  const safe = changeAliases(document, schema);
  const finish =
    safe === document ? forgetAbsences : (result: ExecutionResult) => restoreAliases(forgetAbsences(result));
  if (!hasConditions(safe)) return { document: safe, finish };
  const definitions = getOperationAST(safe, operationName)?.variableDefinitions ?? [];
  const { variableValues: values } = getVariableValues(schema, definitions, variableValues ?? {});
  // Variables that cannot be coerced are for the execution to refuse.
  return { document: values ? decideConditions(safe, values.coerced) : safe, finish };
}
