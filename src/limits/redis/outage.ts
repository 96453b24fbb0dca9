import type { Charge, Decision, Limiter, Outcome } from '../types.ts';

const retryAfterMs = 1000;

// Part of a call that is refused for another reason: it never has room, so that nothing is charged locally. No limit of the
// configuration has an empty name.
const refused: Charge = {
  limit: {
    name: '',
    algorithm: { kind: 'fixed-window', max: 1, windowMs: 1000 },
    mode: 'enforce',
    onOutage: 'deny',
  },
  key: '',
  amount: 2,
  ifOver: 'refuse',
};

/** Decides without Redis, each charge by its limit's `onOutage`; `local` counts what `local` limits are charged. */
export function decideWithoutRedis(charges: readonly Charge[], local: Limiter): Decision | Promise<Decision> {
  const counted = charges.filter(({ limit }) => limit.onOutage === 'local');
  if (counted.length === 0) return combine(charges, undefined);
  const isDenied = charges.some((charge) => isRefusal(charge, hasRoomWithout(charge)));
  const decided = local.charge(isDenied ? [...counted, refused] : counted);
  return decided instanceof Promise
    ? decided.then((decision) => combine(charges, decision))
    : combine(charges, decided);
}

/** `local`: what came of the charges of `local` limits, in their order. */
function combine(charges: readonly Charge[], local: Decision | undefined): Decision {
  let next = 0;
  const outcomes = charges.map((charge): Outcome => {
    const counted = charge.limit.onOutage === 'local' ? local?.outcomes[next++] : undefined;
    return counted === undefined ? outcomeWithout(charge) : { ...counted, charge, by: 'local' };
  });
  return {
    refusal: outcomes.find(({ charge, hasRoom }) => isRefusal(charge, hasRoom)),
    outcomes,
    waitMs: local?.waitMs ?? 0,
    release: local?.release,
  };
}

function isRefusal({ limit, ifOver }: Charge, hasRoom: boolean): boolean {
  return !hasRoom && ifOver === 'refuse' && limit.mode === 'enforce';
}

function hasRoomWithout({ limit, amount }: Charge): boolean {
  return limit.onOutage !== 'deny' || amount === 0;
}

function outcomeWithout(charge: Charge): Outcome {
  const { onOutage, algorithm } = charge.limit;
  const hasRoom = hasRoomWithout(charge);
  return {
    charge,
    hasRoom,
    remaining: onOutage === 'deny' ? 0 : algorithm.max,
    resetMs: onOutage === 'deny' ? retryAfterMs : 0,
    retryAfterMs: hasRoom ? 0 : retryAfterMs,
    by: 'none',
  };
}
