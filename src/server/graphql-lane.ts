import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayConfig } from '../config/types.ts';
import { GatewayError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import { addDefaultFields } from '../lib/default-fields.ts';
import { recordOf } from '../telemetry/record.ts';
import type { RequestScope } from '../upstream/types.ts';
import { prefersPage } from './accepted.ts';
import { namesDocument, pathOf } from './document-path.ts';
import { createGraphiqlPage } from './graphiql.ts';
import type { GraphqlHandler } from './graphql-server.ts';
import { sendRefusal } from './refusal.ts';

/** Answers one HTTP request. `draining` aborts when the server shuts down: streams end then. */
export type Lane = (req: IncomingMessage, res: ServerResponse, draining: AbortSignal) => Promise<void>;

/** What came of a request at the door. */
export type Entered =
  | { readonly is: 'admitted'; readonly scope: RequestScope }
  /** The caller of the scope is anonymous: who asks was not found out, or does not count. */
  | { readonly is: 'refused'; readonly scope: RequestScope; readonly error: GatewayError }
  /** All is said: the preflight of a browser. */
  | { readonly is: 'answered' };

/** Lets a request in or not, before its body is read. Sets headers of the answer on `res`. Never throws or rejects. */
export type Enter = (req: IncomingMessage, res: ServerResponse) => Entered | Promise<Entered>;

export interface GraphqlLaneOptions {
  readonly config: Pick<GatewayConfig['graphql'], 'path' | 'graphiql' | 'firstOperation'> &
    Partial<Pick<GatewayConfig['graphql'], 'queryPlan' | 'timeline'>>;
  readonly enter: Enter;
  /** For GraphiQL's page, which holds nothing of the schema. Default: `enter`. */
  readonly enterPage?: Enter;
  /** The handler of the schema that the caller sees; undefined where the caller is to see none. */
  readonly handlerFor: (caller: Caller) => GraphqlHandler | undefined;
}

/** The GraphQL endpoint: lets requests in, and sends each to GraphiQL or to the schema that its caller sees. */
export function createGraphqlLane({ config, enter, enterPage = enter, handlerFor }: GraphqlLaneOptions): Lane {
  const { firstOperation, queryPlan = false, timeline = false } = config;
  const showsPanel = queryPlan !== false || timeline !== false;
  const page = config.graphiql === false ? undefined : createGraphiqlPage({ firstOperation, showsPanel });
  // Without `async`: a promise that waits for the handler's own would be one more for each request.
  return (req, res, draining) => {
    const wantsPage = page !== undefined && asksForPage(req, config.path);
    const record = recordOf(res);
    if (record) {
      record.served = wantsPage ? 'page' : 'graphql';
      record.route = config.path;
    }
    const entering = wantsPage ? enterPage(req, res) : enter(req, res);
    const proceed = (entered: Entered): Promise<void> => {
      if (entered.is === 'answered') return done;
      const { scope } = entered;
      addDefaultFields(res, { 'x-request-id': scope.requestId });
      if (entered.is === 'refused') return refuse({ req, res, scope }, entered.error);
      if (wantsPage) return page(req, res);
      const handler = handlerFor(scope.caller);
      return handler ? handler({ req, res, scope, draining }) : refuse({ req, res, scope }, noSchema());
    };
    return entering instanceof Promise ? entering.then(proceed) : proceed(entering);
  };
}

/** A browser that goes to the id of a document wants its answer, which the page could not show. */
function asksForPage({ method, headers, url = '' }: IncomingMessage, graphqlPath: string): boolean {
  return method === 'GET' && prefersPage(headers.accept) && !namesDocument(pathOf(url), graphqlPath);
}

const done = Promise.resolve();

function refuse(refused: Parameters<typeof sendRefusal>[0], error: GatewayError): Promise<void> {
  sendRefusal(refused, error);
  return done;
}

function noSchema(): GatewayError {
  return new GatewayError('ACCESS_DENIED', 'The caller belongs to no audience, so that there is no schema to ask.');
}
