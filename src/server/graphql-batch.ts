import { GatewayError } from '../errors.ts';
import type { Result } from './graphql-answer.ts';
import type { GraphqlBatch, GraphqlRequest, RunnableRequest } from './graphql-request.ts';

/** How the requests of a batch are run. What is thrown or rejected becomes a result. */
export interface BatchParts {
  readonly findText: (request: GraphqlRequest) => RunnableRequest | Promise<RunnableRequest>;
  /** Runs an operation that ran before; undefined where it is new. */
  readonly runKnown: (request: RunnableRequest) => Promise<Result> | undefined;
  /** Runs operations that are new, all at once; results in the order of the requests. Never rejects. */
  readonly runNew: (requests: readonly RunnableRequest[]) => Promise<readonly Result[]>;
}

/**
 * Runs the requests of a batch at the same time, mutations beside queries: whoever needs an order sends one request after
 * the other. What fails of one touches no other. Results in the order of the requests; never rejects.
 */
export async function runBatch({ batch }: GraphqlBatch, parts: BatchParts): Promise<readonly Result[]> {
  // All texts first: requests that start together share the calls that they have in common.
  const found = await Promise.all(batch.map((each) => findOrFail(each, parts)));
  const fresh: RunnableRequest[] = [];
  const { promise: ofFresh, resolve } = Promise.withResolvers<readonly Result[]>();
  const running = found.map((each): Promise<Result> => {
    if ('errors' in each) return Promise.resolve(each);
    const known = startKnown(each, parts);
    if (known) return known;
    const place = fresh.push(each) - 1;
    return ofFresh.then((results) => results[place] ?? {});
  });
  resolve(fresh.length > 0 ? parts.runNew(fresh) : []);
  return Promise.all(running);
}

interface Failure extends Result {
  readonly errors: readonly unknown[];
}

function failureOf(error: unknown): Failure {
  return { errors: [error] };
}

async function findOrFail(
  request: GraphqlRequest | GatewayError,
  { findText }: BatchParts,
): Promise<RunnableRequest | Failure> {
  if (request instanceof GatewayError) return failureOf(request);
  try {
    return await findText(request);
  } catch (error) {
    return failureOf(error);
  }
}

function startKnown(request: RunnableRequest, { runKnown }: BatchParts): Promise<Result> | undefined {
  try {
    return runKnown(request)?.catch(failureOf);
  } catch (error) {
    return Promise.resolve(failureOf(error));
  }
}
