// What a decoder said of octets that it refused.
import { BgpError, type Consequence } from '#speaker/bgp/bgp-error.ts';
import { toHex } from './octets.ts';

/** `3/9` with its data, and the consequence. */
export interface Refusal {
  readonly answer: string;
  readonly data: string;
  readonly consequence: Consequence;
}

/** Anything but a BgpError is passed on. */
export function refusalOf(decode: () => unknown): Refusal | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    if (error instanceof BgpError) return asRefusal(error);
    throw error;
  }
}

export function asRefusal({ notification, consequence }: BgpError): Refusal {
  return { answer: `${notification.code}/${notification.subcode}`, data: toHex(notification.data), consequence };
}
