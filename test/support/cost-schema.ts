import { buildASTSchema, getOperationAST, Kind, parse, type DocumentNode } from 'graphql';
import { readCostModel } from '../../src/composition/cost/cost-model.ts';
import { compileCost, type CostInput, type OperationCost } from '../../src/operation/cost/operation-cost.ts';

const directives = /* GraphQL */ `
  directive @link(url: String!, import: [String]) repeatable on SCHEMA
  directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @listSize(
    assumedSize: Int
    slicingArguments: [String!]
    sizedFields: [String!]
    requireOneSlicingArgument: Boolean = true
  ) on FIELD_DEFINITION
`;

/** A schema with costs, as it stands in a supergraph. Its root types have their usual names. */
export function costSchema(sdl: string, defaultListSize = 10): Pick<CostInput, 'schema' | 'model'> {
  const roots = ['Query', 'Mutation'].filter((name) => sdl.includes(`type ${name} `));
  const head = `schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"]) {
    ${roots.map((name) => `${name.toLowerCase()}: ${name}`).join(' ')}
  }`;
  const document = parse(`${head} ${directives} ${sdl}`);
  return { schema: buildASTSchema(document), model: readCostModel(document, { defaultListSize }) };
}

/** The cost of the first operation of a text. */
export function costOf(text: string | DocumentNode, priced: Pick<CostInput, 'schema' | 'model'>): OperationCost {
  const document = typeof text === 'string' ? parse(text) : text;
  const [first] = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const node = getOperationAST(document) ?? first;
  if (node?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('the text must have an operation');
  return compileCost({ document, node, ...priced });
}
