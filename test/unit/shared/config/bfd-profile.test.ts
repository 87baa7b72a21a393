import { expect, test } from 'vitest';
import { parseBFDProfile } from '#shared/config/bfd-profile.ts';
import { bfdProfile } from './objects.ts';

const parse = (spec: object = {}) => parseBFDProfile(bfdProfile('fast', spec));

test('what a profile does not say is as MetalLB has it', () => {
  expect(parse()).toEqual({
    value: {
      key: 'metallb-system/fast',
      namespace: 'metallb-system',
      name: 'fast',
      uid: 'uid-fast',
      createdMs: 0,
      transmitIntervalMs: 300,
      receiveIntervalMs: 300,
      detectMultiplier: 3,
      passive: false,
      minimumTtl: 254,
    },
    faults: [],
  });
});

test('what it says counts', () => {
  const spec = {
    transmitInterval: 150,
    receiveInterval: 200,
    detectMultiplier: 5,
    passiveMode: true,
    minimumTtl: 250,
    echoInterval: 10,
  };
  expect(parse(spec)).toMatchObject({
    value: { transmitIntervalMs: 150, receiveIntervalMs: 200, detectMultiplier: 5, passive: true, minimumTtl: 250 },
    faults: [],
  });
});

test.each([
  [{ transmitInterval: 99 }, ['spec.transmitInterval FastBFD']],
  [{ transmitInterval: 100, receiveInterval: 50 }, ['spec.receiveInterval FastBFD']],
  [{ echoMode: true }, ['spec.echoMode EchoNotImplemented']],
])('%j is warned about', (spec, warnings) => {
  const { faults } = parse(spec);
  expect(faults.map(({ field, reason }) => `${field} ${reason}`)).toEqual(warnings);
  expect(faults.every(({ severity }) => severity === 'warning')).toBe(true);
});
