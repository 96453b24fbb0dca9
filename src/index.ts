/** The public API of Weft, by name. */

export { loadGatewayFolder } from './config/load.ts';
export type { GatewayFolder } from './config/types.ts';
export { GatewayError } from './errors.ts';
export type { ErrorCode, GatewayErrorOptions } from './errors.ts';
export type { Caller } from './identity/caller.ts';
export { startGateway } from './gateway.ts';
export type { Gateway, GatewaySource, UpstreamState } from './gateway.ts';
export type { PolicyRequest } from './policies/policy-answers.ts';
export type { PolicyFunction } from './policies/policy-module.ts';
export { reference, rest } from './upstream/facade/rest/declare.ts';
export type {
  BodyTemplate,
  CallOptions,
  Entity,
  EntityOptions,
  FieldContext,
  FieldFunction,
  Fields,
  Lookup,
  Reference,
  RestCall,
  RestUpstream,
} from './upstream/facade/rest/types.ts';
