import { GatewayError } from '../errors.ts';
import { chooseMediaType, namesMediaType } from '../lib/accept.ts';

export const json = 'application/json';
export const graphqlJson = 'application/graphql-response+json';
export const eventStream = 'text/event-stream';
export const html = 'text/html';

/** How a client takes its answer. */
export interface Accepted {
  /** For one result. `text/event-stream` only where nothing else fits. */
  readonly single: typeof json | typeof graphqlJson | typeof eventStream;
  /** Whether a stream of results may be answered. */
  readonly stream: boolean;
}

// JSON comes first: clients that name no type are those from before there was a type of GraphQL's own.
// GraphQL over HTTP, 6.1 Legacy Watershed.
const singleTypes = [json, graphqlJson, eventStream] as const;

/**
 * Settles the media type before anything runs: a mutation must not be done and then have no answer.
 *
 * @throws {GatewayError} `NOT_ACCEPTABLE`
 */
export function readAccepted(accept = ''): Accepted {
  const known = readBefore.get(accept);
  if (known) return known;
  const single = chooseMediaType(accept, [json, graphqlJson]) ?? chooseMediaType(accept, singleTypes);
  if (!single) {
    throw new GatewayError(
      'NOT_ACCEPTABLE',
      `Expected "accept" to allow one of ${singleTypes.join(', ')}, but got: ${accept}`,
    );
  }
  const accepted = { single, stream: namesMediaType(accept, eventStream) };
  if (readBefore.size === maxReadBefore) readBefore.clear();
  readBefore.set(accept, accepted);
  return accepted;
}

/** By the text of the header: most clients send one of a few. */
const readBefore = new Map<string, Accepted>();
const maxReadBefore = 100;

/** Whether a browser's address bar asks, which likes a page better than data. */
export function prefersPage(accept: string | undefined): boolean {
  return (
    accept !== undefined && mayPreferPage.test(accept) && chooseMediaType(accept, [json, graphqlJson, html]) === html
  );
}

/** A page comes after data unless text of some kind is named or something has a weight: most clients say neither. */
const mayPreferPage = /text\/|q=/i;
