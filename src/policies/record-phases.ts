import type { Plugin } from 'graphql-yoga';
import type { RequestScope } from '../upstream/types.ts';

/** Times how long a new operation is parsed and validated, for the record of its request. */
export function recordPhases(): Plugin {
  return {
    onParse({ context }) {
      const record = recordOf(context);
      if (!record) return undefined;
      const startedAt = performance.now();
      return () => {
        record.parseMs += performance.now() - startedAt;
      };
    },
    onValidate({ context }) {
      const record = recordOf(context);
      if (!record) return undefined;
      const startedAt = performance.now();
      return () => {
        record.validateMs += performance.now() - startedAt;
      };
    },
  };
}

function recordOf(context: unknown): RequestScope['record'] {
  return (context as { readonly scope: RequestScope }).scope.record;
}
