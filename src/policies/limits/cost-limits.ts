import { GraphQLError, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import type { ExaminedOperation } from '../../compiled/admission.ts';
import { readCostModel } from '../../composition/cost/cost-model.ts';
import { wholeSchema } from '../../composition/cost/whole-schema.ts';
import type { CostConfig } from '../../config/limit-types.ts';
import { GatewayError } from '../../errors.ts';
import { compileCost, type CostEstimate, type OperationCost } from '../../operation/cost/operation-cost.ts';
import { compileUpstreamCosts, type UpstreamCosts } from '../../operation/cost/upstream-costs.ts';
import { publishLimit } from '../../telemetry/channels.ts';
import type { OperationRun } from '../../telemetry/record.ts';
import type { RequestScope } from '../../upstream/types.ts';

/** What an operation costs, and what it may. */
export interface CostLimits {
  readonly examine: (given: ExaminedOperation) => ExaminedCost;
  /** Why an operation of this estimate must not run; undefined where it may. */
  readonly refusalOf: (examined: ExaminedCost, asked: AskedCost) => GraphQLError | undefined;
  /** Whether this request asks to be told what its operation costs. */
  readonly isAskedBy: (scope: RequestScope) => boolean;
}

export interface ExaminedCost {
  readonly operation: OperationCost;
  /** Undefined where nobody asks, or the operation runs by no plan; `tangled`: it is too large to be told. */
  readonly upstreams: UpstreamCosts | 'tangled' | undefined;
}

export interface AskedCost {
  readonly estimate: CostEstimate;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly scope: RequestScope;
  readonly run?: OperationRun | undefined;
}

export interface CostParts {
  readonly config: CostConfig;
  /** Whether a limit counts cost. */
  readonly isCounted: boolean;
  readonly supergraph: DocumentNode;
  /** What clients see. */
  readonly schema: GraphQLSchema;
}

/** Undefined where nobody wants to know what operations cost. */
export function createCostLimits({ config, isCounted, supergraph, schema }: CostParts): CostLimits | undefined {
  const { mode, max, tiers, upstreams, show } = config;
  const limitsUpstreams = upstreams.default !== undefined || Object.keys(upstreams.byName).length > 0;
  const limits = mode !== 'off' && (max !== undefined || Object.keys(tiers).length > 0 || limitsUpstreams);
  if (!limits && !isCounted && !show) return undefined;
  const model = readCostModel(supergraph, config);
  const whole = limitsUpstreams ? wholeSchema(supergraph) : undefined;
  return {
    examine: ({ document, node, plan }) => ({
      operation: compileCost({ document, node, schema, model }),
      upstreams: whole && plan && (compileUpstreamCosts({ plan, schema: whole, model }) ?? 'tangled'),
    }),
    refusalOf: (examined, asked) => {
      if (!limits) return undefined;
      const refusal = refusalOf(examined, asked, config);
      if (!refusal) return undefined;
      const { requestId, caller } = asked.scope;
      const outcome = mode === 'measure' ? 'measured' : 'refused';
      publishLimit(() => ({ limit: 'cost', outcome, tier: caller.tier, requestId }));
      return mode === 'measure' ? undefined : refusal;
    },
    isAskedBy: ({ clientHeaders }) => show && clientHeaders['weft-cost'] === 'true',
  };
}

function refusalOf(
  { upstreams }: ExaminedCost,
  { estimate, variables, scope }: AskedCost,
  { max: all, tiers, upstreams: budgets }: CostConfig,
): GraphQLError | undefined {
  if (estimate.error) return estimate.error;
  const { tier } = scope.caller;
  const max = (tier === undefined ? undefined : tiers[tier]) ?? all ?? Infinity;
  if (estimate.points > max) return tooCostly(estimate, max);
  if (upstreams === 'tangled') return tangled();
  for (const [upstream, points] of upstreams?.(variables) ?? []) {
    const most = budgets.byName[upstream] ?? budgets.default ?? Infinity;
    if (points > most) return tooCostlyFor(upstream, points, most);
  }
  return undefined;
}

function tooCostly({ points, dearest }: CostEstimate, max: number): GraphQLError {
  const dear = dearest ? ` Most of it is for "${dearest.path}" (${dearest.coordinate}): ${dearest.points}.` : '';
  const message = `Expected an operation that costs at most ${max} points, but this one may cost ${points}.${dear}`;
  return asGraphqlError(
    new GatewayError('OPERATION_TOO_COSTLY', message, {
      exposed: { cost: { estimated: points, max, ...(dearest && { dearest }) } },
    }),
  );
}

function tooCostlyFor(upstream: string, points: number, max: number): GraphQLError {
  const message = `Expected an operation that asks "${upstream}" for at most ${max} points, but this one may ask for ${points}.`;
  return asGraphqlError(
    new GatewayError('OPERATION_TOO_COSTLY', message, { upstream, exposed: { cost: { estimated: points, max } } }),
  );
}

function tangled(): GraphQLError {
  const message = 'Expected an operation whose cost can be told for each upstream, but this one is too large for that.';
  return asGraphqlError(new GatewayError('OPERATION_TOO_COSTLY', message));
}

export function asGraphqlError(originalError: GatewayError): GraphQLError {
  return new GraphQLError(originalError.message, { originalError });
}

/** Puts what an operation was thought to cost, and what it did, into its answer. */
export function tellCost(
  { operation }: ExaminedCost,
  { estimate, variables, scope, run }: AskedCost,
): (result: ExecutionResult) => ExecutionResult {
  return (result) => {
    const cost = { estimated: estimate.points, actual: operation.actual(result.data, variables) };
    if (run) run.actualCost = cost.actual;
    scope.limits?.setField('weft-cost-estimated', String(cost.estimated));
    scope.limits?.setField('weft-cost-actual', String(cost.actual));
    return { ...result, extensions: { ...result.extensions, cost } };
  };
}
