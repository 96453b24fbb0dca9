import type { CallRecord } from '../telemetry/record.ts';

/**
 * A call goes out on a socket: for the first time, or once more. Nobody writes on a record that has ended, whose caller left
 * while others wait for the answer.
 */
export function beginSending(call: CallRecord): void {
  call.sentAt = performance.now();
  call.requestBytes = 0;
  call.responseBytes = 0;
}

/** The answer's headers are there. */
export function beginAnswer(call: CallRecord, status: number): void {
  call.headersAt = performance.now();
  call.status = status;
}
