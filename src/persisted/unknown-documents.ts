import { performance } from 'node:perf_hooks';
import { Kind, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import { publishNotice } from '../telemetry/channels.ts';
import { sha256 } from './normal-form.ts';
import type { AskingRequest } from './types.ts';

const mostTexts = 10_000;
const windowMs = 60_000;
const mostInWindow = 60;

/**
 * Tells operators of documents that were served though no manifest has them: of each text once, and of so many a minute at
 * most, as anyone can make texts. Nothing of the text is told but the names of its operations: it may hold personal data.
 */
export class UnknownDocuments {
  readonly #told = new LRUCache<string, true>({ max: mostTexts });
  #windowEndsAt = -Infinity;
  #leftInWindow = 0;

  tell(text: string, { caller, requestId }: AskingRequest): void {
    const hash = sha256(text);
    if (this.#told.get(hash) === true) return;
    const now = performance.now();
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + windowMs;
      this.#leftInWindow = mostInWindow;
    }
    if (this.#leftInWindow === 0) return;
    const names = operationNames(text);
    // What cannot be run needs no place in a manifest.
    if (names === undefined) return;
    this.#told.set(hash, true);
    this.#leftInWindow -= 1;
    const what = `${names} (SHA-256 ${hash}), which no manifest has`;
    const who = caller.id ?? 'an anonymous caller';
    const rest = this.#leftInWindow === 0 ? '. Further ones are not told for a minute' : '';
    const message = `Trusted documents: ${who} was served ${what}, request ${requestId}${rest}`;
    publishNotice({ level: 'warn', message });
  }
}

function operationNames(text: string): string | undefined {
  try {
    const names = parse(text, { noLocation: true }).definitions.flatMap((node) =>
      node.kind === Kind.OPERATION_DEFINITION ? [`${node.operation} ${node.name?.value ?? 'without a name'}`] : [],
    );
    return names.join(', ');
  } catch {
    return undefined;
  }
}
