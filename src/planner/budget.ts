import { PlanDeclined } from './errors.ts';

export interface BudgetLimits {
  /** Fields that an operation may have when its fragments are inlined; above 0. Default 20000. */
  readonly maxFields?: number;
  /** Ways that the search may look at; above 0. Default 20000. */
  readonly maxSteps?: number;
  /** Whether planning has taken too long; asked now and then. Default never. The planner itself knows no clock. */
  readonly isOverdue?: () => boolean;
}

const defaults = { maxFields: 20_000, maxSteps: 20_000 };

/** How many fields and steps lie between two looks at the time. */
const stride = 128;

/** What planning one operation may take. Spent once: the next operation needs one of its own. */
export class Budget {
  readonly #maxFields: number;
  readonly #maxSteps: number;
  readonly #isOverdue: () => boolean;
  #fields = 0;
  #steps = 0;

  constructor({
    maxFields = defaults.maxFields,
    maxSteps = defaults.maxSteps,
    isOverdue = () => false,
  }: BudgetLimits = {}) {
    this.#maxFields = maxFields;
    this.#maxSteps = maxSteps;
    this.#isOverdue = isOverdue;
  }

  /** @throws {PlanDeclined} `BUDGET_EXCEEDED` with `operation` as the name of what is planned. */
  spendField(operation: string): void {
    this.#fields += 1;
    if (this.#fields > this.#maxFields) throw exceeded(`${operation} has more than ${this.#maxFields} fields`);
    this.#checkTime(operation, this.#fields);
  }

  /** @throws {PlanDeclined} as `spendField`. */
  spendStep(operation: string): void {
    this.#steps += 1;
    if (this.#steps > this.#maxSteps) throw exceeded(`${operation} takes more than ${this.#maxSteps} planning steps`);
    this.#checkTime(operation, this.#steps);
  }

  #checkTime(operation: string, spent: number): void {
    if (spent % stride === 0 && this.#isOverdue()) throw exceeded(`${operation} takes too long to plan`);
  }
}

function exceeded(message: string): PlanDeclined {
  return new PlanDeclined('BUDGET_EXCEEDED', message);
}
