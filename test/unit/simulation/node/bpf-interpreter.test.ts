import { expect, test } from 'vitest';
import { jump, jumpEqual, keep, loadHalf, loadWord, type BpfProgram } from '#speaker/l2/classic-bpf.ts';
import { runBpf } from '#test/simulation/node/bpf-interpreter.ts';

const frame = Uint8Array.of(0x12, 0x34, 0xff, 0xff, 0xff, 0xfe);

test.each<[string, BpfProgram, number]>([
  ['a half-word', [loadHalf(0), jumpEqual(0x1234, 0, 1), keep(1), keep(2)], 1],
  ['a word with its highest bit', [loadWord(2), jumpEqual(0xffff_fffe, 0, 1), keep(1), keep(2)], 1],
  ['what is behind the end', [loadWord(3), keep(1)], 0],
  ['a jump', [jump(1), keep(1), keep(2)], 2],
])('%s', (_, program, expected) => {
  expect(runBpf(program, frame, 0)).toBe(expected);
});

test.each<[string, BpfProgram, RegExp]>([
  ['is empty', [], /0 instructions/],
  ['does not end', [loadHalf(0)], /does not return/],
  ['jumps behind its end', [jumpEqual(0, 2, 0), keep(0), keep(1)], /behind the end at 0/],
  ['jumps too far', [jumpEqual(0, 256, 0), keep(0)], /jump of 256/],
  ['has an instruction that ours never have', [{ code: 0x87, jt: 0, jf: 0, k: 0 }, keep(0)], /0x87 at 0/],
  ['is too long', [...Array.from({ length: 4096 }, () => jump(0)), keep(0)], /4097 instructions/],
])('a program that %s is refused', (_, program, reason) => {
  expect(() => runBpf(program, frame, 0)).toThrow(reason);
});
