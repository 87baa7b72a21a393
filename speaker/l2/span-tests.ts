// Classic BPF that asks whether a word of the frame lies in one of many spans: load once, jump often, and stay within what kernels take.
import {
  accept,
  jump,
  jumpEqual,
  jumpGreater,
  jumpGreaterOrEqual,
  loadWord,
  type BpfInstruction,
  type BpfProgram,
} from './classic-bpf.ts';
import { mergeSpans, spansOf, type Span } from './spans.ts';

const maxSpans = 256;
/**
 * Kernels before 6.7 charge the translated program against 20,480 octets of option memory per socket, while the program that it replaces
 * still counts; twice this many instructions fit.
 */
export const maxInstructions = 600;
/** A jump reaches at most 255 instructions: every so many tests there is a return to jump to. */
const maxBlockInstructions = 200;

/** The program for these numbers; for wider spans of them if they are so many and scattered that it would become too long. */
export function fittingProgram(
  numbers: readonly number[],
  programFor: (spans: readonly Span[]) => BpfProgram,
): BpfProgram {
  const spans = spansOf(numbers);
  let most = Math.min(maxSpans, spans.length);
  let program = programFor(mergeSpans(spans, Math.max(1, most)));
  while (program.length > maxInstructions) {
    most = Math.floor((most * maxInstructions) / (program.length + 1));
    program = programFor(mergeSpans(spans, most));
  }
  return program;
}

/** Accepts when the word at `offset` lies in a span, else goes on behind. */
export function acceptIn(offset: number, spans: readonly Span[]): readonly BpfInstruction[] {
  const blocks: Span[][] = [[]];
  let length = 0;
  for (const span of spans) {
    const added = testLength(span);
    if (length + added > maxBlockInstructions) {
      blocks.push([]);
      length = 0;
    }
    blocks.at(-1)?.push(span);
    length += added;
  }
  return [loadWord(offset), ...blocks.flatMap(testBlock)];
}

function testLength({ first, last }: Span): number {
  return first === last ? 1 : 2;
}

/** Tests, a jump over the return behind them, and the return. */
function testBlock(spans: readonly Span[]): readonly BpfInstruction[] {
  let toReturn = spans.reduce((sum, span) => sum + testLength(span), 0);
  const tests: BpfInstruction[] = [];
  for (const span of spans) {
    if (span.first === span.last) {
      tests.push(jumpEqual(span.first, toReturn, 0));
    } else {
      tests.push(jumpGreaterOrEqual(span.first, 0, 1), jumpGreater(span.last, 0, toReturn - 1));
    }
    toReturn -= testLength(span);
  }
  return [...tests, jump(1), accept];
}
