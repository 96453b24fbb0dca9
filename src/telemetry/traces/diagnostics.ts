import { diag, DiagLogLevel } from '@opentelemetry/api';
import { publishNotice } from '../channels.ts';

let users = 0;

/**
 * Has the OpenTelemetry SDK tell its warnings as notices; by itself it tells nobody. Give back what ends it. The SDK has
 * one logger for the whole process, so that several signals share this one.
 */
export function routeDiagnostics(): () => void {
  users += 1;
  if (users === 1) {
    const told = new Set<string>();
    const tell =
      (level: 'warn' | 'error') =>
      (message: string, ...rest: unknown[]) => {
        const text = describe([message, ...rest]);
        if (told.has(text) || told.size >= maxTold) return;
        told.add(text);
        publishNotice({ level, message: `OpenTelemetry: ${text === '' ? 'something failed, without words' : text}` });
      };
    diag.setLogger(
      { error: tell('error'), warn: tell('warn'), info: ignore, debug: ignore, verbose: ignore },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
  }
  let isOn = true;
  return () => {
    if (!isOn) return;
    isOn = false;
    users -= 1;
    if (users === 0) diag.disable();
  };
}

const maxTold = 50;
const maxLength = 200;

function ignore(): void {
  // Below warnings there is nothing that an operator could act on.
}

/**
 * The words of a message alone. Objects and JSON text are left out, as they hold what was sent or answered: headers with
 * credentials, spans, a receiver's words. So is whatever stands in quotation marks, which is a value of the configuration.
 */
function describe(parts: readonly unknown[]): string {
  const words = parts.filter((part): part is string => typeof part === 'string' && !/^\s*[{[]/.test(part));
  return words
    .join(' ')
    .replaceAll(/'[^']*'|"[^"]*"/g, '***')
    .slice(0, maxLength);
}
