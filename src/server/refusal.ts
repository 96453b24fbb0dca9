import { GatewayError } from '../errors.ts';
import { graphqlJson, json } from './accepted.ts';
import { sendAnswer } from './answer.ts';
import { formatError as formatErrorForClients, type FormatError } from './format-error.ts';
import { formatResult, statusOfResult, type Asked } from './graphql-answer.ts';

/** Answers with nothing but an error: nothing has run, and how the client takes its answer is not known. */
export function sendRefusal(
  { req, res, scope }: Pick<Asked, 'req' | 'res' | 'scope'>,
  error: unknown,
  formatError: FormatError = formatErrorForClients,
): void {
  const result = formatResult({ errors: [error] }, scope, formatError);
  sendAnswer(req, res, {
    status: statusOfResult(result, graphqlJson),
    headers: { 'content-type': `${json}; charset=utf-8` },
    text: JSON.stringify(result),
  });
}

/** Yoga makes a URL of `host` and the request's target, which fails where they are none. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof TypeError) || !('code' in error) || error.code !== 'ERR_INVALID_URL') return error;
  return new GatewayError('BAD_REQUEST', 'Expected "host" and the request target to make a URL.', { cause: error });
}
