import type { ConsumerConfig, TierConfig } from '../config/identity-types.ts';
import { GatewayError } from '../errors.ts';
import { publishNotice } from '../telemetry/channels.ts';
import type { Caller } from './caller.ts';
import type { Identity } from './types.ts';

export interface Parties {
  readonly consumers: readonly ConsumerConfig[];
  readonly tiers: readonly TierConfig[];
}

/**
 * Turns what providers know into callers. The same identity object gives the same frozen caller.
 *
 * - Consumer: the first of the identity's `consumerKeys` that the configuration knows.
 * - Tier: the identity's own, else the consumer's. One that is not configured is no tier: who claims `platinum` where
 *   there is none must not get the consumer's tier for it. Operators are told once.
 * - Scopes and roles: what identity, consumer and tier grant, together. Audience: the consumer's, else the tier's.
 *
 * The function that is returned throws `CREDENTIALS_UNKNOWN` for an API key or user whose consumer is no longer there, and
 * `CREDENTIALS_INVALID` for an identity that names nobody.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where two consumers lay claim to the same credentials.
 */
export function createCallers(parties: Parties): (identity: Identity) => Caller {
  const consumerOf = consumerFinder(parties.consumers);
  const tiers = new Map(parties.tiers.map((tier) => [tier.name, tier]));
  const tellUnknownTier = unknownTierTeller();
  const known = new WeakMap<Identity, Caller>();

  const tierOf = (identity: Identity, consumer: ConsumerConfig | undefined): TierConfig | undefined => {
    const name = identity.tier ?? consumer?.tier;
    const tier = name === undefined ? undefined : tiers.get(name);
    if (tier === undefined && name !== undefined) tellUnknownTier(identity.provider, name);
    return tier;
  };
  const make = (identity: Identity): Caller => {
    const consumer = consumerOf(identity);
    const tier = tierOf(identity, consumer);
    return Object.freeze({
      isKnown: true,
      id: idOf(identity, consumer),
      provider: identity.provider,
      consumer: consumer?.name,
      subject: identity.subject,
      tier: tier?.name,
      audience: consumer?.audience ?? tier?.audience,
      scopes: new Set([...identity.scopes, ...(consumer?.scopes ?? []), ...(tier?.scopes ?? [])]),
      roles: new Set([...identity.roles, ...(consumer?.roles ?? []), ...(tier?.roles ?? [])]),
      claims: identity.claims,
    });
  };
  return (identity) => {
    const caller = known.get(identity);
    if (caller !== undefined) return caller;
    const made = make(identity);
    known.set(identity, made);
    return made;
  };
}

/** Keys that say which consumer the credentials were issued to: without that consumer they are nobody's. */
const issuedTo = /^(?:key-owner|user):/;

function consumerFinder(consumers: readonly ConsumerConfig[]): (identity: Identity) => ConsumerConfig | undefined {
  const byKey = new Map<string, ConsumerConfig>();
  for (const consumer of consumers) {
    for (const key of keysOf(consumer)) {
      const other = byKey.get(key);
      if (other !== undefined && other !== consumer) {
        const message = `Expected one consumer for "${key}", but got: ${other.name} and ${consumer.name}`;
        throw new GatewayError('CONFIGURATION_INVALID', message);
      }
      byKey.set(key, consumer);
    }
  }
  return ({ consumerKeys, provider }) => {
    for (const key of consumerKeys) {
      const consumer = byKey.get(ofProvider(provider, key)) ?? byKey.get(key);
      if (consumer !== undefined) return consumer;
    }
    if (consumerKeys.some((key) => issuedTo.test(key))) {
      throw new GatewayError('CREDENTIALS_UNKNOWN', 'The credentials belong to nobody who is known here.');
    }
    return undefined;
  };
}

function keysOf({ name, provider, subjects, clients, certificates }: ConsumerConfig): readonly string[] {
  const keys = [
    ...subjects.map((subject) => `subject:${subject}`),
    ...clients.map((client) => `client:${client}`),
    ...certificates.map((certificate) => `certificate:${certificate}`),
  ];
  const issued = provider === undefined ? keys : keys.map((key) => ofProvider(provider, key));
  return [`key-owner:${name}`, `user:${name}`, ...issued];
}

/** Two issuers may give two parties one name: a key that only counts of one provider. */
function ofProvider(provider: string, key: string): string {
  return `${provider}\0${key}`;
}

/** What limits and caches know the caller by; no two parties share one, whatever their names hold. */
function idOf(identity: Identity, consumer: ConsumerConfig | undefined): string {
  const { issuer, provider, subject, keyId, consumerKeys } = identity;
  if (consumer !== undefined) return `consumer:${part(consumer.name)}`;
  if (subject !== undefined) return `subject:${part(issuer ?? provider)}:${part(subject)}`;
  if (keyId !== undefined) return `key:${part(keyId)}`;
  // What a server says of an opaque token that no person stands behind may name the client alone (RFC 7662, 2.2).
  const client = consumerKeys.find((key) => key.startsWith('client:'))?.slice('client:'.length);
  if (client !== undefined) return `client:${part(issuer ?? provider)}:${part(client)}`;
  throw new GatewayError('CREDENTIALS_INVALID', 'The credentials do not say whose they are.');
}

/** A part of an id, with `%`, `:`, spaces and control characters as `%` and the two digits of their code. */
function part(text: string): string {
  return text.replace(/[%: \p{Cc}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** Most tier names that are remembered as told; tokens name them, so there may be any number. */
const maxTold = 100;

function unknownTierTeller(): (provider: string, tier: string) => void {
  const told = new Set<string>();
  return (provider, tier) => {
    if (told.has(tier) || told.size >= maxTold) return;
    told.add(tier);
    // Not its name: a token may hold anything at the place where the configuration looks for a tier.
    const message = `Expected a tier of the configuration, but provider ${provider} got another one, of ${tier.length} characters; its callers have no tier`;
    publishNotice({ level: 'warn', message });
  };
}
