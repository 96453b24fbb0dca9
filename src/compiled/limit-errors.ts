import type { GraphQLError } from 'graphql';
import { GatewayError } from '../errors.ts';
import { limitsOfDenial } from '../executor/denials.ts';
import type { Admitted, FieldRefusal, Finish } from './admission.ts';
import { asGraphqlError } from './results.ts';

/** What is to be done with each result of an admitted request; undefined where nothing is. */
export function finishOf(admitted: Extract<Admitted, { readonly refused?: never }>): Finish | undefined {
  const { limited, refusals, finish } = admitted;
  if (limited.length === 0 || !refusals) return finish;
  const explain = explaining(new Map(limited.map((number, index) => [number, refusals[index]])));
  return finish ? (result) => finish(explain(result)) : explain;
}

type Refusals = ReadonlyMap<number, FieldRefusal | undefined>;

/** Programs know that a field is limited, not what this request has to hear of it. One error for all places of a field. */
function explaining(refusals: Refusals): Finish {
  const explained = new Map<GatewayError, GatewayError>();
  const explain = (shared: GatewayError): GatewayError => {
    const known = explained.get(shared);
    if (known) return known;
    const number = limitsOfDenial(shared)?.find((each) => refusals.has(each));
    const refusal = number === undefined ? undefined : refusals.get(number);
    const made = refusal
      ? new GatewayError('RATE_LIMITED', refusal.message ?? shared.message, { exposed: refusal.exposed })
      : shared;
    explained.set(shared, made);
    return made;
  };
  return (result) => {
    if (!result.errors) return result;
    return { ...result, errors: result.errors.map((error) => explainedError(error, explain)) };
  };
}

function explainedError(error: GraphQLError, explain: (shared: GatewayError) => GatewayError): GraphQLError {
  const { originalError, path } = error;
  if (!(originalError instanceof GatewayError) || !limitsOfDenial(originalError)) return error;
  return asGraphqlError({ path: path ?? [], error: explain(originalError) });
}
