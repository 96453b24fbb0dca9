import {
  GraphQLError,
  Kind,
  LoneAnonymousOperationRule,
  NoUnusedFragmentsRule,
  parse,
  print,
  Source,
  specifiedRules,
  stripIgnoredCharacters,
  UniqueOperationNamesRule,
  validate,
  visit,
  type ASTNode,
  type DefinitionNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type NameNode,
  type OperationDefinitionNode,
  type ValidationRule,
} from 'graphql';

/** A file of operations and fragments. */
export interface OperationFile {
  /** As messages name it. */
  readonly file: string;
  readonly text: string;
}

export interface NamedOperation {
  readonly name: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  /** The operation and the fragments that it needs, as short as they can be. */
  readonly text: string;
}

export interface Gathered {
  /** By name. Of no use where there are problems. */
  readonly operations: readonly NamedOperation[];
  /** `file:line:column: what is wrong`, by place. Empty where all is good. */
  readonly problems: readonly string[];
}

interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * Operations of all files, each with the fragments that it needs, whichever files they stand in. Fragments that nothing needs
 * are fine. Pure: the same files in any order give an equal result.
 */
export function gatherOperations(files: readonly OperationFile[], schema: GraphQLSchema): Gathered {
  const problems: Problem[] = [];
  const definitions = files.flatMap((file) => readDefinitions(file, problems));
  // What the fragments of an unreadable file are missed for is no mistake.
  const isComplete = problems.length === 0;
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION) operations.push(node);
    else if (node.kind === Kind.FRAGMENT_DEFINITION) addFragment(fragments, node, problems);
    else problems.push(problemAt(node, `expected operations and fragments, but got: ${node.kind}`));
  }
  problems.push(...checkNames(operations));
  if (isComplete) {
    const document = { kind: Kind.DOCUMENT, definitions: [...operations, ...fragments.values()] } as const;
    problems.push(...validate(schema, document, rules, { maxErrors: mostErrors }).map(problemOf));
  }
  return {
    operations: problems.length > 0 ? [] : sortByName(operations.map((node) => namedOperation(node, fragments))),
    problems: printProblems(problems),
  };
}

// Names are checked over all files: these would say the same in other words.
const leftOut: readonly ValidationRule[] = [
  LoneAnonymousOperationRule,
  NoUnusedFragmentsRule,
  UniqueOperationNamesRule,
];
const rules = specifiedRules.filter((rule) => !leftOut.includes(rule));
const mostErrors = 1000;

function readDefinitions({ file, text }: OperationFile, problems: Problem[]): readonly DefinitionNode[] {
  try {
    return parse(new Source(text, file)).definitions;
  } catch (cause) {
    if (!(cause instanceof GraphQLError)) throw cause;
    problems.push(problemOf(cause));
    return [];
  }
}

function addFragment(
  fragments: Map<string, FragmentDefinitionNode>,
  node: FragmentDefinitionNode,
  problems: Problem[],
): void {
  const { value } = node.name;
  const first = fragments.get(value);
  if (first === undefined) fragments.set(value, node);
  else problems.push(problemAt(node.name, takenName(`fragment "${value}"`, first.name)));
}

function checkNames(operations: readonly OperationDefinitionNode[]): readonly Problem[] {
  const firsts = new Map<string, NameNode>();
  return operations.flatMap((node) => {
    if (node.name === undefined) {
      return [problemAt(node, `expected a name for each operation, but got a ${node.operation} without one`)];
    }
    const first = firsts.get(node.name.value);
    if (first !== undefined) return [problemAt(node.name, takenName(`operation "${node.name.value}"`, first))];
    firsts.set(node.name.value, node.name);
    return [];
  });
}

function takenName(what: string, first: NameNode): string {
  const { file, line, column } = problemAt(first, '');
  return `expected one ${what}, but got another one at ${file}:${line}:${column}`;
}

function namedOperation(
  node: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): NamedOperation {
  const needed = new Map<string, FragmentDefinitionNode>();
  const collect = (from: ASTNode): void => {
    visit(from, {
      FragmentSpread: ({ name: { value } }) => {
        const fragment = fragments.get(value);
        if (fragment === undefined || needed.has(value)) return;
        needed.set(value, fragment);
        collect(fragment);
      },
    });
  };
  collect(node);
  const sorted = [...needed.values()].toSorted((a, b) => compare(a.name.value, b.name.value));
  const text = stripIgnoredCharacters(print({ kind: Kind.DOCUMENT, definitions: [node, ...sorted] }));
  return { name: node.name?.value ?? '', type: node.operation, text };
}

function sortByName(operations: readonly NamedOperation[]): readonly NamedOperation[] {
  return operations.toSorted((a, b) => compare(a.name, b.name));
}

function problemAt({ loc }: ASTNode, message: string): Problem {
  const { line = 1, column = 1 } = loc?.startToken ?? {};
  return { file: loc?.source.name ?? '', line, column, message };
}

function problemOf({ message, source, locations }: GraphQLError): Problem {
  const [at] = locations ?? [];
  return { file: source?.name ?? '', line: at?.line ?? 1, column: at?.column ?? 1, message };
}

function printProblems(problems: readonly Problem[]): readonly string[] {
  const sorted = problems.toSorted((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column);
  return [...new Set(sorted.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`))];
}

/** By code units: the same order on every machine. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
