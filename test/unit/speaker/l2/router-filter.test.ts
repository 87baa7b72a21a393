import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { packetTypes } from '#speaker/l2/classic-bpf.ts';
import type { NdpOption } from '#speaker/l2/ndp-option.ts';
import { routerFilter } from '#speaker/l2/router-filter.ts';
import { encodeRouterFrame, routerAdvertisement } from '#speaker/l2/router-message.ts';
import { golden } from '#test/golden/golden.ts';
import { runBpf } from '#test/simulation/node/bpf-interpreter.ts';

const otherHost = 3;
const { multicast, host } = packetTypes;
const advertisement = golden('ndp/frr-advertisement');

test.each<[string, boolean, Uint8Array, number]>([
  ["a router's advertisement", true, advertisement, multicast],
  ['one to this node alone', true, advertisement, host],
  ['one to another host', false, advertisement, otherHost],
  ['a solicitation', true, golden('ndp/router-solicitation'), multicast],
  ['one that was forwarded', false, advertisement.with(21, 254), multicast],
  ['one with a code', false, advertisement.with(55, 1), multicast],
  ['UDP', false, advertisement.with(20, 17), multicast],
  ['a neighbour solicitation', false, golden('ndp/solicitation'), multicast],
  ['a neighbour advertisement', false, golden('ndp/announcement'), multicast],
  ['an echo request', false, advertisement.with(54, 128), multicast],
  ['a redirect', false, advertisement.with(54, 137), multicast],
  ['ARP', false, golden('arp/request'), multicast],
])('%s passes: %s', (_, expected, bytes, packetType) => {
  expect(runBpf(routerFilter, bytes, packetType) > 0).toBe(expected);
});

test('the longest advertisement that Ethernet carries comes whole', () => {
  const prefix: NdpOption = { kind: 'other', type: 3, value: new Uint8Array(30) };
  const frame = routerAdvertisement({ mac: '02:50:00:00:00:01' as Mac, ip: 'fe80::1' as Ip });
  const long = encodeRouterFrame({
    ...frame,
    message: { ...frame.message, options: Array.from({ length: 32 }, () => prefix) },
  });
  expect(long.length).toBeGreaterThan(1000);
  expect(runBpf(routerFilter, long, multicast)).toBeGreaterThanOrEqual(1514);
});
