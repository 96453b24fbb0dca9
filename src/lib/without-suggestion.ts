/**
 * Names that graphql-js offers for one that it does not know: `Did you mean "a"?`, `Did you mean the enum value "A", "B", or
 * "C"?`, `Did you mean to use an inline fragment on "A" or "B"?`. What it offers as `"a { ... }"` is the client's own name.
 */
const suggestion = / Did you mean (?:[a-z ]+ )?"\w+"(?:,? (?:or )?"\w+")*\?/g;

/** After an input field that is not known, the message goes on; without a suggestion it does so in other words. */
const suggestionWithin = new RegExp(`\\.${suggestion.source} Found: `, 'g');

/**
 * A message of graphql-js as it would be with `hideSuggestions`: which names of the schema come close to one that is
 * unknown, and whether any does, is not told. Other messages come back as they are.
 */
export function withoutSuggestion(message: string): string {
  if (!message.includes(' Did you mean ')) return message;
  return message.replace(suggestionWithin, ', found: ').replace(suggestion, '');
}
