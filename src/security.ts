import type { DocumentNode } from 'graphql';
import { loadPolicyModule } from './assembly/policy-module.ts';
import { mergedTypes, outputFieldsOf } from './composition/definitions.ts';
import { readGuards } from './composition/guards/guards.ts';
import type { AccessRule } from './config/identity-types.ts';
import { openCaching, type Caching } from './caching.ts';
import type { GatewayConfig, UpstreamConfig } from './config/types.ts';
import type { Authenticator } from './identity/authenticate.ts';
import { openIdentity } from './identity/open.ts';
import { openPersisted } from './persisted/open.ts';
import type { PersistedOperations } from './persisted/types.ts';
import type { LimitsConfig } from './config/limit-types.ts';
import { closest } from './lib/closest.ts';
import { createPropagation } from './lib/propagation.ts';
import { createMemoryLimiter } from './limits/memory-limiter.ts';
import { createRedisLimiter } from './limits/redis-limiter.ts';
import type { Limiter } from './limits/types.ts';
import { createFrontDoor, forCallers, openPolicyAnswers, type FrontDoor } from './policies/front-door.ts';
import { closeRedis, connectRedis, waitForRedis, type Redis } from './redis/connect.ts';
import { clientCertificateOf } from './server/client-certificate.ts';
import { clientSignal } from './server/client-signal.ts';
import type { PolicyAnswers } from './policies/policy-answers.ts';
import { publishNotice } from './telemetry/channels.ts';
import { recordOf } from './telemetry/record.ts';
import { createRequestScope } from './upstream/scope.ts';

/** What instances share by Redis, each with what it keeps itself: how much is used, and documents known by id. */
export interface SharedState {
  readonly redis: Redis | undefined;
  readonly limiter: Limiter;
  /** Undefined where clients send whole documents. */
  readonly persisted: PersistedOperations | undefined;
  /** Undefined where nothing is kept. */
  readonly caching: Caching | undefined;
  readonly close: () => Promise<void>;
}

/**
 * Opens it. A Redis that is down keeps no gateway from starting: what needs it says itself what holds until then.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` for manifests that are bad; nothing is left open then.
 */
export async function openSharedState(
  config: GatewayConfig,
  upstreams: readonly UpstreamConfig[],
): Promise<SharedState> {
  const redis = config.redis && connectRedis(config.redis);
  if (redis) await waitForRedis(redis, redisWaitMs).catch(() => {});
  const limiter = openLimiter(config.limits, redis);
  const caching = openCaching(config, upstreams, redis);
  const close = async (): Promise<void> => {
    await Promise.all([limiter.close(), caching?.close()]);
    if (redis) await closeRedis(redis);
  };
  try {
    const persisted = await openPersistedOf(config, redis);
    return {
      ...{ redis, limiter, persisted, caching },
      close: async () => {
        await persisted?.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openLimiter({ store, timeoutMs, instances, maxKeys }: LimitsConfig, redis: Redis | undefined): Limiter {
  return redis && store === 'redis'
    ? createRedisLimiter({ redis, timeoutMs, instances, maxKeys })
    : createMemoryLimiter({ now: Date.now, maxKeys });
}

async function openPersistedOf(
  { graphql: { persisted: config } }: GatewayConfig,
  redis: Redis | undefined,
): Promise<PersistedOperations | undefined> {
  if (!config?.automatic && !config?.trusted) return undefined;
  const { bypass } = config.trusted ?? {};
  return openPersisted({ config, redis, mayBypass: bypass ? forCallers(bypass) : () => false });
}

const redisWaitMs = 1000;

/**
 * Opens what stands in front of both spines: identity providers and what answers policies. It outlives every generation of
 * schemas.
 *
 * @param supergraph The first one; it says which policies must have an answer.
 * @throws {GatewayError} `CONFIGURATION_INVALID`; nothing is left open then.
 */
export async function openFrontDoor(
  config: GatewayConfig,
  supergraph: DocumentNode,
  shared: SharedState,
): Promise<FrontDoor> {
  for (const message of warningsOf(config, supergraph)) publishNotice({ level: 'warn', message });
  const answers = await openAnswers(config, supergraph);
  let authenticator: Authenticator | undefined;
  try {
    authenticator = await openIdentity(config.identity, shared.redis);
    return frontDoorOf(config, { answers, authenticator, limiter: shared.limiter });
  } catch (error) {
    await Promise.all([authenticator?.close(), answers.close()]);
    throw error;
  }
}

interface Opened {
  readonly answers: PolicyAnswers;
  readonly authenticator: Authenticator;
  readonly limiter: Limiter;
}

function frontDoorOf(config: GatewayConfig, { answers, authenticator, limiter }: Opened): FrontDoor {
  const { security, audiences, limits, responseHeaders: responseHeaderRules, telemetry } = config;
  const { anonymous } = config.identity;
  const hidden = authenticator.places();
  const propagation = createPropagation(telemetry.propagation);
  return createFrontDoor({
    ...{ security, anonymous, authenticator, answers, audiences, limits, limiter, clientCertificateOf },
    serverTiming: telemetry.serverTiming,
    createScope: ({ req: { headers }, res, requestId, caller, client, limits: charges }) =>
      // One literal: a spread in it would make a second object for each request.
      createRequestScope({
        headers,
        signal: clientSignal(res),
        responseHeaderRules,
        requestId,
        caller,
        client,
        hidden,
        limits: charges,
        record: recordOf(res),
        propagation,
      }),
  });
}

/**
 * Opens what answers `@policy`.
 *
 * @throws {GatewayError} `CONFIGURATION_INVALID` where a policy that the schema or an access rule names has no function.
 */
export async function openAnswers(config: GatewayConfig, supergraph: DocumentNode): Promise<PolicyAnswers> {
  const { policies } = config.authorization;
  const rules = [...readGuards(supergraph).requirements, ...accessRules(config)];
  return openPolicyAnswers({
    config: policies,
    exports: policies?.source.by === 'module' ? await loadPolicyModule(policies.source.file) : {},
    known: [...new Set(rules.flatMap((rule) => rule.policies.flat()))],
  });
}

/** What of a configuration can have no effect on this supergraph, and was meant to have one. */
export function warningsOf(config: GatewayConfig, supergraph: DocumentNode): readonly string[] {
  return [...warnOfNobody(config, supergraph), ...warnOfSwitches(config.limits, supergraph)];
}

function warnOfNobody({ identity }: GatewayConfig, supergraph: DocumentNode): readonly string[] {
  if (identity.providers.length > 0 || readGuards(supergraph).requirements.length === 0) return [];
  return ['the schema has guarded fields, but "identity.providers" knows nobody: no caller will see them'];
}

/** A switch that is misspelt would leave on what somebody wants off. */
function warnOfSwitches({ disabled }: LimitsConfig, supergraph: DocumentNode): readonly string[] {
  const named = disabled.flatMap(({ fields }) => fields);
  if (named.length === 0) return [];
  const known = new Set(
    [...mergedTypes(supergraph)].flatMap(([type, node]) =>
      outputFieldsOf(node).map((field) => `${type}.${field.name.value}`),
    ),
  );
  return named
    .filter((field) => !known.has(field))
    .map((field) => {
      const near = closest(field, [...known]);
      const hint = near === undefined ? '' : `, did you mean "${near}"?`;
      return `limits.disabled: the schema has no field "${field}"${hint}`;
    });
}

function accessRules({ graphql, routes }: GatewayConfig): readonly AccessRule[] {
  return [graphql.door, ...routes.map(({ door }) => door)].flatMap((door) => door?.access ?? []);
}
