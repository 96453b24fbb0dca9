import { parse, type ExecutionResult } from 'graphql';
import { GatewayError } from '../../errors.ts';
import type { Facade, FetchAnswer, FetchError, PreparedFetch } from '../types.ts';

/** `prepare` of a facade that reads documents: the text is parsed once. */
export function prepareByExecute(execute: Facade['execute']): (text: string) => PreparedFetch {
  return (text) => {
    const document = parse(text);
    return async (variables, scope) => {
      const values = variables === '' ? {} : (JSON.parse(variables) as Record<string, unknown>);
      return asFetchAnswer(await execute({ document, variables: values, scope }));
    };
  };
}

/** A facade's result as a program takes it. */
export function asFetchAnswer({ data, errors }: ExecutionResult): FetchAnswer {
  if (!errors || errors.length === 0) return { data };
  return {
    data,
    errors: errors.map(({ path, originalError, message }): FetchError => {
      const error = originalError instanceof GatewayError ? originalError : new GatewayError('INTERNAL_ERROR', message);
      return path ? { path, error } : { error };
    }),
  };
}
