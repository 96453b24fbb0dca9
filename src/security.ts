import type { DocumentNode } from 'graphql';
import { loadPolicyModule } from './assembly/policy-module.ts';
import { readGuards } from './composition/guards.ts';
import type { AccessRule } from './config/identity-types.ts';
import type { GatewayConfig } from './config/types.ts';
import { openIdentity } from './identity/open.ts';
import { createFrontDoor, openPolicyAnswers, type FrontDoor } from './policies/front-door.ts';
import { closeRedis, connectRedis, waitForRedis, type Redis } from './redis/connect.ts';
import { clientCertificateOf } from './server/client-certificate.ts';
import { clientSignal } from './server/client-signal.ts';
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
  const { authorization, identity, security, audiences } = config;
  const { requirements } = readGuards(supergraph);
  const { policies } = authorization;
  const answers = openPolicyAnswers({
    config: policies,
    exports: policies?.source.by === 'module' ? await loadPolicyModule(policies.source.file) : {},
    known: [...new Set([...requirements, ...accessRules(config)].flatMap((rule) => rule.policies.flat()))],
  });
  if (requirements.length > 0 && identity.providers.length === 0) {
    const message = 'the schema has guarded fields, but "identity.providers" knows nobody: no caller will see them';
    publishNotice({ level: 'warn', message });
  }
  const authenticator = await openIdentity(identity, redis);
  const { anonymous } = identity;
  const { responseHeaders: responseHeaderRules } = config;
  const hidden = authenticator.places();
  const frontDoor = createFrontDoor({
    ...{ security, anonymous, authenticator, answers, audiences, clientCertificateOf },
    createScope: ({ req, res, requestId, caller, client }) =>
      createRequestScope({
        ...{ headers: req.headers, responseHeaderRules, requestId, caller, client, hidden },
        signal: clientSignal(res),
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

function accessRules({ graphql, routes }: GatewayConfig): readonly AccessRule[] {
  return [graphql.door, ...routes.map(({ door }) => door)].flatMap((door) => door?.access ?? []);
}
