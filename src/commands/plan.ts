import { getOperationAST, GraphQLError, parse, Source, validate, type DocumentNode, type GraphQLSchema } from 'graphql';
import { readCostModel } from '../composition/cost/cost-model.ts';
import { buildJoinGraph } from '../composition/join-graph/build.ts';
import { publicSchema } from '../composition/public-schema.ts';
import { readSupergraph } from '../composition/supergraph.ts';
import { GatewayError } from '../errors.ts';
import { PlanDeclined } from '../planner/errors.ts';
import { normalise } from '../planner/normalise.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { printPlan } from '../planner/print-plan.ts';
import { compileCost } from '../operation/cost/operation-cost.ts';
import { UsageError, type Arguments } from './arguments.ts';
import { loadSupergraph, readTextFile } from './load-supergraph.ts';

/** `weft plan QUERY`: the upstream calls that answer an operation, a text or a file, without making any of them. */
export async function plan({ dir, supergraph, words, operation: operationName }: Arguments): Promise<number> {
  const [query, ...more] = words;
  if (query === undefined || more.length > 0) {
    throw new UsageError(`expected one operation, a text or a file, but got ${words.length}`);
  }
  const composed = await loadSupergraph({ dir, supergraph });
  const document = readSupergraph(composed, supergraph ?? 'supergraph');
  const schema = publicSchema(document);
  const operation = await readOperation(query);
  const errors = validate(schema, operation);
  if (errors.length > 0) throw new GatewayError('GRAPHQL_VALIDATION_FAILED', errors.map(printError).join('\n'));
  const graph = buildJoinGraph(document);
  try {
    const input = { document: operation, schema, graph, ...(operationName === undefined ? {} : { operationName }) };
    process.stdout.write(printPlan(planOperation({ graph, operation: normalise(input) })));
    process.stdout.write(printCost({ document: operation, operationName, schema, supergraph: document }));
    return 0;
  } catch (cause) {
    if (cause instanceof PlanDeclined)
      throw new GatewayError('BAD_REQUEST', `runs stitched: ${cause.message}`, { cause });
    if (cause instanceof TypeError) throw new GatewayError('BAD_REQUEST', cause.message, { cause });
    throw cause;
  }
}

interface ToPrice {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly schema: GraphQLSchema;
  readonly supergraph: DocumentNode;
}

/** What the operation costs at most without variables, and for lists that nothing is said of ten items. */
function printCost({ document, operationName, schema, supergraph }: ToPrice): string {
  const node = getOperationAST(document, operationName);
  if (!node) return '';
  const model = readCostModel(supergraph, { defaultListSize: 10 });
  const { points, dearest } = compileCost({ document, node, schema, model }).estimate({});
  const dear = dearest ? `, of which ${dearest.path} (${dearest.coordinate}) ${dearest.points}` : '';
  return `cost: ${points}${dear}\n`;
}

async function readOperation(query: string): Promise<DocumentNode> {
  const isText = query.includes('{');
  const source = isText ? new Source(query, 'operation') : new Source(await readTextFile(query, 'operation'), query);
  try {
    return parse(source);
  } catch (cause) {
    if (!(cause instanceof GraphQLError)) throw cause;
    throw new GatewayError('GRAPHQL_PARSE_FAILED', printError(cause), { cause });
  }
}

function printError({ message, locations, source }: GraphQLError): string {
  const [at] = locations ?? [];
  return `${source?.name ?? 'operation'}${at ? `:${at.line}:${at.column}` : ''}: ${message}`;
}
