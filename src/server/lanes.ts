import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '../errors.ts';
import { readRequestId } from '../lib/request-id.ts';
import { publishInternalError } from '../telemetry/channels.ts';
import { recordOf } from '../telemetry/record.ts';
import { sendError } from './answer.ts';
import { namesDocument, pathOf } from './document-path.ts';
import type { Lane } from './graphql-lane.ts';
import { sendLive, sendReady, type Readiness } from './health.ts';

/** What is served: one generation of the gateway. A reload makes new ones; requests under way stay on theirs. */
export interface Lanes {
  readonly graphqlPath: string;
  readonly graphql: Lane;
  /** Whether the id of a document may follow the GraphQL path (`/graphql/<id>`). Default false. */
  readonly takesDocumentIds?: boolean;
  /**
   * Takes a request for a REST route, or says `false`. `path` is as the client sent it: not decoded, no query. With
   * `below`, only a route counts whose own path is longer than that one.
   */
  readonly routes?: (req: IncomingMessage, res: ServerResponse, path: string, below?: string) => boolean;
  readonly readiness: () => Readiness;
  /** Where metrics are read; the path as the client sends it. Default: they are not read here. */
  readonly metrics?: { readonly path: string; readonly lane: Lane };
}

/** Sends a request down its lane: health, GraphQL, REST routes; else 404. Never throws. */
export function serve(req: IncomingMessage, res: ServerResponse, lanes: Lanes, draining: AbortSignal): void {
  const fail = (error: unknown): void => failed(req, res, error);
  try {
    const path = pathOf(req.url ?? '');
    if (path === '/health/live' || path === '/health/ready') {
      const record = recordOf(res);
      if (record) record.served = 'probe';
      if (!isRead(req))
        refuse(req, res, new GatewayError('METHOD_NOT_ALLOWED', `Expected GET or HEAD, but got: ${req.method}`));
      else if (path === '/health/live') sendLive(req, res);
      else sendReady(req, res, { ...lanes.readiness(), stopping: draining.aborted });
      return;
    }
    if (lanes.metrics && path === lanes.metrics.path) {
      lanes.metrics.lane(req, res, draining).catch(fail);
      return;
    }
    // Before the routes: one that takes all paths (`/`) does not take this one, which is longer.
    if (path === lanes.graphqlPath || path === `${lanes.graphqlPath}/`) {
      lanes.graphql(req, res, draining).catch(fail);
      return;
    }
    if (lanes.takesDocumentIds === true && namesDocument(path, lanes.graphqlPath)) {
      // The longest path wins here too: a route below the GraphQL path stands before ids, one around it after them.
      if (!lanes.routes?.(req, res, path, lanes.graphqlPath)) lanes.graphql(req, res, draining).catch(fail);
      return;
    }
    if (lanes.routes?.(req, res, path)) return;
    refuse(
      req,
      res,
      new GatewayError('NOT_FOUND', `Nothing is served at ${path}. GraphQL is at ${lanes.graphqlPath}.`),
    );
  } catch (error) {
    fail(error);
  }
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function refuse(req: IncomingMessage, res: ServerResponse, error: GatewayError): void {
  if (error.code === 'METHOD_NOT_ALLOWED') res.setHeader('allow', 'GET, HEAD');
  sendError(req, res, error, readRequestId(req.headers['x-request-id']));
}

/** The last resort: no lane lets an error go. */
function failed(req: IncomingMessage, res: ServerResponse, cause: unknown): void {
  const requestId = readRequestId(req.headers['x-request-id']);
  const message = cause instanceof Error ? cause.message : String(cause);
  const error = new GatewayError('INTERNAL_ERROR', message, { cause });
  publishInternalError({ error, requestId });
  // What was begun cannot be taken back; cutting it is the only way to say that it is not whole.
  if (res.headersSent) res.destroy();
  else sendError(req, res, error, requestId);
}
