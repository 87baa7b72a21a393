// Bonds and VLAN devices, of which the test machines' kernel has none: what another kernel told of them (test/golden/netlink/bond), from
// its dump to our choice of interfaces.
import { expect, test } from 'vitest';
import { linux } from '#speaker/host/linux.ts';
import { decodeNetlink, encodeNetlink } from '#speaker/host/netlink.ts';
import { stateOf, type NetworkView } from '#speaker/host/network-view.ts';
import { initialNetworkWatch, stepNetworkWatch } from '#speaker/host/network-watch.ts';
import { chooseInterfaces, type InterfaceChoice } from '#speaker/l2/suitable-interfaces.ts';
import { golden } from '#test/golden/golden.ts';

/** In the order in which they were recorded. */
const steps = [
  'dump',
  'failover',
  'carrier-lost',
  'carrier-back',
  'mac-changed',
  'slave-released',
  'down',
  'up',
  'vlan-deleted',
] as const;
type Step = (typeof steps)[number];

/** The views that the engine told of in each step, when it heard one message after the other. */
function replay(): ReadonlyMap<Step, readonly NetworkView[]> {
  let { state } = stepNetworkWatch(initialNetworkWatch, { kind: 'start' });
  const told = new Map<Step, readonly NetworkView[]>();
  for (const step of steps) {
    const views: NetworkView[] = [];
    for (const message of decodeNetlink(golden(`netlink/bond/${step}`))) {
      const next = stepNetworkWatch(state, { kind: 'received', datagram: encodeNetlink(message) });
      for (const effect of next.effects) if (effect.kind === 'changed') views.push(effect.view);
      state = next.state;
    }
    told.set(step, views);
  }
  return told;
}

const told = replay();

function viewAfter(step: Step): NetworkView {
  const view = told.get(step)?.at(-1);
  if (view === undefined) throw new Error(`${step} changed nothing`);
  return view;
}

function choose(view: NetworkView): InterfaceChoice {
  return chooseInterfaces(stateOf(view), []);
}

/** Name, MAC and carrier of each interface that is suitable. */
function suitable(view: NetworkView): readonly string[] {
  return choose(view).suitable.map(({ name, mac, carrier }) => `${name} ${mac} ${carrier ? 'carrier' : '-'}`);
}

function unsuitable(view: NetworkView): readonly string[] {
  return choose(view).unsuitable.map(({ name, reason }) => `${name}: ${reason}`);
}

function addressesOf(view: NetworkView, index: number): readonly string[] {
  return stateOf(view).addresses.flatMap(({ interfaceIndex, ip }) => (interfaceIndex === index ? [ip] : []));
}

test('a bond, its slaves, and a VLAN device on it', () => {
  const ethernet = {
    mac: '02:50:00:00:00:10',
    ethernet: true,
    loopback: false,
    noArp: false,
    up: true,
    lowerUp: true,
    mtu: 1500,
  };
  expect([...viewAfter('dump').links.values()]).toEqual([
    expect.objectContaining({ index: 1, name: 'lo', ethernet: false, loopback: true }),
    { index: 2, name: 'eth0', kind: undefined, master: 4, ...ethernet },
    { index: 3, name: 'eth1', kind: undefined, master: 4, ...ethernet },
    { index: 4, name: 'bond0', kind: 'bond', master: undefined, ...ethernet },
    { index: 5, name: 'bond0.5', kind: 'vlan', master: undefined, ...ethernet },
  ]);
  expect(stateOf(viewAfter('dump')).gateways).toEqual([{ interfaceIndex: 4, ip: '192.0.2.254' }]);
});

test('the bond and the VLAN device are suitable, each with its own prefixes; the slaves are not', () => {
  const common = { mac: '02:50:00:00:00:10', carrier: true, families: ['IPv4', 'IPv6'] };
  const linkLocal = { ip: 'fe80::50:ff:fe00:10', prefixBits: 64 };
  expect(choose(viewAfter('dump')).suitable).toMatchObject([
    { index: 4, name: 'bond0', ...common, prefixes: [{ ip: '192.0.2.1', prefixBits: 24 }, linkLocal] },
    { index: 5, name: 'bond0.5', ...common, prefixes: [{ ip: '198.51.100.1', prefixBits: 24 }, linkLocal] },
  ]);
  expect(unsuitable(viewAfter('dump'))).toEqual(['eth0: it is a port of bond0', 'eth1: it is a port of bond0']);
});

test('when another slave takes over, only the slave that lost its carrier is told of', () => {
  expect(told.get('failover')?.map(({ links }) => links.get(2)?.lowerUp)).toEqual([false]);
  expect(choose(viewAfter('failover'))).toEqual(choose(viewAfter('dump')));
});

const [bond, bondWithout] = ['bond0 02:50:00:00:00:10 carrier', 'bond0 02:50:00:00:00:10 -'];
const [vlan, vlanWithout] = ['bond0.5 02:50:00:00:00:10 carrier', 'bond0.5 02:50:00:00:00:10 -'];
const [bondChanged, vlanChanged] = ['bond0 02:50:00:00:00:20 carrier', 'bond0.5 02:50:00:00:00:20 carrier'];

test.each<[Step, readonly (readonly string[])[]]>([
  [
    'carrier-lost',
    [
      [bond, vlan],
      [bondWithout, vlan],
      [bondWithout, vlanWithout],
    ],
  ],
  [
    'carrier-back',
    [
      [bondWithout, vlanWithout],
      [bond, vlanWithout],
      [bond, vlan],
    ],
  ],
  [
    'mac-changed',
    [
      [bond, vlan],
      [bond, vlan],
      [bondChanged, vlan],
      [bondChanged, vlanChanged],
    ],
  ],
])('%s: first told of the slaves, then of the bond, then of the VLAN device', (step, expected) => {
  expect(told.get(step)?.map(suitable)).toEqual(expected);
});

test('a slave that is released gets its own MAC back; the bond stays as it is', () => {
  expect(told.get('slave-released')?.map(({ links }) => links.get(3))).toEqual([
    expect.objectContaining({ master: undefined, mac: '02:50:00:00:00:20', up: true }),
    expect.objectContaining({ master: undefined, mac: '02:50:00:00:00:20', up: false }),
    expect.objectContaining({ master: undefined, mac: '02:50:00:00:00:02', up: false }),
  ]);
  expect(suitable(viewAfter('slave-released'))).toEqual([bondChanged, vlanChanged]);
  expect(unsuitable(viewAfter('slave-released'))).toEqual(['eth0: it is a port of bond0', 'eth1: it is down']);
});

test('a VLAN device goes down with the bond, and keeps its IPv4 address', () => {
  expect(unsuitable(viewAfter('down')).slice(-2)).toEqual(['bond0: it is down', 'bond0.5: it is down']);
  expect(addressesOf(viewAfter('down'), 5)).toEqual(['198.51.100.1']);
});

test('both come up again, with link-local addresses made from the new MAC', () => {
  expect(suitable(viewAfter('up'))).toEqual([bondChanged, vlanChanged]);
  expect(addressesOf(viewAfter('up'), 4)).toEqual(['192.0.2.1', 'fe80::50:ff:fe00:20']);
  expect(addressesOf(viewAfter('up'), 5)).toEqual(['198.51.100.1', 'fe80::50:ff:fe00:20']);
});

test('a VLAN device that is deleted is gone with its addresses; the bond stays as it is', () => {
  const view = viewAfter('vlan-deleted');
  expect(view.links.has(5)).toBe(false);
  expect(addressesOf(view, 5)).toEqual([]);
  expect(suitable(view)).toEqual([bondChanged]);
});

test('its RTM_DELLINK alone does the same', () => {
  const deletion = decodeNetlink(golden('netlink/bond/vlan-deleted')).filter(({ type }) => type === linux.RTM_DELLINK);
  const datagram = Buffer.concat(deletion.map(encodeNetlink));
  const before = { ...initialNetworkWatch, view: viewAfter('up') };
  expect(stepNetworkWatch(before, { kind: 'received', datagram }).state.view).toEqual(viewAfter('vlan-deleted'));
});
