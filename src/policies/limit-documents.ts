import type { DocumentNode, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { DocumentBounds, LimitMode } from '../config/limit-types.ts';
import type { Caller } from '../identity/caller.ts';
import { documentExcess } from '../operation/documents/document-excess.ts';
import { documentError, type Bound, type Excess } from '../operation/documents/excess.ts';
import { measureDocument, type DocumentMeasure } from '../operation/documents/measure-document.ts';
import { scanText } from '../operation/documents/scan-text.ts';
import { variablesExcess } from '../operation/documents/variables-excess.ts';
import type { RequestScope } from '../upstream/types.ts';

/** A document, or its variables, beyond a bound. At most one for a request. */
export interface DocumentLimitEvent {
  readonly bound: Bound;
  /** `measured`: it was let pass, as the limit is only measured. */
  readonly outcome: 'refused' | 'measured';
  readonly scope: RequestScope;
}

export interface DocumentLimitOptions {
  /** Bounds of the caller's tier. */
  readonly boundsFor: (caller: Caller) => DocumentBounds;
  readonly mode: Exclude<LimitMode, 'off'>;
  readonly report: (event: DocumentLimitEvent) => void;
}

type Variables = Readonly<Record<string, unknown>>;

/** Holds requests against the bounds of their callers: each gives the refusal, or undefined where the request may go on. */
export interface DocumentCheck {
  /** Before anything is parsed. */
  readonly checkText: (query: string, variables: Variables, scope: RequestScope) => GraphQLError | undefined;
  /** Before anything is validated. */
  readonly checkMeasure: (measure: DocumentMeasure, scope: RequestScope) => GraphQLError | undefined;
  /** For an operation that is known, whose measure is kept: all that the two above would find. */
  readonly checkKnown: (
    measure: DocumentMeasure,
    variables: Variables,
    scope: RequestScope,
  ) => GraphQLError | undefined;
}

export function createDocumentCheck({ boundsFor, mode, report }: DocumentLimitOptions): DocumentCheck {
  const refusalOf = (excess: Excess | undefined, scope: RequestScope): GraphQLError | undefined => {
    if (excess === undefined) return undefined;
    const outcome = mode === 'enforce' ? 'refused' : 'measured';
    // Text, tree and variables of one request may all be beyond one bound.
    scope.once(reported, () => {
      report({ bound: excess.bound, outcome, scope });
      return true;
    });
    return mode === 'enforce' ? documentError(excess) : undefined;
  };
  return {
    checkText: (query, variables, scope) => {
      const bounds = boundsFor(scope.caller);
      return refusalOf(scanText(query, bounds) ?? variablesExcess(variables, bounds), scope);
    },
    checkMeasure: (measure, scope) => refusalOf(documentExcess(measure, boundsFor(scope.caller)), scope),
    checkKnown: (measure, variables, scope) => {
      const bounds = boundsFor(scope.caller);
      return refusalOf(documentExcess(measure, bounds) ?? variablesExcess(variables, bounds), scope);
    },
  };
}

const reported = {};

function scopeOf(context: object): RequestScope {
  return (context as { readonly scope: RequestScope }).scope;
}

/**
 * Refuses documents that are beyond a bound: by their text before they are parsed, by what fragments make of them before
 * they are validated.
 *
 * What Yoga remembers of a text, it gives to whoever sends it, and each caller has bounds of its own. So a refusal is no
 * error of parsing or validation, which would be remembered: it is found anew for each request. Only the measure is kept,
 * with the document.
 */
export function limitDocuments(check: DocumentCheck): Plugin {
  const measures = new WeakMap<DocumentNode, DocumentMeasure>();
  const measureOf = (document: DocumentNode): DocumentMeasure => {
    const known = measures.get(document);
    if (known !== undefined) return known;
    const measure = measureDocument(document);
    measures.set(document, measure);
    return measure;
  };
  return {
    onParams({ params: { query, variables }, context, setResult }) {
      if (typeof query !== 'string') return;
      const refusal = check.checkText(query, variables ?? {}, scopeOf(context));
      if (refusal) setResult({ errors: [refusal] });
    },
    onParse() {
      return ({ result, context }) => {
        if (result === null || result instanceof Error) return;
        const refusal = check.checkMeasure(measureOf(result), scopeOf(context));
        if (refusal) throw refusal;
      };
    },
  };
}
