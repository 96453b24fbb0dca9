import { GatewayError } from '../errors.ts';
import type { AbstractShape, FieldShape } from '../planner/shape.ts';

// One error for all places and requests: making one costs more than all else that a denied value costs.
const errors = new WeakMap<object, GatewayError>();
const limitsByError = new WeakMap<GatewayError, readonly number[]>();

function denial(of: object, message: string): GatewayError {
  const known = errors.get(of);
  if (known) return known;
  const made = new GatewayError('UNAUTHORIZED_FIELD_OR_TYPE', message);
  errors.set(of, made);
  return made;
}

/** The error of a field that is denied. It says nothing but what the client's document says itself. */
export function fieldDenial(field: FieldShape): GatewayError {
  const coordinate = field.coordinate ?? field.name;
  return field.limits
    ? limitDenial(field, { coordinate, limits: field.limits })
    : denial(field, `Not authorized to read "${coordinate}".`);
}

function limitDenial(
  of: object,
  { coordinate, limits }: { readonly coordinate: string; readonly limits: readonly number[] },
): GatewayError {
  const known = errors.get(of);
  if (known) return known;
  const made = new GatewayError('RATE_LIMITED', `"${coordinate}" was asked for too often.`);
  errors.set(of, made);
  limitsByError.set(made, limits);
  return made;
}

/** Numbers of the limits that an error of `fieldDenial` tells of; undefined where it tells of none. */
export function limitsOfDenial(error: GatewayError): readonly number[] | undefined {
  return limitsByError.get(error);
}

/** The error of an object whose type is denied. It does not name the type: that the client may not know. */
export function objectDenial(shape: AbstractShape): GatewayError {
  return denial(shape, `Not authorized to read an object of "${shape.type}".`);
}
