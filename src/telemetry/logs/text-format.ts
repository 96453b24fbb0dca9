const blocks = ['stack', 'plan'];

/**
 * Loads what turns a line of JSON into one for people: time, level, message, then the other fields.
 *
 * @param colors Whether the terminal shows them.
 */
export async function loadTextFormat(colors: boolean): Promise<(line: string) => string> {
  const { default: pretty } = await import('pino-pretty');
  return pretty.prettyFactory({
    colorize: colors,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    // What has lines of its own follows the message; who reads a terminal knows the service.
    ignore: [...blocks, 'service', 'serviceNamespace', 'instance'].join(','),
    messageFormat: (line, messageKey) =>
      [messageKey, ...blocks]
        .map((key) => line[key])
        .filter((text) => typeof text === 'string')
        .map(printable)
        .join('\n'),
  });
}

/** A message may hold what a client sent, and a terminal obeys control characters. Line feeds and tabs stay. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u{fffd}');
}
