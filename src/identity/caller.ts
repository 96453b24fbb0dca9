/** Who asks. Made of verified credentials alone; nothing of it is taken from what a client merely says. */
export interface Caller {
  /** False for an anonymous caller. */
  readonly isKnown: boolean;
  /**
   * What limits, caches and logs know the caller by: `consumer:<name>`, else `subject:<issuer or provider>:<sub>`, else
   * `key:<id>`, else `client:<issuer or provider>:<client id>`. Undefined for an anonymous caller.
   */
  readonly id: string | undefined;
  /** Name of the provider that verified the credentials, as in the configuration. */
  readonly provider: string | undefined;
  /** Name of the consumer, where the configuration knows one that the credentials belong to. */
  readonly consumer: string | undefined;
  readonly subject: string | undefined;
  readonly tier: string | undefined;
  /** The audience that the consumer or tier names, where it names one. */
  readonly audience: string | undefined;
  readonly scopes: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  /** Verified claims by name. Empty for an anonymous caller. */
  readonly claims: Readonly<Record<string, unknown>>;
}

const none: ReadonlySet<string> = new Set();

export const anonymous: Caller = {
  isKnown: false,
  id: undefined,
  provider: undefined,
  consumer: undefined,
  subject: undefined,
  tier: undefined,
  audience: undefined,
  scopes: none,
  roles: none,
  claims: {},
};
