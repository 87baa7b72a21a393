// 48-bit MAC addresses as lower-case text (02:50:00:00:00:11), so that equal addresses are equal strings.

export type Mac = string & { readonly brand: 'Mac' };

export const broadcastMac = 'ff:ff:ff:ff:ff:ff' as Mac;
export const zeroMac = '00:00:00:00:00:00' as Mac;
export const macBytes = 6;

export function parseMac(text: string): Mac | undefined {
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text) ? (text.toLowerCase() as Mac) : undefined;
}

const hexOctets = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));
/** Two digits and a colon. */
const textStep = 3;

export function macFromBytes(bytes: Uint8Array): Mac {
  let text = '';
  for (const octet of bytes) text += text === '' ? hexOctets[octet] : `:${hexOctets[octet]}`;
  return text as Mac;
}

/** Every frame comes through here. */
export function macToBytes(mac: Mac): Uint8Array {
  const bytes = new Uint8Array(macBytes);
  for (let at = 0; at < macBytes; at++) {
    bytes[at] = 16 * digitAt(mac, at * textStep) + digitAt(mac, at * textStep + 1);
  }
  return bytes;
}

/** ASCII: 0 to 9 are 0x30 to 0x39, a to f are 0x61 to 0x66. */
function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 0x60 ? code - 0x30 : code - 0x57;
}

/** The group bit of the first octet (IEEE 802-2014 §8.2.2): multicast and broadcast are not the address of one station. */
export function isUnicastMac(mac: Mac): boolean {
  return mac !== zeroMac && (digitAt(mac, 1) & 1) === 0;
}
