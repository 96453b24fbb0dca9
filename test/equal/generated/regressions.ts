import type { ErrorCode } from '../../../src/errors.ts';
import type { Example } from '../../support/generated/example.ts';

type Regression = Example & {
  readonly promise: string;
  /** False where the stitched engine runs into one of its known defects. */
  readonly isStitchedRight?: boolean;
  /** Code of every error of the answer. */
  readonly code?: ErrorCode;
};

/** What generated operations once got wrong, each in its smallest form. `npm run fuzz` writes such cases. */
export const regressions: readonly Regression[] = [
  {
    promise: 'a mutation that is asked for twice, with another in between, is carried out once',
    subgraphs: {
      ash: 'type Query { none: Int } type Mutation { setWidth: Mill } type Mill { width: Int depth: Int }',
      birch: 'type Mutation { setHeight: Int }',
    },
    query: 'mutation ($off: Boolean!) { setWidth @skip(if: $off) { width } setHeight setWidth { depth } }',
    variables: { off: false },
  },
  {
    promise: 'an input that is only there under a condition around its object holds up no other field with an input',
    subgraphs: {
      ash: `
        type Query { mill: Mill! }
        type Mill @key(fields: "id") { id: ID! price: Int weight: Int }
      `,
      birch: `
        type Mill @key(fields: "id") {
          id: ID!
          price: Int @external
          weight: Int @external
          tax: Int @requires(fields: "price")
          load: Int! @requires(fields: "weight")
        }
      `,
    },
    query: 'query ($on: Boolean!) { mill @include(if: $on) { tax } mill { load } }',
    variables: { on: false },
  },
  {
    promise: 'an input of a field that is never there holds up nothing else',
    subgraphs: {
      ash: `
        type Query { mill: Mill! }
        type Mill @key(fields: "id") { id: ID! price: Int weight: Int }
      `,
      birch: `
        type Mill @key(fields: "id") {
          id: ID!
          price: Int @external
          weight: Int @external
          tax: Int! @requires(fields: "price")
          load: Int @requires(fields: "weight")
        }
      `,
    },
    query: 'query ($on: Boolean!) { mill @include(if: $on) { load @skip(if: $on) tax } }',
    variables: { on: true },
  },
  {
    promise: 'a field that is not asked for, as a condition around it does not hold, makes nothing null',
    subgraphs: {
      ash: `
        type Mill1 @key(fields: "id") @key(fields: "serialNumber") {
          id: ID!
          serialNumber: Int! @inaccessible
          leaf2(a: [ID!]!): [Int]!
        }
      `,
      birch: `
        type Mill1 @key(fields: "serialNumber") { serialNumber: Int! @inaccessible tone4: Tone! }
        enum Tone { LOUD }
      `,
      willow: `
        type Query { root90: [[Willow86!]]! }
        type Mill1 @key(fields: "id") { id: ID! }
        type Willow86 @key(fields: "id") { id: ID! near: [[Mill1!]]! }
      `,
    },
    query: 'query ($on: Boolean!) { root90 { near @include(if: $on) { leaf2(a: []) } near { tone4 } } }',
    variables: { on: false },
    plan: { seed: 384010, percent: 15 },
  },
  {
    promise: 'an interface object needs no type as long as nothing that is asked for depends on it',
    subgraphs: {
      ash: `
        type Query { media: [Media!] }
        interface Media @key(fields: "id") { id: ID! }
        type Book implements Media @key(fields: "id") { id: ID! pages: Int }
        type Film implements Media @key(fields: "id") { id: ID! }
      `,
      birch: `
        type Query { rated: [Media!] }
        type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }
      `,
    },
    query: 'query ($off: Boolean!) { rated { stars ... on Book @skip(if: $off) { pages } } }',
    variables: { off: true },
  },
  {
    promise: 'members below a field that is asked for again, for all types, after one type, keep their order',
    subgraphs: {
      ash: `
        type Query { media: [[Media!]!]! }
        interface Media { loom: Loom! }
        type Book implements Media { loom: Loom! }
        type Film implements Media { loom: Loom! }
        type Loom { width: Int depth: Int height: Int }
      `,
    },
    query: '{ media { loom { width } ... on Book { loom { depth } } loom { height } } }',
  },
  {
    promise: 'the same holds for conditions',
    subgraphs: { ash: 'type Query { loom: Loom! } type Loom { width: Int depth: Int height: Int }' },
    query:
      'query ($on: Boolean!) { loom @include(if: $on) { width } loom { depth } loom @include(if: $on) { height } }',
    variables: { on: true },
  },
  {
    promise: 'fields of one type have errors where the upstream that was asked for the type is down',
    isStitchedRight: false,
    subgraphs: {
      ash: `
        type Query { rated: [Media] }
        type Media @key(fields: "id") @interfaceObject { id: ID! stars(a: Int): Int near: Loom }
        type Loom @key(fields: "id") { id: ID! }
      `,
      birch: `
        interface Media @key(fields: "id") { id: ID! title: Int }
        type Book implements Media @key(fields: "id") { id: ID! title: Int pages: Int }
        type Film implements Media @key(fields: "id") { id: ID! title: Int }
      `,
      cedar: `
        interface Media @key(fields: "id") { id: ID! cover: Int }
        type Book implements Media @key(fields: "id") { id: ID! cover: Int }
        type Film implements Media @key(fields: "id") { id: ID! cover: Int }
        type Loom @key(fields: "id") { id: ID! width: Int }
      `,
    },
    query: '{ rated { cover ... on Book { pages cover stars(a: 1) near { width } } } }',
    plan: { seed: 1, percent: 0, down: 'birch' },
  },
  {
    promise: 'an object whose type cannot be told has the error of the upstream that was asked for it',
    isStitchedRight: false,
    subgraphs: {
      ash: `
        type Query { rated: [Media]! }
        type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }
      `,
      birch: `
        interface Media @key(fields: "id") { id: ID! }
        type Book implements Media @key(fields: "id") { id: ID! pages: Int! }
        type Film implements Media @key(fields: "id") { id: ID! }
      `,
    },
    query: '{ rated { stars ... on Book { pages } } }',
    plan: { seed: 1, percent: 0, down: 'birch' },
    code: 'UPSTREAM_UNREACHABLE',
  },
  {
    promise: 'what a down upstream should have given of an object that came from another has errors',
    isStitchedRight: false,
    subgraphs: {
      ash: 'type Query { station: [Station!]! @shareable } type Station { place: String }',
      birch: 'type Query { station: [Station!]! @shareable } type Station { degrees: Int }',
    },
    query: '{ station { place degrees } }',
    plan: { seed: 1, percent: 0, down: 'birch' },
  },
  {
    promise: 'a part of a key that is asked for and skipped is still there as a key',
    subgraphs: {
      ash: `
        type Query { mill: Mill! }
        type Mill @key(fields: "zone serial") { zone: Int! serial: ID! mark: Int }
      `,
      birch: 'type Mill @key(fields: "zone serial") { zone: Int! serial: ID! width: Int! }',
    },
    query: '{ mill { zone @include(if: false) } mill { width } }',
  },
  {
    promise: 'an alias that every object has a member of is an alias like others',
    subgraphs: { ash: 'type Query { loom: Loom! } type Loom { width: Int depth: Int }' },
    query: '{ constructor: loom { toString: width hasOwnProperty: depth } }',
  },
];
