import {
  createSourceEventStream,
  execute,
  executeSubscriptionEvent,
  getOperationAST,
  getVariableValues,
  mapSourceToResponseEvent,
  validateSubscriptionArgs,
} from 'graphql';
import type { DocumentNode, ExecutionArgs, ExecutionResult } from 'graphql';
import { onceByKey } from '../lib/once-by-key.ts';
import { mapResults } from '../lib/map-results.ts';
import { forgetAbsences } from './absent-entities.ts';
import { changeAliases, restoreAliases } from './aliases.ts';
import { decideConditions, hasConditions } from './conditions.ts';
import type { StitchedContext } from './schema.ts';

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
  const checked = validateSubscriptionArgs({ ...args, document });
  if (!('schema' in checked)) return finish({ errors: checked });
  const events = await createSourceEventStream(checked);
  if (!(Symbol.asyncIterator in events)) return finish(events);
  const results = mapSourceToResponseEvent(checked, events, (event) =>
    executeSubscriptionEvent({ ...event, contextValue: contextOfEvent(event.contextValue as StitchedContext) }),
  );
  return mapResults(results, finish);
}

/** What was read for one event is no answer to the next, which may come days later. */
function contextOfEvent({ scope, ...context }: StitchedContext): StitchedContext {
  const { responseHeaders } = scope;
  return { ...context, scope: { ...scope, once: onceByKey(), responseHeaders: responseHeaders.fork() } };
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
