import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql';
import { withoutSuggestion } from '../../../src/lib/without-suggestion.ts';

const schema = buildSchema(/* GraphQL */ `
  interface Named { name: String }
  type User implements Named { name: String nameUpper: String email: String }
  type Place implements Named { name: String email: String }
  enum Size { SMALL SMALLER SMALLEST A_VALUE_LONG_ENOUGH_TO_BE_MISTAKEN_FOR_ONE }
  input Filter { size: Size sizes: [Size!] secret: Int secretly: Int secrets: Int within: Filter aNameThatIsLongEnoughToBeMistaken: Int }
  type Query { named: Named users(filter: Filter, size: Size): [User] }
  directive @tagged(name: String) on FIELD
`);

/** The messages for a document, and for its variables, as graphql-js writes them. */
function messagesOf(text: string, variables: Readonly<Record<string, unknown>>, hideSuggestions: boolean): string[] {
  const document = parse(text);
  const errors = validate(schema, document, undefined, { hideSuggestions });
  if (errors.length > 0) return errors.map(({ message }) => message);
  const [operation] = document.definitions;
  assert.equal(operation?.kind, Kind.OPERATION_DEFINITION);
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { hideSuggestions });
  return (coerced.errors ?? []).map(({ message }) => message);
}

const filterQuery = 'query ($filter: Filter) { users(filter: $filter) { name } }';

const cases: Readonly<Record<string, readonly [text: string, variables?: Readonly<Record<string, unknown>>]>> = {
  'an unknown field': ['{ users { nam } }'],
  'an unknown field that types of an interface have': ['{ named { email } }'],
  'an unknown argument': ['{ users(siz: SMALL) { name } }'],
  'an unknown argument of a directive': ['{ users { name @tagged(nam: "a") } }'],
  'an unknown type': ['{ named { ... on Usr { name } } }'],
  'an unknown type of a variable': ['query ($a: Filte) { users(filter: $a) { name } }'],
  'an unknown enum value': ['{ users(size: SMALLE) { name } }'],
  'a text for an enum value': ['{ users(size: "SMALL") { name } }'],
  'an unknown field of an input': ['{ users(filter: { secre: 1 }) { name } }'],
  'an unknown field of an input further in': ['{ users(filter: { within: { secre: 1 } }) { name } }'],
  'an unknown enum value in a variable': [filterQuery, { filter: { sizes: ['SMALL', 'SMALLES'] } }],
  'a number for an enum value in a variable': ['query ($size: Size) { users(size: $size) { name } }', { size: 1 }],
  'an unknown field of an input in a variable': [filterQuery, { filter: { within: { secre: 1 } } }],
  'a default value of a variable': ['query ($size: Size = SMALLE) { users(size: $size) { name } }'],
  'a text that looks like a suggestion': [
    filterQuery,
    { filter: { size: 'x. Did you mean "y"? Found: Did you mean "' } },
  ],
  'a value that looks like one of several suggestions': [
    filterQuery,
    { filter: { size: 'A_VALUE_LONG_ENOUGH_TO_BE_MISTAKEN_FOR_ONE Did you mean "y"?' } },
  ],
  'a name that looks like a suggestion': [
    filterQuery,
    { filter: { 'aNameThatIsLongEnoughToBeMistaken Did you mean "': 1 } },
  ],
};

describe('a message is as graphql-js writes it for who may not hear of names', () => {
  for (const [name, [text, variables = {}]] of Object.entries(cases)) {
    test(name, () => {
      const open = messagesOf(text, variables, false);
      assert.notEqual(open.length, 0);
      const hidden = messagesOf(text, variables, true);
      assert.deepEqual(open.map(withoutSuggestion), hidden.map(withoutSuggestion));
      if (!name.includes('looks like')) assert.deepEqual(open.map(withoutSuggestion), hidden);
    });
  }
});

test('the cases do offer names, so that there is something to take away', () => {
  for (const [name, [text, variables = {}]] of Object.entries(cases)) {
    const isOffering =
      JSON.stringify(messagesOf(text, variables, false)) !== JSON.stringify(messagesOf(text, variables, true));
    assert.equal(isOffering, !name.includes('number') && !name.includes('text that looks'), name);
  }
});

test('a message that offers nothing, or what the client said itself, stays as it is', () => {
  for (const message of [
    'Field "users" of type "[User]" must have a selection of subfields. Did you mean "users { ... }"?',
    'Syntax Error: Expected Name, found "}".',
    '',
  ]) {
    assert.equal(withoutSuggestion(message), message);
  }
});
