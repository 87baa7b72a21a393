// The LAN's own neighbour discovery against the product's: two readings of one RFC.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipFromBytes, type Ip } from '#shared/net/ip.ts';
import {
  decodeNdpFrame,
  encodeNdpFrame,
  ndpAnnouncement,
  ndpAnswer,
  ndpProbe,
  ndpQuestion,
  type NdpFrame,
} from '#speaker/l2/ndp.ts';
import * as lan from '#test/simulation/lan/ndp-message.ts';
import { macNumber, macText } from '#test/simulation/lan/octets.ts';

const mac = fc.bigInt(0n, (1n << 40n) - 1n).map(Number);
/** Global addresses. */
const ip = fc.uint8Array({ minLength: 15, maxLength: 15 }).map((end): Ip => ipFromBytes(Uint8Array.of(0x20, ...end)));

test('the product reads what the LAN writes', () => {
  fc.assert(
    fc.property(mac, mac, ip, ip, fc.boolean(), (from, to, source, target, solicited) => {
      const flags = { solicited, override: !solicited };
      const message = { kind: 'advertisement', source, destination: source, target, mac: from, ...flags } as const;
      const decoded = decodeNdpFrame(lan.writeNdp(to, from, message));
      expect([decoded.ethernet.destination, decoded.ethernet.source].map(macNumber)).toEqual([to, from]);
      expect([decoded.source, decoded.destination]).toEqual([source, source]);
      const option = { kind: 'targetLinkLayerAddress', mac: macText(from) };
      expect(decoded.message).toEqual({ kind: 'advertisement', router: false, ...flags, target, options: [option] });
      expect(decodeNdpFrame(lan.ndpQuestion({ mac: from, ip: source }, target)).destination).toMatch(/^ff02::1:ff/);
    }),
  );
});

function read(frame: NdpFrame): lan.NdpMessage | undefined {
  return lan.readNdp(encodeNdpFrame(frame));
}

test('the LAN reads what the product writes', () => {
  fc.assert(
    fc.property(mac, mac, ip, ip, (own, asker, source, target) => {
      const [ownMac, askerMac] = [macText(own), macText(asker)];
      const advertised = { kind: 'advertisement', source: target, target, mac: own, override: true };
      expect(read(ndpAnnouncement(ownMac, target))).toMatchObject({ ...advertised, solicited: false });
      const asked = { mac: askerMac, ip: source, target };
      expect(read(ndpAnswer(ownMac, asked))).toMatchObject({ ...advertised, destination: source, solicited: true });
      expect(read(ndpQuestion({ mac: ownMac, ip: source }, target, askerMac))).toMatchObject({
        kind: 'solicitation',
        source,
        destination: target,
        target,
        mac: own,
      });
      expect(read(ndpProbe(ownMac, target))).toMatchObject({ source: lan.unspecified, target, mac: undefined });
    }),
  );
});

test('what hosts discard is not read', () => {
  const frame = lan.ndpAnnouncement(1, '2001:db8::1' as Ip);
  const changed = (at: number, value: number): Uint8Array => frame.with(at, value);
  const [hopLimit, checksum] = [21, 57];
  expect(lan.readNdp(frame)).toBeDefined();
  expect(lan.readNdp(changed(hopLimit, 254))).toBeUndefined();
  expect(lan.readNdp(changed(checksum, (frame[checksum] ?? 0) ^ 1))).toBeUndefined();
});
