/** The text as JSON. @throws {SyntaxError} whose message names the line and shows nothing of the text. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SyntaxError(`line ${lineOfMistake(text)}: expected JSON, but got something else`, { cause });
  }
}

/** V8 names the place of some mistakes only. It is in the first line that no further text could make good. */
function lineOfMistake(text: string): number {
  const lines = text.trimEnd().split('\n');
  let low = 1;
  let high = lines.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isHopeless(lines.slice(0, middle).join('\n'))) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether the mistake is elsewhere than at the text's end. */
function isHopeless(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    return !message.includes('end of JSON') && Number(position ?? -1) !== text.length;
  }
}
