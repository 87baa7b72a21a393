import { expect, test } from 'vitest';
import { broadcastMac, isUnicastMac, macFromBytes, macToBytes, parseMac, zeroMac, type Mac } from '#shared/net/mac.ts';

test('text and octets stand for the same address', () => {
  const mac = parseMac('02:50:00:00:00:1A') as Mac;
  expect(mac).toBe('02:50:00:00:00:1a');
  expect(macFromBytes(macToBytes(mac))).toBe(mac);
});

test.each(['', '02:50:00:00:00', '02:50:00:00:00:1a:00', '02-50-00-00-00-1a', '02:50:00:00:00:zz'])(
  'refuses %j',
  (text) => {
    expect(parseMac(text)).toBeUndefined();
  },
);

test('broadcast, multicast and zero are not the address of one station', () => {
  const multicast = parseMac('01:00:5e:00:00:01') as Mac;
  const station = parseMac('02:50:00:00:00:11') as Mac;
  expect([broadcastMac, multicast, zeroMac, station].map(isUnicastMac)).toEqual([false, false, false, true]);
});
