import { filterInternalFieldsAndTypes, getStitchingOptionsFromSupergraphSdl } from '@graphql-tools/federation';
import { stitchSchemas } from '@graphql-tools/stitch';
import {
  GraphQLError,
  GraphQLSchema,
  isSpecifiedDirective,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLDirective,
} from 'graphql';
import { operationLocations } from '../composition/public-schema.ts';
import { readSupergraphUpstreams } from '../composition/supergraph.ts';
import { GatewayError } from '../errors.ts';
import type { Facade, FacadeRequest, RequestScope } from '../upstream/types.ts';
import { markAbsences } from './absent-entities.ts';
import { placeErrors } from './error-places.ts';

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
    onSubschemaConfig: (subschema) => {
      const name = names.get(subschema.name) ?? subschema.name;
      const facade = facades.get(name);
      if (!facade)
        throw new GatewayError(
          'COMPOSITION_FAILED',
          `the supergraph names upstream "${name}", which is not configured`,
        );
      subschema.executor = executorOf(facade) as typeof subschema.executor;
    },
  });
  const stitched = stitchSchemas({ ...options, ...(schemaExtensions && { schemaExtensions }) });
  return placeErrors(withoutSpecifications(filterInternalFieldsAndTypes(stitched)));
}

/** What specifications bring along: `policy__Policy`, `federation__Scope`. */
const specificationType = /^(?:authenticated|connect|context|cost|federation|policy|requiresScopes)__/;

/** Directives that only a composer reads, and their types, are nothing to clients: they may name who may see what. */
function withoutSpecifications(schema: GraphQLSchema): GraphQLSchema {
  const { types, directives, ...config } = schema.toConfig();
  return new GraphQLSchema({
    ...config,
    types: types.filter(({ name }) => !specificationType.test(name)),
    directives: directives.filter((directive) => isSpecifiedDirective(directive) || isForOperations(directive)),
  });
}

function isForOperations({ locations }: GraphQLDirective): boolean {
  return locations.some((location) => operationLocations.has(location));
}

interface Delegation {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly context?: StitchedContext;
  readonly operationType?: string;
}

function executorOf(facade: Facade): (delegation: Delegation) => unknown {
  return ({ document, variables = {}, context, operationType }) => {
    if (!context)
      throw new GatewayError('INTERNAL_ERROR', `upstream "${facade.name}" was asked without a request scope`);
    const request = { document, variables, scope: context.scope };
    if (operationType !== 'subscription') return execute(facade, request);
    if (!facade.subscribe) throw new GatewayError('INTERNAL_ERROR', `upstream "${facade.name}" has no subscriptions`);
    return facade.subscribe(request);
  };
}

async function execute(facade: Facade, request: FacadeRequest): Promise<ExecutionResult> {
  return markAbsences(facade.name, request.document, withNeutralMessages(await facade.execute(request)));
}

/**
 * Delegation takes an error of such a message for the echo of another one and drops it. Clients read the message of the
 * original error, so this one's is free.
 */
function withNeutralMessages(result: ExecutionResult): ExecutionResult {
  if (!result.errors?.some(({ message }) => message.includes(droppedMessage))) return result;
  const errors = result.errors.map((error) => {
    const { path, originalError = error, extensions } = error;
    return new GraphQLError('An upstream answered with an error.', {
      originalError,
      extensions,
      ...(path && { path }),
    });
  });
  return { ...result, errors };
}

const droppedMessage = 'Cannot return null for non-nullable field';
