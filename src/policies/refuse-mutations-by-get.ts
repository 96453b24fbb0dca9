import { getOperationAST, OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';

/**
 * Refuses mutations that come by GET: a link, an image or a cache that asks again could change data, with the cookies
 * of whoever looks at it.
 *
 * @see {@link https://graphql.github.io/graphql-over-http/draft/#sec-GET | GraphQL over HTTP, 5.3 GET}
 */
export function refuseMutationsByGet(): Plugin {
  return {
    onParse() {
      return ({ result, context: { request, params } }) => {
        if (result === null || result instanceof Error || request?.method !== 'GET') return;
        const operation = getOperationAST(result, params?.operationName);
        if (operation?.operation === OperationTypeNode.MUTATION) {
          throw new GatewayError('METHOD_NOT_ALLOWED', 'A mutation must come by POST, but this one came by GET.');
        }
      };
    },
  };
}
