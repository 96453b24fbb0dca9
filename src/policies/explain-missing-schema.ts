import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { GatewayError } from '../errors.ts';

/**
 * While no schema of an upstream is known, its fields and types are out of the gateway's schema. Validation would call
 * them the client's mistake; this says whose fault it is. Operations that ask for none of them run as ever.
 *
 * @param upstreams Names of those whose schema is missing.
 */
export function explainMissingSchema(upstreams: readonly string[]): Plugin {
  const names = upstreams.map((name) => `"${name}"`).join(', ');
  const reason = `The schema of upstream ${names} is not available at the moment; it may define this.`;
  const explained = (error: Error): Error => {
    if (
      !(error instanceof GraphQLError) ||
      !/^(Cannot query field|Unknown (type|argument|directive))/.test(error.message)
    )
      return error;
    // Suggestions would send the reader after a typing mistake.
    const message = `${error.message.replace(/ Did you mean .*$/s, '')} ${reason}`;
    const originalError = new GatewayError('UPSTREAM_SCHEMA_UNAVAILABLE', message, { upstream: upstreams.join(', ') });
    return new GraphQLError(message, { nodes: error.nodes, originalError });
  };
  return {
    onValidate: () => {
      return ({ valid, result, setResult }) => {
        if (!valid && upstreams.length > 0) setResult(result.map(explained));
      };
    },
  };
}
