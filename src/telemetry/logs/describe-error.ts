import { GatewayError } from '../../errors.ts';

/** What of an error may be written: what the gateway itself says of it, never what an upstream or a client said. */
export interface DescribedError {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const maxCauses = 10;

/** What helps to find the fault. The stack is of use only for errors that nobody foresaw: the innermost cause's. */
export function describeError(error: Error): DescribedError {
  const causes: Error[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < maxCauses; cause = cause.cause)
    causes.push(cause);
  const isForeseen = error instanceof GatewayError && error.code !== 'INTERNAL_ERROR';
  const innermost = causes.at(-1) ?? error;
  return {
    message: ownMessage(error, causes),
    fields: {
      ...(error instanceof GatewayError ? placeOf(error) : { error: error.name }),
      ...(causes.length > 0 ? { causes: causes.map(causeText) } : {}),
      ...(isForeseen ? {} : { stack: stackOf(innermost) }),
    },
  };
}

function placeOf({ code, upstream, upstreamStatus, exposed }: GatewayError): Readonly<Record<string, unknown>> {
  const upstreamCode = code === 'UPSTREAM_ERROR' ? exposed?.['code'] : undefined;
  return {
    code,
    ...(upstream === undefined ? {} : { upstream }),
    ...(upstreamStatus === undefined ? {} : { upstreamStatus }),
    ...(typeof upstreamCode === 'string' && upstreamCode !== code ? { upstreamCode } : {}),
  };
}

/** An error that quotes values was wrapped together with its text, which is taken out. */
function ownMessage(error: Error, causes: readonly Error[]): string {
  if (quotesValues(error)) return textInPlace(error);
  let { message } = error;
  for (const cause of causes)
    if (quotesValues(cause) && cause.message !== '') message = message.replaceAll(cause.message, textInPlace(cause));
  return message;
}

/** Errors of the system and of sockets have a code, and name addresses at most. */
function causeText(cause: Error): string {
  const { code } = cause as NodeJS.ErrnoException;
  return typeof code === 'string' && !quotesValues(cause) ? cause.message : textInPlace(cause);
}

/** What is written of an error whose own text is not. */
function textInPlace(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'UPSTREAM_ERROR') return 'an upstream answered with an error';
  return typeof code === 'string' ? `[${error.name} ${code}]` : `[${error.name}]`;
}

function stackOf(error: Error): string | undefined {
  const { stack, message, name } = error;
  if (stack === undefined || message === '' || !quotesValues(error)) return stack;
  const at = stack.indexOf(message);
  return at === -1 ? name : `${name}${stack.slice(at + message.length)}`;
}

/**
 * GraphQL's errors and the JSON parser's show the value that they do not like, as do Node's on arguments. The text of an
 * upstream's error is the upstream's, and may repeat what a client sent.
 */
function quotesValues(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (
    code === 'UPSTREAM_ERROR' ||
    error.name === 'GraphQLError' ||
    error.name === 'SyntaxError' ||
    (typeof code === 'string' && code.startsWith('ERR_INVALID_'))
  );
}
