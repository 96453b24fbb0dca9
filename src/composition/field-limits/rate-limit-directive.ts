import {
  Kind,
  print,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
} from 'graphql';
import { fieldsOf, isListType, namedType } from '../definitions.ts';
import type { Types } from '../entity-stubs.ts';
import { readWindow } from './window.ts';

/** What one `@rateLimit` says. */
export interface RateLimit {
  /** How often in each window; an integer above 0. */
  readonly max: number;
  /** In milliseconds; an integer above 0. */
  readonly windowMs: number;
  /** As it is written. */
  readonly window: string;
  /**
   * Arguments whose values are counted each for itself, such as `id` or `input.id`. Empty: all calls of a caller are
   * counted together.
   */
  readonly identityArgs: readonly string[];
  /** A list argument: a call counts as many times as the list has items, at least once. */
  readonly arrayLengthField: string | undefined;
  /** What clients read. Default: that the field was asked for too often. */
  readonly message: string | undefined;
}

export const rateLimitName = 'rateLimit';

/** Repeatable: five a second and a thousand an hour are two limits of one field. */
export const rateLimitDefinition = `directive @rateLimit(max: Int!, window: String!, identityArgs: [String!],
  arrayLengthField: String, message: String) repeatable on FIELD_DEFINITION`;

const argumentNames = ['max', 'window', 'identityArgs', 'arrayLengthField', 'message'];

/**
 * Whether a document means this directive by its name. An upstream's own directive of that name, which cannot say how often
 * and in what time, is none of the gateway's: it keeps it for itself.
 */
export function limitsFields({ definitions }: DocumentNode): boolean {
  const own = definitions.find(isRateLimitDefinition);
  const names = own?.arguments?.map(({ name }) => name.value) ?? ['max', 'window'];
  return names.includes('max') && names.includes('window');
}

/** Whether a node defines a directive of this name. */
export function isRateLimitDefinition(node: DefinitionNode): node is DirectiveDefinitionNode {
  return node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === rateLimitName;
}

/** A field that is limited, and the types of its document. */
export interface LimitedPlace {
  readonly field: FieldDefinitionNode;
  readonly types: Pick<Types, 'get'>;
}

/** What a directive says, or a sentence on why it says nothing: a limit that cannot be kept must not be taken for one. */
export function readRateLimit(directive: ConstDirectiveNode, place: LimitedPlace): RateLimit | string {
  const given = new Map((directive.arguments ?? []).map(({ name, value }) => [name.value, value]));
  const unknown = [...given.keys()].find((name) => !argumentNames.includes(name));
  if (unknown !== undefined) return `expected arguments of @rateLimit ${listed(argumentNames)}, but got: ${unknown}`;
  const max = integerOf(given.get('max'));
  if (max === undefined) return wrong('max', 'an integer of 1 or more', given);
  const window = textOf(given.get('window'));
  const windowMs = window === undefined ? undefined : readWindow(window);
  if (window === undefined || windowMs === undefined) return wrong('window', 'a duration such as "1m"', given);
  const identityArgs = textsOf(given.get('identityArgs'));
  const stranger = identityArgs?.find((path) => !isArgument(path, place));
  if (identityArgs === undefined || stranger !== undefined)
    return wrong('identityArgs', `arguments of "${place.field.name.value}"`, given);
  const arrayLengthField = optional(given.get('arrayLengthField'));
  if (arrayLengthField === null || (arrayLengthField !== undefined && !isListArgument(arrayLengthField, place)))
    return wrong('arrayLengthField', `a list argument of "${place.field.name.value}"`, given);
  const message = optional(given.get('message'));
  if (message === null) return wrong('message', 'a text', given);
  return { max, windowMs, window, identityArgs, arrayLengthField, message };
}

function wrong(name: string, expected: string, given: ReadonlyMap<string, ConstValueNode>): string {
  const value = given.get(name);
  return `expected @rateLimit(${name}:) to be ${expected}, but got: ${value ? print(value) : 'nothing'}`;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

// GraphQL, 3.5.1 Int.
const maxInt = 2 ** 31 - 1;

function integerOf(value: ConstValueNode | undefined): number | undefined {
  const number = value?.kind === Kind.INT ? Number(value.value) : undefined;
  return number !== undefined && number >= 1 && number <= maxInt ? number : undefined;
}

function textOf(value: ConstValueNode | undefined): string | undefined {
  return value?.kind === Kind.STRING ? value.value : undefined;
}

/** Undefined where it is absent or null, null where it is no text. */
function optional(value: ConstValueNode | undefined): string | undefined | null {
  return value === undefined || value.kind === Kind.NULL ? undefined : (textOf(value) ?? null);
}

/** GraphQL, 3.11: where a list is expected, a single value stands for a list of it. Undefined where one is no text. */
function textsOf(value: ConstValueNode | undefined): readonly string[] | undefined {
  if (value === undefined || value.kind === Kind.NULL) return [];
  const texts = (value.kind === Kind.LIST ? value.values : [value]).map(textOf);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** Whether a path such as `input.id` leads through an argument and input fields, none of them a list on the way. */
function isArgument(path: string, { field, types }: LimitedPlace): boolean {
  const [name, ...rest] = path.split('.');
  let node = field.arguments?.find((argument) => argument.name.value === name);
  for (const step of rest) {
    if (!node || isListType(node.type)) return false;
    const type = types.get(namedType(node.type));
    const inputs = type?.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? fieldsOf(type) : [];
    const next = inputs.find((input) => input.name.value === step);
    node = next?.kind === Kind.INPUT_VALUE_DEFINITION ? next : undefined;
  }
  return node !== undefined;
}

function isListArgument(name: string, { field }: LimitedPlace): boolean {
  const argument = field.arguments?.find((each) => each.name.value === name);
  return argument !== undefined && isListType(argument.type);
}
