import { filterInternalFieldsAndTypes, getStitchingOptionsFromSupergraphSdl } from '@graphql-tools/federation';
import { stitchSchemas } from '@graphql-tools/stitch';
import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import { readSupergraphUpstreams } from '../composition/supergraph.ts';
import { GatewayError } from '../errors.ts';
import type { Facade, FacadeRequest, RequestScope } from '../upstream/types.ts';
import { markAbsences } from './absent-entities.ts';

/** What resolvers of the stitched schema get as context: one per client request. */
export interface StitchedContext {
  readonly scope: RequestScope;
}

/**
 * The schema that clients see, made from the supergraph; executing it delegates field by field to the facades.
 * Calls to one facade in the same tick travel as one document.
 *
 * @throws {GatewayError} `COMPOSITION_FAILED` where the supergraph names an upstream that has no facade.
 */
export function stitch(supergraph: DocumentNode, facades: ReadonlyMap<string, Facade>): GraphQLSchema {
  const names = new Map(readSupergraphUpstreams(supergraph).map(({ graph, name }) => [graph, name]));
  const { schemaExtensions, ...options } = getStitchingOptionsFromSupergraphSdl({
    supergraphSdl: supergraph,
    batch: true,
    onSubschemaConfig: subschema => {
      const name = names.get(subschema.name) ?? subschema.name;
      const facade = facades.get(name);
      if (!facade) throw new GatewayError('COMPOSITION_FAILED', `the supergraph names upstream "${name}", which is not configured`);
      subschema.executor = executorOf(facade) as typeof subschema.executor;
    },
  });
  return filterInternalFieldsAndTypes(stitchSchemas({ ...options, ...(schemaExtensions && { schemaExtensions }) }));
}

interface Delegation {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly context?: StitchedContext;
  readonly operationType?: string;
}

function executorOf(facade: Facade): (delegation: Delegation) => unknown {
  return ({ document, variables = {}, context, operationType }) => {
    if (!context) throw new GatewayError('INTERNAL_ERROR', `upstream "${facade.name}" was asked without a request scope`);
    const request = { document, variables, scope: context.scope };
    if (operationType !== 'subscription') return execute(facade, request);
    if (!facade.subscribe) throw new GatewayError('INTERNAL_ERROR', `upstream "${facade.name}" has no subscriptions`);
    return facade.subscribe(request);
  };
}

async function execute(facade: Facade, request: FacadeRequest): Promise<ExecutionResult> {
  return markAbsences(facade.name, request.document, await facade.execute(request));
}
