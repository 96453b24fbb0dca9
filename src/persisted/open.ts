import type { PersistedConfig } from '../config/limit-types.ts';
import { GatewayError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import { publishLimit } from '../telemetry/channels.ts';
import { AutomaticTexts, type TextStore } from './automatic.ts';
import { openManifests, type Manifests } from './manifests.ts';
import { sha256, type KnownText } from './normal-form.ts';
import type { AskedDocument, AskingRequest, PersistedOperations } from './types.ts';
import { UnknownDocuments } from './unknown-documents.ts';

export interface PersistedParts {
  readonly config: PersistedConfig;
  /** Where instances share what clients registered; its owner closes it. */
  readonly redis: TextStore | undefined;
  /** Whether a caller may send any document. */
  readonly mayBypass: (caller: Caller) => boolean;
  /** Time between two looks at manifests in files, in milliseconds. Default 1 s. */
  readonly filePollMs?: number;
}

/**
 * Opens what finds texts of operations: trusted documents by id or text, and automatic persisted queries.
 *
 * What comes in is what a request says of its document; what goes out is the text to run. It parses nothing for a client and
 * checks nothing against a schema. A document that a manifest has is given as it stands there, however the client wrote it,
 * so that it is planned once.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where a manifest in a file is bad.
 */
export async function openPersisted({
  config: { automatic, trusted },
  redis,
  mayBypass,
  filePollMs = 1000,
}: PersistedParts): Promise<PersistedOperations> {
  const manifests = trusted && (await openManifests(trusted.manifests, { filePollMs }));
  const persisted = new Persisted({
    manifests,
    mode: trusted?.mode ?? 'off',
    mayBypass,
    automatic: automatic && new AutomaticTexts({ config: automatic, redis }),
  });
  return {
    resolve: (asked, request) => persisted.resolve(asked, request),
    close: async () => manifests?.close(),
  };
}

interface Parts {
  readonly manifests: Manifests | undefined;
  readonly mode: 'off' | 'log' | 'enforce';
  readonly mayBypass: (caller: Caller) => boolean;
  readonly automatic: AutomaticTexts | undefined;
}

class Persisted {
  readonly #manifests: Manifests | undefined;
  readonly #mode: Parts['mode'];
  readonly #mayBypass: Parts['mayBypass'];
  readonly #automatic: AutomaticTexts | undefined;
  readonly #unknown = new UnknownDocuments();

  constructor({ manifests, mode, mayBypass, automatic }: Parts) {
    this.#manifests = manifests;
    this.#mode = mode;
    this.#mayBypass = mayBypass;
    this.#automatic = automatic;
  }

  resolve({ query, id, sha256: hash }: AskedDocument, request: AskingRequest): string | Promise<string> {
    if (!id && !hash) {
      if (query) return this.#serve(query, request);
      throw new GatewayError('BAD_REQUEST', 'Expected a document, its id or its hash, but got none of them');
    }
    if (!id) return this.#byHash(hash ?? '', query, request);
    if (hash && hash !== id) {
      throw new GatewayError('BAD_REQUEST', 'Expected one of a document id and a hash, but got two that differ');
    }
    return hash ? this.#byHash(hash, query, request) : this.#byId(id, query);
  }

  #byId(id: string, query: string | undefined): string {
    if (this.#manifests === undefined) throw notSupported();
    const found = this.#find(id);
    if (found === undefined) throw notFound();
    if (!query || this.#isSame(found, query)) return found.text;
    throw new GatewayError('BAD_REQUEST', 'Expected the document of the id, but got another one');
  }

  /**
   * Apollo's protocol: the hash alone asks for a text, the hash with its text registers it. A trusted document is found by
   * the same member, as Apollo's clients send ids of manifests there.
   *
   * @see {@link https://www.apollographql.com/docs/apollo-server/performance/apq | Automatic Persisted Queries}
   */
  #byHash(hash: string, query: string | undefined, request: AskingRequest): string | Promise<string> {
    const trusted = this.#find(hash);
    if (query) {
      return trusted !== undefined && this.#isSame(trusted, query)
        ? trusted.text
        : this.#register(hash, query, request);
    }
    if (trusted !== undefined) return trusted.text;
    if (this.#automatic === undefined) throw notSupported();
    const kept = this.#automatic.find(hash);
    if (typeof kept === 'string') return this.#serve(kept, request);
    if (kept === undefined) throw notFound();
    return kept.then((text) => {
      if (text === undefined) throw notFound();
      return this.#serve(text, request);
    });
  }

  #register(hash: string, query: string, request: AskingRequest): string {
    if (sha256(query) !== hash) {
      throw new GatewayError('PERSISTED_QUERY_MISMATCH', 'Expected the SHA-256 of the document, but got another hash');
    }
    // Whoever learns that texts cannot be registered sends them without a hash, and then reads whether they are trusted.
    if (this.#automatic === undefined && this.#match(query) === undefined) throw notSupported();
    const served = this.#admit(query, request);
    if (served === undefined) throw notSupported();
    this.#automatic?.register(hash, query);
    return served;
  }

  /** @throws {GatewayError} `OPERATION_NOT_TRUSTED`. */
  #serve(text: string, request: AskingRequest): string {
    const served = this.#admit(text, request);
    if (served !== undefined) return served;
    publishLimit(() => ({ limit: 'trustedDocuments', outcome: 'refused', ...whose(request) }));
    throw new GatewayError('OPERATION_NOT_TRUSTED', 'Expected a document that the gateway knows, but got another one');
  }

  /** The text to run; undefined where it may not be. A text that was registered is looked at anew: manifests change. */
  #admit(text: string, request: AskingRequest): string | undefined {
    if (this.#mode === 'off') return text;
    const known = this.#match(text);
    if (known !== undefined) return known.text;
    if (this.#mayBypass(request.caller)) return text;
    if (this.#mode === 'enforce') return undefined;
    publishLimit(() => ({ limit: 'trustedDocuments', outcome: 'measured', ...whose(request) }));
    this.#unknown.tell(text, request);
    return text;
  }

  #find(id: string): KnownText | undefined {
    return this.#manifests?.current().find(id);
  }

  #match(text: string): KnownText | undefined {
    return this.#manifests?.current().match(text);
  }

  #isSame(known: KnownText, text: string): boolean {
    return known.text === text || this.#match(text)?.normal === known.normal;
  }
}

// Clients of Apollo's protocol know these two by their messages.
function notFound(): GatewayError {
  return new GatewayError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
}

function notSupported(): GatewayError {
  return new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
}

function whose({ caller, requestId }: AskingRequest): {
  readonly tier: string | undefined;
  readonly requestId: string;
} {
  return { tier: caller.tier, requestId };
}
