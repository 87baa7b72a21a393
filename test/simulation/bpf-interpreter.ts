// Runs a classic BPF program as Linux does, as far as our programs go: everything else is refused, so that a wrong program cannot pass.
import { bpfCodes, packetTypeOffset, type BpfProgram } from '#speaker/l2/classic-bpf.ts';

const maxInstructions = 4096;

/** Octets kept of the frame; 0 means dropped. A load behind the frame's end drops it. */
export function runBpf(program: BpfProgram, frame: Uint8Array, packetType: number): number {
  if (program.length === 0 || program.length > maxInstructions) throw new Error(`${program.length} instructions`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const instruction = program[at];
    if (instruction === undefined) throw new Error(`runs past its end at ${at}`);
    const { code, jt, jf, k } = instruction;
    if (jt > 255 || jf > 255) throw new Error(`jump of ${jt} or ${jf} at ${at}`);
    switch (code) {
      case bpfCodes.loadHalf:
        if (k + 2 > frame.length) return 0;
        accumulator = view.getUint16(k);
        break;
      case bpfCodes.loadWord:
        if (k === packetTypeOffset) {
          accumulator = packetType;
          break;
        }
        if (k + 4 > frame.length) return 0;
        accumulator = view.getUint32(k);
        break;
      case bpfCodes.jump:
        at += k;
        break;
      case bpfCodes.jumpEqual:
        at += accumulator === k ? jt : jf;
        break;
      case bpfCodes.jumpGreater:
        at += accumulator > k ? jt : jf;
        break;
      case bpfCodes.jumpGreaterOrEqual:
        at += accumulator >= k ? jt : jf;
        break;
      case bpfCodes.return:
        return k;
      default:
        throw new Error(`unknown instruction 0x${code.toString(16)} at ${at}`);
    }
  }
}
