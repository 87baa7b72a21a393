// Damage to a message that was right: single octets, blocks, whole attributes, lengths and order. Fast, and a function of its random numbers.
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { ValidMessages } from './valid-messages.ts';
import { headerOctets, messageTypes, type MessageKind } from '#speaker/bgp/message.ts';

type Octets = Uint8Array;
type Damage = (octets: Octets, random: Random) => Octets;

/** Where counters wrap and signs turn. */
const telling = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xfe, 0xff];
const longestBlock = 40;

/** One of the messages, mostly of that kind, damaged; now and then octets that never were one. */
export function mutated({ all, ofKind }: ValidMessages, kind: MessageKind, random: Random): Octets {
  const chance = uniform(random, 0, 99);
  if (chance < 1) return octetsOf(uniform(random, 1, 200), random);
  if (chance < 3) return withHeader(octetsOf(uniform(random, 0, 120), random), uniform(random, 1, 5));
  let octets = pick((chance < 95 ? ofKind.get(kind) : undefined) ?? all, random);
  for (let left = uniform(random, 0, 5) >> 1; left >= 0; left--) octets = damaged(octets, all, random);
  return withLength(octets, random);
}

function damaged(octets: Octets, messages: readonly Octets[], random: Random): Octets {
  if (octets[18] === messageTypes.update && random.next32() % 5 > 0) return damagedAttributes(octets, random);
  if (random.next32() % 12 === 0) return spliced(octets, pick(messages, random), random);
  return pick(damages, random)(octets, random);
}

const damages: readonly Damage[] = [
  (octets, random) => withOctet(octets, place(octets, random), pick(telling, random)),
  (octets, random) => withOctet(octets, place(octets, random), uniform(random, 0, 255)),
  (octets, random) => {
    const at = place(octets, random);
    return withOctet(octets, at, (octets[at] ?? 0) ^ (1 << uniform(random, 0, 7)));
  },
  // Inserted.
  (octets, random) => {
    const at = place(octets, random);
    return joined(octets.subarray(0, at), octetsOf(uniform(random, 1, 8), random), octets.subarray(at));
  },
  // Deleted.
  (octets, random) => {
    const at = place(octets, random);
    return joined(octets.subarray(0, at), octets.subarray(at + uniform(random, 1, longestBlock)));
  },
  // Repeated.
  (octets, random) => {
    const at = place(octets, random);
    const end = at + uniform(random, 1, longestBlock);
    return joined(octets.subarray(0, end), octets.subarray(at, end), octets.subarray(end));
  },
  // Two blocks change places.
  (octets, random) => {
    const [a, b, c] = [place(octets, random), place(octets, random), place(octets, random)].toSorted((x, y) => x - y);
    return joined(octets.subarray(0, a), octets.subarray(b, c), octets.subarray(a, b), octets.subarray(c));
  },
  // Cut.
  (octets, random) => octets.subarray(0, place(octets, random)),
];

/** The front of the one and the end of the other. */
function spliced(octets: Octets, other: Octets, random: Random): Octets {
  return joined(octets.subarray(0, place(octets, random)), other.subarray(place(other, random)));
}

/** Whole attributes dropped, doubled or moved, flags, codes and lengths changed; the field's own length is mostly right again. */
function damagedAttributes(octets: Octets, random: Random): Octets {
  const field = attributesField(octets);
  if (field === undefined || field.attributes.length === 0) return octets;
  const attributes = [...field.attributes];
  const at = uniform(random, 0, attributes.length - 1);
  const chosen = attributes[at] ?? octets;
  switch (uniform(random, 0, 5)) {
    case 0:
      attributes.splice(at, 1);
      break;
    case 1:
      attributes.splice(uniform(random, 0, attributes.length), 0, chosen);
      break;
    case 2:
      attributes.splice(at, 1);
      attributes.splice(uniform(random, 0, attributes.length), 0, chosen);
      break;
    case 3:
      attributes[at] = withOctet(chosen, 0, uniform(random, 0, 255));
      break;
    case 4:
      attributes[at] = withOctet(chosen, 1, uniform(random, 0, 40));
      break;
    case 5:
      attributes[at] = withOctet(chosen, 2, random.next32() % 2 === 0 ? pick(telling, random) : (chosen[2] ?? 0) + 1);
  }
  const whole = joined(octets.subarray(0, field.start), ...attributes, octets.subarray(field.end));
  if (random.next32() % 8 > 0) {
    const length = whole.length - field.start - (octets.length - field.end);
    whole[field.start - 2] = length >> 8;
    whole[field.start - 1] = length & 0xff;
  }
  return whole;
}

interface AttributesField {
  readonly start: number;
  readonly end: number;
  readonly attributes: readonly Octets[];
}

/** Undefined where earlier damage hides it. */
function attributesField(octets: Octets): AttributesField | undefined {
  const u16 = (at: number): number => (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0);
  const start = headerOctets + 2 + u16(headerOctets) + 2;
  const end = start + u16(start - 2);
  if (end > octets.length) return undefined;
  const attributes: Octets[] = [];
  for (let at = start; at < end;) {
    const isLong = ((octets[at] ?? 0) & 0x10) !== 0;
    const next = at + (isLong ? 4 + u16(at + 2) : 3 + (octets[at + 2] ?? 0));
    attributes.push(octets.subarray(at, Math.min(next, end)));
    at = next;
  }
  return { start, end, attributes };
}

/** The header's length is right most of the time, or nothing behind it would be read. */
function withLength(octets: Octets, random: Random): Octets {
  const chance = uniform(random, 0, 59);
  if (chance === 0 || octets.length < headerOctets) return octets;
  const length = chance === 1 ? uniform(random, 0, 0xffff) : octets.length;
  const whole = withOctet(octets, 16, length >> 8);
  whole[17] = length & 0xff;
  return whole;
}

function withHeader(body: Octets, type: number): Octets {
  const octets = new Uint8Array(headerOctets + body.length).fill(0xff, 0, 16);
  octets.set([octets.length >> 8, octets.length & 0xff, type], 16);
  octets.set(body, headerOctets);
  return octets;
}

/** Behind the header, with few exceptions. */
function place(octets: Octets, random: Random): number {
  const first = random.next32() % 40 === 0 ? 0 : headerOctets;
  return uniform(random, Math.min(first, octets.length), octets.length);
}

function withOctet(octets: Octets, at: number, value: number): Octets {
  const changed = Uint8Array.from(octets);
  changed[at] = value;
  return changed;
}

function octetsOf(length: number, random: Random): Octets {
  return Uint8Array.from({ length }, () => random.next32());
}

function joined(...parts: readonly Octets[]): Octets {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[random.next32() % items.length];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}
