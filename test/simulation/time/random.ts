// xoshiro128** (Blackman, Vigna 2018), seeded by splitmix32: the same seed gives the same numbers everywhere.
import type { Random } from '#shared/runtime/random.ts';

export function seededRandom(seed: number): Random {
  const state = Uint32Array.from([1, 2, 3, 4], (step) => splitmix32(seed + step * 0x9e3779b9));
  const at = (index: number): number => state[index] ?? 0;
  return {
    next32() {
      const result = Math.imul(rotateLeft(Math.imul(at(1), 5), 7), 9) >>> 0;
      const shifted = at(1) << 9;
      state[2] = at(2) ^ at(0);
      state[3] = at(3) ^ at(1);
      state[1] = at(1) ^ at(2);
      state[0] = at(0) ^ at(3);
      state[2] = at(2) ^ shifted;
      state[3] = rotateLeft(at(3), 11);
      return result;
    },
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function splitmix32(value: number): number {
  const first = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  const second = Math.imul(first ^ (first >>> 15), 0x735a2d97);
  return (second ^ (second >>> 15)) >>> 0;
}

/** A stream of its own for each purpose: a draw more in one part leaves all other parts' draws alone. */
export function randomFor(seed: number, purpose: string): Random {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < purpose.length; index++) hash = Math.imul(hash ^ purpose.charCodeAt(index), 0x01000193);
  return seededRandom(splitmix32(hash >>> 0));
}
