import { parse } from 'graphql';
import { GatewayError } from '../../../errors.ts';
import type { Facade, RequestScope } from '../../types.ts';
import type { FieldContext, RestCall } from './types.ts';

/** A declared call, made in one client request. */
export interface DeclaredRequest {
  readonly call: RestCall;
  /** For the call's placeholders, by their first name. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly scope: RequestScope;
}

export interface RestFacade extends Facade {
  readonly kind: 'rest';
  /** Makes one declared call. Gives the JSON at `items` or `at`; null for 404 and for an empty body. */
  readonly call: (request: DeclaredRequest) => Promise<unknown>;
}

/** Finds a facade by upstream name. */
export type FindFacade = (upstream: string) => Facade | undefined;

/** What a resolver function gets beside parent and arguments, bound to one client request. */
export function fieldContext(scope: RequestScope, find: FindFacade): FieldContext {
  return {
    requestId: scope.requestId,
    get caller() {
      return scope.watch ? scope.watch.callerRead(scope.caller) : scope.caller;
    },
    signal: scope.signal,
    call: async (call, values = {}) => {
      const facade = find(call.upstream);
      if (!isRest(facade)) throw noSuch('REST upstream', call.upstream);
      return facade.call({ call, values, scope });
    },
    query: async (upstream, document, variables = {}) => {
      const facade = find(upstream);
      if (!facade) throw noSuch('upstream', upstream);
      const parsed = typeof document === 'string' ? parse(document, { noLocation: true }) : document;
      const { data, errors } = await facade.execute({ document: parsed, variables, scope });
      const [first] = errors ?? [];
      if (first === undefined) return data ?? {};
      if (first.originalError instanceof GatewayError) throw first.originalError;
      throw new GatewayError('UPSTREAM_ERROR', `${upstream}: ${first.message}`, { upstream, cause: first });
    },
  };
}

function isRest(facade: Facade | undefined): facade is RestFacade {
  return facade?.kind === 'rest';
}

function noSuch(kind: string, name: string): GatewayError {
  return new GatewayError('INTERNAL_ERROR', `a resolver function asked for the ${kind} "${name}", but there is none`);
}
