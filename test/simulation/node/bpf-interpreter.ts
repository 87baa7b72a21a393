// Runs a classic BPF program as Linux does, as far as our programs go: everything else is refused, so that a wrong program cannot pass.
import { bpfCodes, packetTypeOffset, type BpfProgram } from '#speaker/l2/classic-bpf.ts';
import { readU16, readU32 } from '../lan/octets.ts';

const maxInstructions = 4096;
const knownCodes: ReadonlySet<number> = new Set(Object.values(bpfCodes));

/** The columns of a program that has been checked, as a loop reads them fastest. */
interface Checked {
  readonly code: Uint8Array;
  readonly jt: Uint8Array;
  readonly jf: Uint8Array;
  readonly k: Float64Array;
}

const checked = new WeakMap<BpfProgram, Checked>();

/** Octets kept of the frame; 0 means dropped. A load behind the frame's end drops it. Throws for a program that a kernel would refuse. */
export function runBpf(program: BpfProgram, frame: Uint8Array, packetType: number): number {
  let known = checked.get(program);
  if (known === undefined) checked.set(program, (known = check(program)));
  const { code, jt, jf, k } = known;
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const operand = k[at] as number;
    let isTrue: boolean;
    switch (code[at]) {
      case bpfCodes.loadHalf:
        if (operand + 2 > frame.length) return 0;
        accumulator = readU16(frame, operand);
        continue;
      case bpfCodes.loadWord:
        if (operand === packetTypeOffset) accumulator = packetType;
        else if (operand + 4 > frame.length) return 0;
        else accumulator = readU32(frame, operand);
        continue;
      case bpfCodes.jump:
        at += operand;
        continue;
      case bpfCodes.return:
        return operand;
      case bpfCodes.jumpEqual:
        isTrue = accumulator === operand;
        break;
      case bpfCodes.jumpGreater:
        isTrue = accumulator > operand;
        break;
      default:
        isTrue = accumulator >= operand;
    }
    at += (isTrue ? jt[at] : jf[at]) as number;
  }
}

/** bpf_check_classic(): known instructions only, no jump behind the end, and the last one returns. */
function check(program: BpfProgram): Checked {
  if (program.length === 0 || program.length > maxInstructions) throw new Error(`${program.length} instructions`);
  if (program.at(-1)?.code !== bpfCodes.return) throw new Error('the last instruction does not return');
  for (const [at, { code, jt, jf, k }] of program.entries()) {
    if (!knownCodes.has(code)) throw new Error(`unknown instruction 0x${code.toString(16)} at ${at}`);
    if (jt > 255 || jf > 255) throw new Error(`jump of ${jt} or ${jf} at ${at}`);
    const furthest = at + 1 + (code === bpfCodes.jump ? k : Math.max(jt, jf));
    if (code !== bpfCodes.return && furthest >= program.length) throw new Error(`jumps behind the end at ${at}`);
  }
  return {
    code: Uint8Array.from(program, ({ code }) => code),
    jt: Uint8Array.from(program, ({ jt }) => jt),
    jf: Uint8Array.from(program, ({ jf }) => jf),
    k: Float64Array.from(program, ({ k }) => k),
  };
}
