// Options of neighbour discovery (RFC 4861 §4.6): type, length in units of 8 octets, value.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { macBytes, macFromBytes, macToBytes, type Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';

export type NdpOption =
  | { readonly kind: LinkLayerOption; readonly mac: Mac }
  /** `value` is 8 × n − 2 octets long. */
  | { readonly kind: 'other'; readonly type: number; readonly value: Uint8Array };

type LinkLayerOption = (typeof linkLayerOptions)[number]['kind'];

const linkLayerOptions = [
  { kind: 'sourceLinkLayerAddress', type: 1 },
  { kind: 'targetLinkLayerAddress', type: 2 },
] as const;

const optionUnit = 8;
const optionHeaderLength = 2;
/** Nobody sends more. */
export const maxOptions = 32;

/** What the first option of the kind says. */
export function linkLayerAddress(
  { options }: { readonly options: readonly NdpOption[] },
  kind: LinkLayerOption,
): Mac | undefined {
  for (const option of options) if (option.kind === kind) return option.mac;
  return undefined;
}

/** All that the reader has left. Throws WireError. */
export function decodeOptions(reader: ByteReader): readonly NdpOption[] {
  const options: NdpOption[] = [];
  while (reader.remaining > 0) {
    if (options.length === maxOptions) throw new WireError('unsupported', `more than ${maxOptions} options`);
    const [type, units] = [reader.u8(), reader.u8()];
    if (units === 0) throw new WireError('malformed', `option ${type} of no length`);
    const value = reader.bytes(units * optionUnit - optionHeaderLength);
    const kind = linkLayerOptions.find((known) => known.type === type)?.kind;
    // Only of this length it is the address of an Ethernet station (RFC 2464 §6).
    if (kind !== undefined && value.length === macBytes) options.push({ kind, mac: macFromBytes(value) });
    else options.push({ kind: 'other', type, value: value.slice() });
  }
  return options;
}

/** In octets. */
export function lengthOfOptions(options: readonly NdpOption[]): number {
  const lengths = options.map((option) => ('mac' in option ? macBytes : option.value.length));
  return lengths.reduce((sum, valueLength) => sum + optionHeaderLength + valueLength, 0);
}

export function encodeOptions(writer: ByteWriter, options: readonly NdpOption[]): void {
  for (const option of options) {
    const value = 'mac' in option ? macToBytes(option.mac) : option.value;
    const type = 'mac' in option ? linkLayerOptions.find(({ kind }) => kind === option.kind)?.type : option.type;
    writer
      .u8(type ?? 0)
      .u8((optionHeaderLength + value.length) / optionUnit)
      .bytes(value);
  }
}
