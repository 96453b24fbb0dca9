import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import type { GatewayError } from '../errors.ts';
import type { Authenticator } from '../identity/authenticate.ts';
import type { Caller } from '../identity/caller.ts';
import { addLateFields } from '../lib/default-fields.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import { serverTimingOf } from '../telemetry/server-timing.ts';
import { endAfterRequest, isUnread } from '../lib/unread-request.ts';
import { checkAddress } from './addresses.ts';
import { checkCrossSite } from './csrf.ts';
import type { Entering, Step } from './entrance.ts';
import { explainMissingSchema } from './explain-missing-schema.ts';
import { limitDocuments, type DocumentCheck } from './limit-documents.ts';
import { limitSteps, type LimitStepsOptions } from './limits/steps.ts';
import { recordPhases } from './record-phases.ts';
import { hideSuggestions } from './hide-suggestions.ts';
import { refuseMutationsByGet } from './refuse-mutations-by-get.ts';

/**
 * The policies, in their order; the reason stands beside each line. `entranceSteps` holds for GraphQL and REST alike, and
 * runs before a request's body is read. `graphqlPolicies` are Yoga/Envelop plugins, which see operations that are new; what
 * a caller may not read of a known one is a mask, decided by `authorize.ts` and asked for by the engine.
 */

export interface EntranceOptions {
  readonly authenticator: Authenticator;
  /** The client's certificate (DER), where the connection has one that verifies. */
  readonly clientCertificateOf: (req: IncomingMessage) => Buffer | undefined;
  readonly limiting: Pick<LimitStepsOptions, 'limiter' | 'shown'>;
  /** Who hears by `server-timing` where the time went. Default: nobody. */
  readonly mayHearTiming?: ((caller: Caller) => boolean) | undefined;
}

export function entranceSteps(options: EntranceOptions): readonly Step[] {
  const { authenticator, limiting, mayHearTiming } = options;
  const authenticates = authenticator.providers.length > 0;
  const { refuseDisabled, limitArrival, limitCaller } = limitSteps({ ...limiting, authenticates, now: Date.now });
  return [
    setSecurityHeaders, // before anything is answered: refusals need them too
    checkAddresses, // who is shut out must cost nothing more
    answerCors, // before credentials: a preflight has none, and a page must be able to read why it is refused
    refuseOtherSites, // before credentials that a browser adds by itself could count
    refuseDisabled, // whoever asks: nothing of it is served
    limitArrival, // before credentials: guessing them must cost
    authenticate(options), // before the body: strangers do not get to spend our time on it
    checkAccess, // who it is is known now: whether it may come in here
    limitCaller, // after access: nobody's budget is spent on what is not theirs to ask
    ...(mayHearTiming ? [tellTiming(mayHearTiming)] : []), // last: whoever is refused hears nothing of it
  ];
}

export interface PolicyOptions {
  /** Upstreams whose schema is missing in this generation. Default: none. */
  readonly unavailable?: readonly string[];
  /** Who may hear of names of the schema in validation errors. Default: everyone. */
  readonly mayHearSuggestions?: (caller: Caller) => boolean;
  /** Holds documents against their bounds. Default: nobody does. */
  readonly documents?: DocumentCheck | undefined;
}

/** Errors need no policy: the server formats every error of every answer, whoever raised it. */
export function graphqlPolicies(options: PolicyOptions = {}): readonly Plugin[] {
  const { unavailable = [], mayHearSuggestions, documents } = options;
  return [
    recordPhases(), // first: what others do while it is parsed and validated counts
    ...(documents ? [limitDocuments(documents)] : []), // before anything is parsed: what is too large costs nothing more
    refuseMutationsByGet(), // as soon as the operation is known: no caller may do this, whoever it is
    explainMissingSchema(unavailable), // after validation, which does not know why a field is not there
    ...(mayHearSuggestions ? [hideSuggestions(mayHearSuggestions)] : []), // last: what the others say of errors stays
  ];
}

const checkAddresses: Step = ({ door, client }) => {
  checkAddress(door.allowsAddress, client.address);
  return undefined;
};

const setSecurityHeaders: Step = ({ res, door, client }) => {
  door.applySecurityHeaders(res, client.protocol === 'https');
  return undefined;
};

const answerCors: Step = ({ req, res, door: { cors, methods }, requestId }) => {
  if (cors === undefined) return undefined;
  const preflight = cors.preflight(req, { allowedMethods: methods });
  const headers = preflight ?? cors.responseHeaders(req.headers.origin);
  for (const name in headers) res.setHeader(name, headers[name] ?? '');
  if (preflight === undefined) return undefined;
  const leavesBody = isUnread(req);
  res.writeHead(204, { 'x-request-id': requestId, ...(leavesBody && { connection: 'close' }) });
  if (!leavesBody) res.end();
  else {
    res.flushHeaders();
    endAfterRequest(req, res);
  }
  return 'answered';
};

const refuseOtherSites: Step = ({ req, door, client }) => {
  if (door.refusesOtherSites) checkCrossSite(req, { client, cors: door.cors });
  return undefined;
};

/**
 * Without CORS of its own the gateway passes a preflight on to the upstream, without credentials. A browser's has neither a
 * body nor fields of its own: one that has could make an upstream do what nobody was asked for.
 */
function isPreflight({ req: { method, headers } }: Entering): boolean {
  if (method !== 'OPTIONS' || headers.origin === undefined) return false;
  return 'access-control-request-method' in headers && !notOfPreflights.some((name) => name in headers);
}

const notOfPreflights: readonly string[] = [
  ...['content-length', 'transfer-encoding', 'x-http-method', 'x-http-method-override', 'x-method-override'],
];

function authenticate({ authenticator, clientCertificateOf }: EntranceOptions): Step {
  if (authenticator.providers.length === 0) return () => undefined;
  return (entering) => {
    if (isPreflight(entering)) return undefined;
    const { req, client } = entering;
    const caller = timed(entering.record, () =>
      authenticator.authenticate({
        headers: req.headers,
        rawHeaders: req.rawHeaders,
        url: req.url ?? '',
        isFromTrustedProxy: client.isFromTrustedProxy,
        clientCertificate: () => clientCertificateOf(req),
      }),
    );
    const take = (found: Caller): undefined => {
      entering.caller = found;
    };
    return caller instanceof Promise ? caller.then(take) : take(caller);
  };
}

/** Notes how long it took to find out who asks, or that it cannot be found out. */
function timed<T>(record: RequestRecord | undefined, find: () => T | Promise<T>): T | Promise<T> {
  if (!record) return find();
  const startedAt = performance.now();
  const note = (): void => {
    record.authenticationMs = performance.now() - startedAt;
  };
  let found: T | Promise<T> | undefined;
  try {
    found = find();
    return found instanceof Promise ? found.finally(note) : found;
  } finally {
    if (!(found instanceof Promise)) note();
  }
}

const checkAccess: Step = (entering) => {
  if (isPreflight(entering)) return undefined;
  const { door, caller, requestId, client } = entering;
  const refused = door.access.check(caller, { requestId, address: client.address });
  return refused instanceof Promise ? refused.then(refuse) : refuse(refused);
};

function tellTiming(mayHear: (caller: Caller) => boolean): Step {
  return ({ res, record, caller }) => {
    if (record && mayHear(caller)) {
      addLateFields(res, () => ({ 'server-timing': serverTimingOf(record, performance.now()) }));
    }
    return undefined;
  };
}

function refuse(error: GatewayError | undefined): undefined {
  if (error !== undefined) throw error;
}
