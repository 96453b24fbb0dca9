/** Why the planner does not plan an operation; the stitched engine answers it instead. */
export type DeclineReason =
  /** No combination of upstreams gives all fields. */
  | 'UNRESOLVABLE_FIELD'
  /** It has more fields, or takes more steps or time to plan, than the budget allows. */
  | 'BUDGET_EXCEEDED'
  /** A feature that is not planned, such as `@fromContext` arguments. */
  | 'UNSUPPORTED';

/** The planner declines an operation; `message` names it and says why. Meant for the log, not for clients. */
export class PlanDeclined extends Error {
  override readonly name = 'PlanDeclined';
  readonly reason: DeclineReason;
  constructor(reason: DeclineReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
