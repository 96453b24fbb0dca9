/** What an expression of PromQL asks for. It reads no more of the language than dashboards and rules need. */

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Expression {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `without`, `on`, `ignoring` and `group_left`. */
  readonly labels: readonly string[];
}

const token = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\d[\w.+]*|[A-Za-z_:][\w:]*|=~|!~|!=|==|>=|<=|[^\s]/g;
const lists = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const words = new Set(['and', 'or', 'unless', 'bool', 'offset']);
const isName = (text: string | undefined): boolean => text !== undefined && /^[A-Za-z_:]/.test(text);

export function parseExpression(text: string): Expression {
  const tokens: readonly string[] = text.match(token) ?? [];
  const selectors: Selector[] = [];
  const labels: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const name = tokens[at] ?? '';
    const next = tokens[at + 1];
    if (!isName(name) || words.has(name)) continue;
    if (lists.has(name)) {
      const end = tokens.indexOf(')', at);
      labels.push(...tokens.slice(at + 2, end).filter(isName));
      at = end;
    } else if (next === '{') {
      const end = tokens.indexOf('}', at);
      selectors.push({ metric: name, matchers: matchersOf(tokens.slice(at + 2, end)) });
      at = end;
    } else if (next !== '(' && !lists.has(next ?? '')) selectors.push({ metric: name, matchers: [] });
  }
  return { selectors, labels };
}

/** @param tokens label, operator, value and comma in turn. */
function matchersOf(tokens: readonly string[]): readonly Matcher[] {
  const matchers: Matcher[] = [];
  for (let at = 0; at < tokens.length; at += 4) {
    const [label = '', operator = '', value = ''] = tokens.slice(at, at + 3);
    matchers.push({ label, operator, value: value.slice(1, -1) });
  }
  return matchers;
}
