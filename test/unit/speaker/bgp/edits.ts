// Damage to messages: octets behind the header set, inserted, deleted and repeated.
import * as fc from 'fast-check';

export type Edit = readonly [where: number, what: 'set' | 'insert' | 'delete' | 'repeat', octet: number];

/** With a header that is right again, or nothing behind it would ever be reached. */
export function edited(octets: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const list = [...octets];
  for (const [where, what, octet] of edits) {
    const at = 19 + (where % Math.max(1, list.length - 18));
    if (what === 'set') list[at] = octet;
    else if (what === 'insert') list.splice(at, 0, octet);
    else if (what === 'delete') list.splice(at, 1 + (octet % 4));
    else list.splice(at, 0, ...list.slice(at, at + (octet % 32)));
  }
  const whole = Uint8Array.from(list, (value) => value ?? 0);
  new DataView(whole.buffer).setUint16(16, whole.length);
  return whole;
}

export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.tuple(fc.nat(0xffff), fc.constantFrom('set', 'insert', 'delete', 'repeat'), fc.nat(0xff)),
  {
    minLength: 1,
    maxLength: 4,
  },
);
