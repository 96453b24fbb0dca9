import type { Comparison, Setup } from './policy-setups.ts';

/** Limits that nobody reaches: what it costs to count, not to refuse. */

const max = 1_000_000_000;
const second = { max, window: '1s' };
const hour = { max, window: '1h' };
const month = { max, quota: 'month' };

const base: Setup = { gateway: {} };

function limitedBy(limits: object, more: object = {}): Setup {
  return { gateway: { limits, ...more } };
}

const perCaller = limitedBy({ rates: [{ per: 'caller', ...second }] });
const usualPlan = { rates: [second, hour, month].map((rate) => ({ per: 'caller', ...rate })) };

/** @param redisUrl Undefined: what needs Redis is left out. */
export function limitComparisons(redisUrl: string | undefined): readonly Comparison[] {
  const plain = (title: string, setup: Setup, more: Partial<Comparison> = {}): Comparison => ({
    ...{ title, with: setup, without: base, headers: [{}] },
    ...more,
  });
  const rate = (title: string, of: object): Comparison =>
    plain(title, limitedBy({ rates: [{ per: 'caller', ...of }] }));
  return [
    plain('bounds of documents (default)', base, { without: limitedBy({ documents: { mode: 'off' } }) }),
    plain('limit, fixed window', perCaller, { isCommon: true }),
    plain('limit, fixed window, no response fields', limitedBy({ headers: [], rates: [second] })),
    rate('limit, sliding window', { ...second, algorithm: 'sliding-window' }),
    rate('limit, token bucket', { ...second, algorithm: 'token-bucket' }),
    rate('limit, at the same time', { concurrent: 1000 }),
    plain('limits: second, hour and month', limitedBy(usualPlan)),
    plain(
      'limits by address and caller',
      limitedBy({
        rates: [
          { per: 'address', ...second },
          { per: 'caller', ...second },
        ],
      }),
    ),
    plain('cost, a budget of an operation', limitedBy({ cost: { max: 1000 } })),
    plain('cost, a budget of points an hour', limitedBy({ rates: [{ counts: 'cost', ...hour }] })),
    plain('a field with a limit', { gateway: {}, schema: 'limited' }),
    ...(redisUrl === undefined ? [] : redisComparisons(redisUrl, plain)),
  ];
}

function redisComparisons(
  url: string,
  plain: (title: string, setup: Setup, more?: Partial<Comparison>) => Comparison,
): readonly Comparison[] {
  const redis = { redis: { url } };
  const limits = (rates: object): object => ({ timeout: '1s', ...rates });
  return [
    plain('limit, fixed window, in Redis', limitedBy(limits({ rates: [{ per: 'caller', ...second }] }), redis), {
      isCommon: true,
    }),
    plain('limits: second, hour and month, in Redis', limitedBy(limits(usualPlan), redis)),
    plain('limit, at the same time, in Redis', limitedBy(limits({ rates: [{ concurrent: 1000 }] }), redis)),
  ];
}
