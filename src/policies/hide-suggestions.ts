import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Caller } from '../identity/caller.ts';
import { withoutSuggestion } from '../lib/without-suggestion.ts';
import type { RequestScope } from '../upstream/types.ts';

/**
 * Takes from validation errors the names of the schema that they offer for misspelt ones (`Did you mean "secret"?`), for
 * callers who may not hear of them: who may not see the schema could guess it so, name by name.
 *
 * Yoga keeps one result of validation for a document, whoever asks, with what the plugins before it have made of it. So
 * this stands behind all others, wherever it is listed: it changes what one caller gets, never what is kept.
 *
 * @param mayHear Asked for a document that is not valid.
 */
export function hideSuggestions(mayHear: (caller: Caller) => boolean): Plugin {
  const last: Plugin = {
    onValidate: ({ context }) => {
      return ({ valid, result, setResult }) => {
        const { scope } = context as object as { readonly scope: RequestScope };
        if (!valid && !mayHear(scope.caller)) setResult(result.map(quiet));
      };
    },
  };
  return {
    onPluginInit: ({ plugins }) => {
      plugins.push(last);
    },
  };
}

function quiet(error: Error): Error {
  const message = withoutSuggestion(error.message);
  if (message === error.message || !(error instanceof GraphQLError)) return error;
  const { nodes, source, positions, path, originalError, extensions } = error;
  return new GraphQLError(message, {
    nodes,
    source,
    positions,
    path,
    originalError,
    extensions: { ...extensions },
  });
}
