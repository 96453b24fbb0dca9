import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { Admission, Admitted, AdmittedRequest, ExaminedOperation, FieldUses } from '../../compiled/admission.ts';
import type { LimitedGuards } from '../../composition/field-limits/field-limits.ts';
import type { KillSwitch, LimitsConfig } from '../../config/limit-types.ts';
import type { GatewayError } from '../../errors.ts';
import { createFieldLimiting, type FieldCharges, type FieldLimiting } from '../../limits/field-limits.ts';
import type { Charge, Decision } from '../../limits/types.ts';
import { coordinatesOf } from '../../operation/coordinates.ts';
import type { CostEstimate } from '../../operation/cost/operation-cost.ts';
import { measureDocument, type DocumentMeasure } from '../../operation/documents/measure-document.ts';
import { publishLimit } from '../../telemetry/channels.ts';
import type { RequestScope } from '../../upstream/types.ts';
import type { DocumentCheck } from '../limit-documents.ts';
import { asGraphqlError, createCostLimits, tellCost, type CostLimits, type ExaminedCost } from './cost-limits.ts';
import { isOfOperations } from './door-limits.ts';
import { disabledError, retryAfterOf, switchesOf, switchThatIsOn } from './kill-switches.ts';
import { keyOf, limitsAt, type RateLimit } from './rate-limit.ts';
import { refusalError } from './refusals.ts';

export interface OperationLimitsParts {
  readonly config: LimitsConfig;
  readonly documents: DocumentCheck | undefined;
  readonly supergraph: DocumentNode;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly fields: Pick<LimitedGuards, 'limits' | 'firstLimit'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What is known of an operation before anybody asks for it. */
export interface Examined {
  /** Undefined where no bound is looked at. */
  readonly measure: DocumentMeasure | undefined;
  /** Those that are about it. */
  readonly switches: readonly KillSwitch[];
  readonly cost: ExaminedCost | undefined;
  /** Limits of operations that are about it. */
  readonly rates: readonly RateLimit[];
  readonly fieldUses: FieldUses | undefined;
}

/**
 * What an operation must pass before it runs, cheapest first: switches, the bounds of its document, its cost, and then its
 * limits: those of its request that wait for it, its own and those of its fields, in one call.
 */
export function createOperationLimits(parts: OperationLimitsParts): Admission<Examined> {
  const limits = new OperationLimits(parts);
  return {
    examine: (given) => limits.examine(given),
    admit: (examined, request) => limits.admit(examined, request),
    refusesUncounted: parts.config.fields.mode === 'enforce',
  };
}

const admitted: Admitted = { limited: [] };

class OperationLimits {
  readonly #parts: OperationLimitsParts;
  readonly #rates: readonly RateLimit[];
  readonly #costs: CostLimits | undefined;
  readonly #fields: FieldLimiting | undefined;

  constructor(parts: OperationLimitsParts) {
    const { config, supergraph, schema, fields } = parts;
    this.#parts = parts;
    this.#rates = limitsAt(config, { at: 'graphql' }).filter(isOfOperations);
    const isCounted = this.#rates.some(({ counts }) => counts === 'cost');
    this.#costs = createCostLimits({ config: config.cost, isCounted, supergraph, schema });
    this.#fields = createFieldLimiting({ ...fields, config: config.fields });
  }

  examine(given: ExaminedOperation): Examined {
    const { document, node, fieldUses } = given;
    const name = node.name?.value;
    return {
      // Of the whole document: a text is judged the same whether it is known or not.
      measure: this.#parts.documents && measureDocument(document),
      switches: this.#switchesOf(document, node),
      cost: this.#costs?.examine(given),
      rates: this.#rates.filter(({ operations }) => isMeant(operations, name)),
      fieldUses: this.#fields && fieldUses,
    };
  }

  admit(examined: Examined, request: AdmittedRequest): Admitted | Promise<Admitted> {
    const { variables, scope } = request;
    const off = this.#refusalBySwitch(examined, scope);
    if (off) return refused(off);
    const { measure, cost } = examined;
    const tooMuch = measure && this.#parts.documents?.checkKnown(measure, variables, scope);
    if (tooMuch) return { refused: [tooMuch] };
    const estimate = cost?.operation.estimate(variables);
    if (request.run) request.run.estimatedCost = estimate?.points;
    const tooCostly = cost && estimate && this.#costs?.refusalOf(cost, { estimate, variables, scope });
    if (tooCostly) return { refused: [tooCostly] };
    const charged = this.#charge(examined, { request, estimate });
    const tell = (found: Admitted): Admitted => this.#told(found, examined, { request, estimate });
    return charged instanceof Promise ? charged.then(tell) : tell(charged);
  }

  #switchesOf(document: DocumentNode, node: OperationDefinitionNode): readonly KillSwitch[] {
    const { config, schema } = this.#parts;
    const needsFields = config.disabled.some(({ fields }) => fields.length > 0);
    const fields = needsFields ? coordinatesOf(document, node, schema) : noFields;
    return switchesOf(config.disabled, { kind: node.operation, name: node.name?.value, fields });
  }

  #refusalBySwitch({ switches }: Examined, { limits, requestId, caller }: RequestScope): GatewayError | undefined {
    if (switches.length === 0) return undefined;
    const time = this.#parts.now();
    const on = switchThatIsOn(switches, time);
    if (!on) return undefined;
    const retryAfter = retryAfterOf(on, time);
    if (retryAfter !== undefined) limits?.setField('retry-after', String(retryAfter));
    publishLimit(() => ({ limit: 'disabled', outcome: 'refused', tier: caller.tier, requestId }));
    return disabledError(on);
  }

  #charge({ rates, fieldUses }: Examined, { request, estimate }: Charging): Admitted | Promise<Admitted> {
    const { variables, scope } = request;
    const { limits, caller, client } = scope;
    if (!limits) return admitted;
    const using = { caller, address: client?.address };
    const uses = fieldUses?.(variables) ?? [];
    const fields = uses.length > 0 ? this.#fields?.collect(uses, keyOf(perCaller, using)) : undefined;
    const own = rates
      .filter(({ isFor }) => isFor(caller))
      .map((limit) => chargeOf(limit, keyOf(limit, using), estimate));
    const decision = limits.chargeOperation(fields ? [...own, ...fields.charges] : own);
    const settle = (settled: Decision): Admitted | Promise<Admitted> => this.#settle(settled, fields, estimate);
    return decision instanceof Promise ? decision.then(settle) : settle(decision);
  }

  #settle(
    decision: Decision,
    fields: FieldCharges | undefined,
    estimate: CostEstimate | undefined,
  ): Admitted | Promise<Admitted> {
    const { refusal } = decision;
    // Whoever waits for what came of the fields is told, whatever came of the rest.
    const settling = fields?.settle(decision);
    if (refusal) {
      const counts = (refusal.charge.limit as Partial<RateLimit>).counts === 'cost';
      return refused(refusalError(refusal, { cost: counts ? estimate : undefined }));
    }
    if (!settling) return admitted;
    return settling.then((found) =>
      found.length === 0
        ? admitted
        : {
            limited: found.map(({ number }) => number),
            refusals: found.map((field) => this.#fields?.refusalOf(field) ?? { message: undefined, exposed: {} }),
          },
    );
  }

  #told(found: Admitted, { cost }: Examined, { request, estimate }: Charging): Admitted {
    if (found.refused || !cost || !estimate || !this.#costs?.isAskedBy(request.scope)) return found;
    return { ...found, finish: tellCost(cost, { estimate, ...request }) };
  }
}

interface Charging {
  readonly request: AdmittedRequest;
  readonly estimate: CostEstimate | undefined;
}

const noFields: ReadonlySet<string> = new Set();
const perCaller = { per: 'caller' } as const;

function isMeant(operations: readonly string[], name: string | undefined): boolean {
  return operations.length === 0 || (name !== undefined && operations.includes(name));
}

function chargeOf(limit: RateLimit, key: string, estimate: CostEstimate | undefined): Charge {
  const amount = limit.counts === 'cost' ? (estimate?.points ?? 0) : 1;
  return { limit, key, amount, ifOver: 'refuse' };
}

function refused(error: GatewayError): Admitted {
  return { refused: [asGraphqlError(error)] };
}
