// What is wrong with octets that a peer sent. The error is the answer: the NOTIFICATION that it deserves (RFC 4271 §6), and whether it
// deserves one at all (RFC 7606 §2).
import { WireError, type WireErrorCode } from '#shared/net/wire-error.ts';
import { notification, type NotificationMessage } from './notification.ts';

/** From the mildest to the strongest. */
export type Consequence = 'attributeDiscard' | 'treatAsWithdraw' | 'sessionReset';

export class BgpError extends WireError {
  /** What is sent when the consequence is `sessionReset`; else what it would be. */
  readonly notification: NotificationMessage;
  readonly consequence: Consequence;

  constructor(
    answer: NotificationMessage,
    message: string,
    consequence: Consequence = 'sessionReset',
    code: WireErrorCode = 'malformed',
  ) {
    super(code, message);
    this.notification = answer;
    this.consequence = consequence;
  }
}

/** Decodes a part of a message; when it is wrong in itself, that is an error of the message. */
export function within<Value>(code: number, subcode: number, decode: () => Value): Value {
  try {
    return decode();
  } catch (error) {
    if (error instanceof BgpError || !(error instanceof WireError)) throw error;
    throw new BgpError(notification(code, subcode), error.message, 'sessionReset', error.code);
  }
}
