// Classic BPF programs (McCanne and Jacobson 1993; Linux: Documentation/networking/filter.rst), as far as our filters need them: the
// accumulator is loaded from the frame, compared, and the program returns how many octets of the frame to keep.

/** struct sock_filter: operation, jump if true, jump if false (both count instructions passed over), operand. */
export interface BpfInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export type BpfProgram = readonly BpfInstruction[];

/** BPF_LD + BPF_ABS of a half-word or word, BPF_JMP with a constant, BPF_RET of a constant. */
export const bpfCodes = {
  loadHalf: 0x28,
  loadWord: 0x20,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterOrEqual: 0x35,
  return: 0x06,
} as const;

/** Beyond this offset a load reads properties of the packet instead of its octets (SKF_AD_OFF, -0x1000); the type is at +4. */
export const packetTypeOffset = 0xffff_f004;
/** PACKET_HOST 0, PACKET_BROADCAST 1, PACKET_MULTICAST 2, PACKET_OTHERHOST 3. */
export const packetTypes = { host: 0, broadcast: 1, multicast: 2 } as const;

export function loadHalf(offset: number): BpfInstruction {
  return { code: bpfCodes.loadHalf, jt: 0, jf: 0, k: offset };
}

export function loadWord(offset: number): BpfInstruction {
  return { code: bpfCodes.loadWord, jt: 0, jf: 0, k: offset };
}

/** Passes over `count` instructions. */
export function jump(count: number): BpfInstruction {
  return { code: bpfCodes.jump, jt: 0, jf: 0, k: count };
}

export function jumpEqual(k: number, jt: number, jf: number): BpfInstruction {
  return { code: bpfCodes.jumpEqual, jt, jf, k };
}

export function jumpGreater(k: number, jt: number, jf: number): BpfInstruction {
  return { code: bpfCodes.jumpGreater, jt, jf, k };
}

export function jumpGreaterOrEqual(k: number, jt: number, jf: number): BpfInstruction {
  return { code: bpfCodes.jumpGreaterOrEqual, jt, jf, k };
}

/** Ends the program: `octets` of the frame are kept, 0 drops it. */
export function keep(octets: number): BpfInstruction {
  return { code: bpfCodes.return, jt: 0, jf: 0, k: octets };
}

/** More than any frame of ours. */
const keptOctets = 256;
export const accept = keep(keptOctets);
export const drop = keep(0);
