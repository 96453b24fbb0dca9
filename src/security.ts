import type { DocumentNode } from 'graphql';
import { loadPolicyModule } from './assembly/policy-module.ts';
import { readGuards } from './composition/guards/guards.ts';
import type { AccessRule } from './config/identity-types.ts';
import type { GatewayConfig } from './config/types.ts';
import type { Authenticator } from './identity/authenticate.ts';
import { openIdentity } from './identity/open.ts';
import { createFrontDoor, openPolicyAnswers, type FrontDoor } from './policies/front-door.ts';
import { closeRedis, connectRedis, waitForRedis, type Redis } from './redis/connect.ts';
import { clientCertificateOf } from './server/client-certificate.ts';
import { clientSignal } from './server/client-signal.ts';
import type { PolicyAnswers } from './policies/policy-answers.ts';
import { publishNotice } from './telemetry/channels.ts';
import { createRequestScope } from './upstream/scope.ts';

/**
 * Opens what stands in front of both spines: identity providers, what answers policies, and the connection to Redis that
 * they share. It outlives every generation of schemas.
 *
 * @param supergraph The first one; it says which policies must have an answer.
 * @throws {GatewayError} `CONFIGURATION_INVALID`; nothing is left open then.
 */
export async function openFrontDoor(config: GatewayConfig, supergraph: DocumentNode): Promise<FrontDoor> {
  const redis = config.redis && connectRedis(config.redis);
  try {
    // A Redis that is down does not keep the gateway from starting: what needs it is refused until it is there.
    if (redis) await waitForRedis(redis, redisWaitMs).catch(() => {});
    return await openWith(config, supergraph, redis);
  } catch (error) {
    if (redis) await closeRedis(redis);
    throw error;
  }
}

const redisWaitMs = 1000;

async function openWith(config: GatewayConfig, supergraph: DocumentNode, redis: Redis | undefined): Promise<FrontDoor> {
  const warning = warnOfNobody(config, supergraph);
  if (warning !== undefined) publishNotice({ level: 'warn', message: warning });
  const answers = await openAnswers(config, supergraph);
  let authenticator: Authenticator | undefined;
  try {
    authenticator = await openIdentity(config.identity, redis);
    return frontDoorOf(config, { answers, authenticator, redis });
  } catch (error) {
    await Promise.all([authenticator?.close(), answers.close()]);
    throw error;
  }
}

interface Opened {
  readonly answers: PolicyAnswers;
  readonly authenticator: Authenticator;
  readonly redis: Redis | undefined;
}

function frontDoorOf(config: GatewayConfig, { answers, authenticator, redis }: Opened): FrontDoor {
  const { security, audiences, responseHeaders: responseHeaderRules } = config;
  const { anonymous } = config.identity;
  const hidden = authenticator.places();
  const frontDoor = createFrontDoor({
    ...{ security, anonymous, authenticator, answers, audiences, clientCertificateOf },
    createScope: ({ req: { headers }, res, requestId, caller, client }) =>
      // One literal: a spread in it would make a second object for each request.
      createRequestScope({
        headers,
        signal: clientSignal(res),
        responseHeaderRules,
        requestId,
        caller,
        client,
        hidden,
      }),
  });
  return {
    ...frontDoor,
    close: async () => {
      await frontDoor.close();
      if (redis) await closeRedis(redis);
    },
  };
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

/** What to say where fields are guarded, and nobody can be known. */
export function warnOfNobody({ identity }: GatewayConfig, supergraph: DocumentNode): string | undefined {
  if (identity.providers.length > 0 || readGuards(supergraph).requirements.length === 0) return undefined;
  return 'the schema has guarded fields, but "identity.providers" knows nobody: no caller will see them';
}

function accessRules({ graphql, routes }: GatewayConfig): readonly AccessRule[] {
  return [graphql.door, ...routes.map(({ door }) => door)].flatMap((door) => door?.access ?? []);
}
