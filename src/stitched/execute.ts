import { execute, getOperationAST, getVariableValues, subscribe, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { mapResults } from '../lib/map-results.ts';
import { forgetAbsences } from './absent-entities.ts';
import { decideConditions, hasConditions } from './conditions.ts';

/** Runs a query or mutation on a schema of `stitch`; never rejects. */
export async function executeStitched(args: ExecutionArgs): Promise<ExecutionResult> {
  return forgetAbsences(await execute(prepared(args)));
}

/** Runs a subscription on a schema of `stitch`. */
export async function subscribeStitched(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> {
  const results = await subscribe(prepared(args));
  return Symbol.asyncIterator in results ? mapResults(results, forgetAbsences) : forgetAbsences(results);
}

function prepared(args: ExecutionArgs): ExecutionArgs {
  const { schema, document, operationName, variableValues } = args;
  if (!hasConditions(document)) return args;
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  const { variableValues: values } = getVariableValues(schema, definitions, variableValues ?? {});
  // Variables that cannot be coerced are for the execution to refuse.
  return values ? { ...args, document: decideConditions(document, values.coerced) } : args;
}
