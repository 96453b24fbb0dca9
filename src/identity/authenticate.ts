import { GatewayError } from '../errors.ts';
import { agree, type Party } from './agreement.ts';
import { anonymous, type Caller } from './caller.ts';
import { createCallers, type Parties } from './consumers.ts';
import { isTaken, slotsOf, valuesIn, type Slot } from './slots.ts';
import type { CredentialPlaces, Identity, IdentityRequest, Provider, Revocations } from './types.ts';

/**
 * The authenticate step. A request's credentials come in; a caller goes out, or an error. It never says whether an
 * anonymous caller may pass: each door does.
 */

export interface AuthenticatorOptions extends Parties {
  /** In order: the first whose credentials a request has says who asks. */
  readonly providers: readonly Provider[];
  /** Default: nothing is revoked. */
  readonly revocations?: Revocations | undefined;
}

export interface Authenticator {
  readonly providers: readonly Provider[];
  /**
   * Who asks. `anonymous` only where no provider finds credentials. Gives the caller at once (no promise) where all
   * providers do, and the same object for the same identity.
   *
   * Every credential of the request must be good, and all must agree on who asks; of those that do, the first provider's
   * alone says what the caller may do. A token that is of another issuer or form than a provider's goes to the next one,
   * and is refused where none takes it, whatever other credentials there are.
   *
   * @throws {GatewayError} `CREDENTIALS_*`, `IDENTITY_UNAVAILABLE`. Thrown or rejected.
   */
  readonly authenticate: (request: IdentityRequest) => Caller | Promise<Caller>;
  /** Where credentials stand that upstreams must not see; undefined where they may see all. */
  readonly places: () => CredentialPlaces | undefined;
  /** Stops the providers' and the revocation list's timers and connections. */
  readonly close: () => Promise<void>;
}

/** @throws {GatewayError} `CONFIGURATION_INVALID` where two consumers lay claim to the same credentials. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { providers, revocations } = options;
  const slots = providers.map(slotsOf);
  const panel: Panel = {
    providers,
    slots,
    overlaps: slots.map((ours) => slots.map((theirs) => overlapOf(ours, theirs))),
    authorization: slots.flat().filter(({ key }) => key.startsWith('authorization:')),
    callerOf: createCallers(options),
    revocations,
  };
  const places = hiddenPlaces(providers);
  return {
    providers,
    authenticate: (request) => new Search(panel, request).from(0),
    places: () => places,
    close: async () => {
      await Promise.all([...providers.map(async (provider) => provider.close()), revocations?.close()]);
    },
  };
}

interface Panel {
  readonly providers: readonly Provider[];
  readonly slots: readonly (readonly Slot[])[];
  /** How the places of a provider (row) and of another one (column) overlap. */
  readonly overlaps: readonly (readonly Overlap[])[];
  readonly authorization: readonly Slot[];
  readonly callerOf: (identity: Identity) => Caller;
  readonly revocations: Revocations | undefined;
}

/** `same`: both look in one place, which is the same, so they can only have found the same. */
type Overlap = 'same' | 'some' | 'none';

function overlapOf(ours: readonly Slot[], theirs: readonly Slot[]): Overlap {
  const shared = ours.filter(({ key }) => theirs.some((slot) => slot.key === key));
  if (shared.length === 0) return 'none';
  return ours.length === 1 && theirs.length === 1 ? 'same' : 'some';
}

interface Found {
  /** The provider's place in the list. */
  readonly by: number;
  readonly identity: Identity;
}

interface Unread {
  readonly by: number;
  readonly error: GatewayError;
}

/** One request on its way past the providers. */
class Search {
  readonly #panel: Panel;
  readonly #request: IdentityRequest;
  #first: Found | undefined;
  /** What further providers found. */
  #others: Found[] | undefined;
  /** Tokens that a provider does not know the issuer or form of. */
  #unread: Unread[] | undefined;

  constructor(panel: Panel, request: IdentityRequest) {
    this.#panel = panel;
    this.#request = request;
  }

  /** Asks the provider at this place and all after it. */
  from(start: number): Caller | Promise<Caller> {
    const { length } = this.#panel.providers;
    for (let by = start; by < length; by++) {
      if (this.#first !== undefined && this.#isTaken(by, this.#first.by)) continue;
      const found = this.#ask(by);
      if (found instanceof Promise) return this.#after(found, by);
      this.#take(found, by);
    }
    return this.#end();
  }

  async #after(pending: Promise<Identity | undefined>, by: number): Promise<Caller> {
    let found: Identity | undefined;
    try {
      found = await pending;
    } catch (error) {
      this.#keepUnread(error, by);
    }
    this.#take(found, by);
    return this.from(by + 1);
  }

  #ask(by: number): Identity | undefined | Promise<Identity | undefined> {
    try {
      return this.#panel.providers[by]?.identify(this.#request);
    } catch (error) {
      this.#keepUnread(error, by);
      return undefined;
    }
  }

  #take(identity: Identity | undefined, by: number): void {
    if (identity === undefined) return;
    if (this.#first === undefined) this.#first = { by, identity };
    else (this.#others ??= []).push({ by, identity });
  }

  #keepUnread(error: unknown, by: number): void {
    if (!(error instanceof GatewayError)) throw error;
    if (error.code !== 'CREDENTIALS_WRONG_ISSUER' && error.code !== 'CREDENTIALS_MALFORMED') throw error;
    (this.#unread ??= []).push({ by, error });
  }

  /**
   * Whether all that a provider could read is what another one took. Such a provider is not asked: a credential is one
   * party's only, and finding out that it is another's would cost an error each time.
   */
  #isTaken(by: number, takenBy: number): boolean {
    const { slots, overlaps } = this.#panel;
    const overlap = overlaps[takenBy]?.[by];
    if (overlap !== 'some') return overlap === 'same';
    return isTaken(slots[by] ?? [], slots[takenBy] ?? [], this.#request);
  }

  #end(): Caller {
    if (this.#unread !== undefined) this.#refuseUnread(this.#unread);
    if (this.#first === undefined) return this.#nobody();
    const { callerOf, revocations } = this.#panel;
    revocations?.check(this.#first.identity);
    const caller = callerOf(this.#first.identity);
    if (this.#others !== undefined) this.#compare({ identity: this.#first.identity, caller }, this.#others);
    return caller;
  }

  /** A provider may pass over a token that is not for it; all of them together may not. */
  #nobody(): Caller {
    const { authorization } = this.#panel;
    if (this.#request.headers.authorization === undefined) return anonymous;
    if (valuesIn(authorization, this.#request).size === 0) return anonymous;
    throw new GatewayError(
      'CREDENTIALS_MALFORMED',
      'Expected credentials of a kind that is known here, but got others.',
    );
  }

  /** A credential that nobody took is not passed over: it would make the request anonymous, or somebody else's. */
  #refuseUnread(unread: readonly Unread[]): void {
    for (const { by, error } of unread) {
      const found = this.#first === undefined ? [] : [this.#first, ...(this.#others ?? [])];
      if (!found.some((taken) => this.#isTaken(by, taken.by))) throw error;
    }
  }

  /** Each with each: an application may go with two users' tokens, but these not with each other. */
  #compare(first: Party, others: readonly Found[]): void {
    const parties = [first];
    for (const { identity } of others) {
      this.#panel.revocations?.check(identity);
      const party = { identity, caller: this.#panel.callerOf(identity) };
      if (!parties.every((earlier) => agree(earlier, party))) {
        throw new GatewayError('CREDENTIALS_CONFLICT', 'Expected credentials of one party, but got those of several.');
      }
      parties.push(party);
    }
  }
}

function hiddenPlaces(providers: readonly Provider[]): CredentialPlaces | undefined {
  const hidden = providers.filter(({ hidesCredentials }) => hidesCredentials).map(({ places }) => places);
  if (hidden.length === 0) return undefined;
  return Object.freeze({
    headers: [...new Set(hidden.flatMap(({ headers }) => headers))],
    cookies: [...new Set(hidden.flatMap(({ cookies }) => cookies))],
    queryParameters: [...new Set(hidden.flatMap(({ queryParameters }) => queryParameters))],
  });
}
