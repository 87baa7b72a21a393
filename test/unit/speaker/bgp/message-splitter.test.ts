import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepalive } from '#speaker/bgp/message.ts';
import { MessageSplitter, type Split } from '#speaker/bgp/message-splitter.ts';
import { golden } from '#test/golden/golden.ts';
import { hex, toHex } from './octets.ts';
import { asRefusal } from './refused.ts';

const marker = 'ff'.repeat(16);
const stream = [
  golden('bgp/bird-open'),
  keepalive,
  golden('bgp/bird-update'),
  golden('bgp/bird-end-of-rib-ipv6'),
  golden('bgp/bird-begin-refresh'),
  golden('bgp/bird-shutdown'),
];
const kinds = ['open', 'keepalive', 'update', 'update', 'routeRefresh', 'notification'];

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function split(segments: readonly Uint8Array[], extended = true): readonly Split[] {
  const splitter = new MessageSplitter({ extended });
  return segments.map((segment) => splitter.push(segment));
}

test('F11: any segmentation gives the same messages', () => {
  const whole = joined(stream);
  const bodies = stream.map((message) => toHex(message.subarray(19)));
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 40 }), (cuts) => {
      const ends = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const segments = ends.slice(1).map((end, index) => whole.slice(ends[index], end));
      const frames = split(segments).flatMap((one) => one.frames);
      expect(frames.map(({ kind }) => kind)).toEqual(kinds);
      expect(frames.map(({ body }) => toHex(body))).toEqual(bodies);
    }),
  );
});

test('F11: one octet a segment', () => {
  const segments = [...joined(stream)].map((octet) => Uint8Array.of(octet));
  expect(split(segments).flatMap(({ frames }) => frames.map(({ kind }) => kind))).toEqual(kinds);
});

test('a long message in single octets costs no more than its length', () => {
  const body = new Uint8Array(65_535 - 19);
  const message = joined([hex(`${marker} ffff 02`), body]);
  const frames = split([...message].map((octet) => Uint8Array.of(octet))).flatMap((one) => one.frames);
  expect(frames.map((frame) => frame.body.length)).toEqual([body.length]);
});

test.each([
  ['a marker that is not all ones', `${'ff'.repeat(15)}fe 0013 04`, '1/1', ''],
  ['a length below 19', `${marker} 0012 04`, '1/2', '0012'],
  ['a length above what was offered', `${marker} 1001 02`, '1/2', '1001'],
  ['OPEN below 29', `${marker} 001c 01`, '1/2', '001c'],
  ['UPDATE below 23', `${marker} 0016 02`, '1/2', '0016'],
  ['NOTIFICATION below 21', `${marker} 0014 03`, '1/2', '0014'],
  ['KEEPALIVE above 19', `${marker} 0014 04`, '1/2', '0014'],
  ['ROUTE-REFRESH below 23', `${marker} 0016 05`, '1/2', '0016'],
  ['type 0', `${marker} 0013 00`, '1/3', '00'],
  ['type 6', `${marker} 0013 06`, '1/3', '06'],
])('F11: %s', (_, octets, answer, data) => {
  for (const segments of [[hex(octets)], [...hex(octets)].map((octet) => Uint8Array.of(octet))]) {
    const error = split(segments, false).at(-1)?.error;
    expect(error && asRefusal(error)).toEqual({ answer, data, consequence: 'sessionReset' });
  }
});

const offered = (octets: string): string | undefined => split([hex(octets)]).at(-1)?.error?.message;

test('C12: up to 65,535 octets where that was offered, but OPEN stays within 4,096', () => {
  expect(offered(`${marker} 1001 02`)).toBeUndefined();
  expect(offered(`${marker} ffff 05`)).toBeUndefined();
  expect(offered(`${marker} 1000 01`)).toBeUndefined();
  expect(offered(`${marker} 1001 01`)).toBe('a message of type 1 and 4097 octets');
});

test('what came before a broken header is delivered, and nothing after it', () => {
  const splitter = new MessageSplitter({ extended: true });
  const first = splitter.push(joined([keepalive, hex('00'.repeat(19)), keepalive]));
  expect(first.frames.map(({ kind }) => kind)).toEqual(['keepalive']);
  expect(first.error?.notification).toMatchObject({ code: 1, subcode: 1 });
  expect(splitter.push(keepalive)).toEqual({ frames: [], error: first.error });
});
