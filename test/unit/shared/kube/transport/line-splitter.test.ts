import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter, LineTooLong } from '#shared/kube/transport/line-splitter.ts';

const mostBytes = 1_000;

test('lines are the same however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\n', ''))),
      fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 100 }),
      (lines, cuts) => {
        const splitter = new LineSplitter(mostBytes);
        let rest = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const read: string[] = [];
        for (let index = 0; rest.length > 0; index++) {
          const cut = (cuts[index % cuts.length] ?? 0) + 1;
          read.push(...splitter.push(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        expect(read).toEqual(lines.filter((line) => line !== ''));
        expect(splitter.partial).toBe(false);
      },
    ),
  );
});

test('a line without an end is partial', () => {
  const splitter = new LineSplitter(mostBytes);
  expect(splitter.push(Buffer.from('one\ntw'))).toEqual(['one']);
  expect(splitter.partial).toBe(true);
});

test('a line may have so many bytes and no more, in one piece or in many', () => {
  const whole = new LineSplitter(mostBytes);
  expect(whole.push(Buffer.from(`${'x'.repeat(mostBytes)}\n`))).toHaveLength(1);
  expect(() => whole.push(Buffer.from(`${'x'.repeat(mostBytes + 1)}\n`))).toThrow(LineTooLong);
  const pieces = new LineSplitter(mostBytes);
  for (let index = 0; index < mostBytes; index++) pieces.push(Buffer.from('x'));
  expect(() => pieces.push(Buffer.from('x'))).toThrow(LineTooLong);
});
