import { describe, expect, test } from 'vitest';
import type { Desired } from '#speaker/desired/desired.ts';
import type { ObservedInterface, ObservedSegment } from '#speaker/seam.ts';
import type { Mac } from '#shared/net/mac.ts';
import { addressProblems } from '#speaker/report/address-problems.ts';
import { desiredAddress, ip, nodeId, observed, observedAddress, observedSegment, service } from '../views.ts';

const self = { id: nodeId('n1'), name: 'n1' };
const shop = service('shop', []);
const mac = '02:50:00:00:00:09' as Mac;

function desiredOn(interfaces: readonly string[] | 'any', address = '192.0.2.200', reports = true): Desired {
  const candidates = new Map([[self.id, { interfaces, preference: 0, hasReadyEndpoint: true }]]);
  const wanted = desiredAddress(address, [], { candidates });
  return {
    addresses: [wanted],
    byIp: new Map([[wanted.ip, wanted]]),
    services: new Map([[wanted.ip, [{ service: shop, first: wanted.ip }]]]),
    failures: [],
    reports: () => reports,
  };
}

const named = (name: string, fields: Partial<ObservedInterface>): ObservedInterface => ({
  name,
  mac,
  open: true,
  ...fields,
});
const unplaced = [ip('192.0.2.200')];

describe('an address that lies in no LAN says why', () => {
  test.each<[string, readonly string[] | 'any', readonly ObservedInterface[], string]>([
    [
      'out of all subnets',
      'any',
      [named('eth1', {}), named('eth0', {}), named('eth2', { open: false })],
      'no interface of node "n1" has it in its subnet (suitable are eth0, eth1): name the interface in the L2Advertisement',
    ],
    [
      'no interface',
      'any',
      [],
      'no interface of node "n1" has it in its subnet (it has no suitable interface): name the interface in the L2Advertisement',
    ],
    [
      'named interfaces',
      ['eth1', 'eth2'],
      [named('eth1', { open: false, reason: 'it is down' })],
      'node "n1" cannot use the interfaces that the L2Advertisement names (eth1: it is down, eth2: there is no such Ethernet interface)',
    ],
  ])('%s', (_, wanted, interfaces, why) => {
    const message = `192.0.2.200 is announced nowhere: ${why}`;
    expect(addressProblems(desiredOn(wanted), observed({ interfaces, unplaced }), self, [])).toEqual([
      { ip: '192.0.2.200', service: shop, reason: 'noInterface', message },
    ]);
  });

  test('an IPv6 address: what IPv6 needs of an interface', () => {
    const ipv6 = '2001:db8::200';
    const [found] = addressProblems(desiredOn(['eth0'], ipv6), observed({ unplaced: [ip(ipv6)] }), self, []);
    const needs = 'IPv6 is announced on interfaces that have an IPv6 link-local address';
    expect(found?.message).toMatch(new RegExp(`eth0: not in use\\); ${needs}$`));
  });

  test('with what else is wrong', () => {
    const observation = observed({ problems: ['NET_RAW is missing'], unplaced });
    expect(addressProblems(desiredOn('any'), observation, self, [])[0]?.message).toMatch(
      /L2Advertisement; NET_RAW is missing$/,
    );
  });

  test('unless another node is to say it', () => {
    expect(addressProblems(desiredOn('any', '192.0.2.200', false), observed({ unplaced }), self, [])).toEqual([]);
  });
});

const problemsOn = (fields: Partial<ObservedSegment>): readonly unknown[] => {
  const observation = observed({
    addresses: [observedAddress('192.0.2.200', ['eth0'])],
    segments: [observedSegment(fields)],
  });
  return addressProblems(desiredOn('any'), observation, self, []).map(({ reason, message }) => [reason, message]);
};

describe('on the LAN', () => {
  test.each<[string, Partial<ObservedSegment>, readonly unknown[]]>([
    [
      'another station has it',
      { foreignClaims: [{ ip: ip('192.0.2.200'), mac, while: 'probing' }] },
      [
        [
          'addressInUse',
          `192.0.2.200 is not announced on eth0: ${mac}, which is no speaker, has it; take it from that machine or out of the IPAddressPool`,
        ],
      ],
    ],
    [
      'another station claims it',
      { foreignClaims: [{ ip: ip('192.0.2.200'), mac, while: 'owning' }] },
      [
        [
          'foreignClaim',
          `${mac}, which is no speaker, says on eth0 that it has 192.0.2.200; it is defended: take it from that machine or out of the IPAddressPool`,
        ],
      ],
    ],
    ['an address of no Service is claimed', { foreignClaims: [{ ip: ip('192.0.2.9'), mac, while: 'owning' }] }, []],
  ])('%s', (_, fields, problems) => {
    expect(problemsOn(fields)).toEqual(problems);
  });

  test('every kernel answers for what is owned there', () => {
    const observation = observed({ addresses: [observedAddress('192.0.2.200', ['eth0'])] });
    const found = (unstrict: readonly string[]) => addressProblems(desiredOn('any'), observation, self, unstrict);
    expect(found(['eth1'])).toEqual([]);
    expect(found(['eth0'])).toMatchObject([{ ip: '192.0.2.200', reason: 'strictArpNeeded' }]);
  });
});
