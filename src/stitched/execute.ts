import { execute, getOperationAST, getVariableValues, subscribe } from 'graphql';
import type { DocumentNode, ExecutionArgs, ExecutionResult } from 'graphql';
import { mapResults } from '../lib/map-results.ts';
import { forgetAbsences } from './absent-entities.ts';
import { changeAliases, restoreAliases } from './aliases.ts';
import { decideConditions, hasConditions } from './conditions.ts';

/** Runs a query or mutation on a schema of `stitch`; never rejects. */
export async function executeStitched(args: ExecutionArgs): Promise<ExecutionResult> {
  const document = prepare(args);
  return finished(args.document !== document, await execute({ ...args, document }));
}

/** Runs a subscription on a schema of `stitch`. */
export async function subscribeStitched(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> {
  const document = prepare(args);
  const finish = (result: ExecutionResult): ExecutionResult => finished(args.document !== document, result);
  const results = await subscribe({ ...args, document });
  return Symbol.asyncIterator in results ? mapResults(results, finish) : finish(results);
}

/** What delegation cannot cope with, said in another way. */
function prepare({ schema, document, operationName, variableValues }: ExecutionArgs): DocumentNode {
  const safe = changeAliases(document, schema);
  if (!hasConditions(safe)) return safe;
  const definitions = getOperationAST(safe, operationName)?.variableDefinitions ?? [];
  const { variableValues: values } = getVariableValues(schema, definitions, variableValues ?? {});
  // Variables that cannot be coerced are for the execution to refuse.
  return values ? decideConditions(safe, values.coerced) : safe;
}

function finished(isChanged: boolean, result: ExecutionResult): ExecutionResult {
  const known = forgetAbsences(result);
  return isChanged ? restoreAliases(known) : known;
}
