/** Gives the time as ISO 8601 in UTC, to the millisecond; its text is made once for each millisecond. */
export function createIsoClock(): () => string {
  let at = -1;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}
