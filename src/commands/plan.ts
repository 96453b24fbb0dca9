import { readFile } from 'node:fs/promises';
import { GraphQLError, parse, Source, validate, type DocumentNode } from 'graphql';
import { withAssembly } from '../assembly/open-folder.ts';
import { buildJoinGraph } from '../composition/join-graph/build.ts';
import { publicSchema } from '../composition/public-schema.ts';
import { readSupergraph } from '../composition/supergraph.ts';
import { loadGatewayFolder } from '../config/load.ts';
import { GatewayError } from '../errors.ts';
import { PlanDeclined } from '../planner/errors.ts';
import { normalise } from '../planner/normalise.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { printPlan } from '../planner/print-plan.ts';
import { UsageError, type Arguments } from './arguments.ts';

/** `weft plan QUERY`: the upstream calls that answer an operation, a text or a file, without making any of them. */
export async function plan({ dir, supergraph, words, operation: operationName }: Arguments): Promise<number> {
  const [query, ...more] = words;
  if (query === undefined || more.length > 0) {
    throw new UsageError(`expected one operation, a text or a file, but got ${words.length}`);
  }
  const composed = supergraph === undefined ? await composeFolder(dir) : await readText(supergraph, '--supergraph');
  const document = readSupergraph(composed, supergraph ?? 'supergraph');
  const schema = publicSchema(document);
  const operation = await readOperation(query);
  const errors = validate(schema, operation);
  if (errors.length > 0) throw new GatewayError('GRAPHQL_VALIDATION_FAILED', errors.map(printError).join('\n'));
  const graph = buildJoinGraph(document);
  try {
    const input = { document: operation, schema, graph, ...(operationName === undefined ? {} : { operationName }) };
    process.stdout.write(printPlan(planOperation({ graph, operation: normalise(input) })));
    return 0;
  } catch (cause) {
    if (cause instanceof PlanDeclined)
      throw new GatewayError('BAD_REQUEST', `runs stitched: ${cause.message}`, { cause });
    if (cause instanceof TypeError) throw new GatewayError('BAD_REQUEST', cause.message, { cause });
    throw cause;
  }
}

async function composeFolder(dir: string): Promise<string> {
  const folder = await loadGatewayFolder(dir, process.env);
  return withAssembly(folder, ({ supergraph }) => supergraph);
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new GatewayError(
      'START_FAILED',
      `${what} ${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`,
      {
        cause,
      },
    );
  }
}

async function readOperation(query: string): Promise<DocumentNode> {
  const isText = query.includes('{');
  const source = isText ? new Source(query, 'operation') : new Source(await readText(query, 'operation'), query);
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
