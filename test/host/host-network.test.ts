// Interfaces and addresses as netlink tells them, on a real kernel. This one has neither bonds nor VLAN devices: what another kernel told
// of them is replayed by test/unit/speaker/host/network-bond.test.ts.
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#shared/runtime/system.ts';
import { LinuxHostNetwork } from '#speaker/host/linux-host-network.ts';
import type { HostNetworkState, Link } from '#speaker/l2/host-network.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip } from '#test/lab/network/namespace.ts';

/** What is told of the interfaces whose names begin with `t-`; others may come and go beside. */
class Told {
  /** Each different state, as text. */
  readonly states: string[] = [];
  last: HostNetworkState | undefined;
  readonly #network: LinuxHostNetwork;

  constructor(options: ConstructorParameters<typeof LinuxHostNetwork>[0] = {}) {
    this.#network = new LinuxHostNetwork(options, { clock: systemClock });
    this.#network.start((state) => {
      this.last = state;
      const text = describe(state);
      if (text !== this.states.at(-1)) this.states.push(text);
    });
  }

  stop(): void {
    this.#network.stop();
  }

  link(name: string): Link | undefined {
    return [...(this.last?.links.values() ?? [])].find((link) => link.name === name);
  }

  /** The states that come after those seen so far, when something happens; as many as expected, or what came in time. */
  async after(happen: readonly string[], count: number): Promise<readonly string[]> {
    const already = this.states.length;
    await ip(happen);
    await eventually(() => this.states.length >= already + count, atOnce).catch(() => {});
    return this.states.slice(already);
  }
}

function describe({ links, addresses }: HostNetworkState): string {
  const ours = [...links.values()].filter(({ name }) => name.startsWith('t-'));
  return ours
    .toSorted((a, b) => a.index - b.index)
    .map(({ index, name, up, lowerUp, master }) => {
      const own = addresses.filter((one) => one.interfaceIndex === index && !one.ip.includes(':'));
      const marks = [up ? 'up' : 'down', ...(lowerUp ? ['carrier'] : []), ...(master === undefined ? [] : ['port'])];
      return [name, ...marks, ...own.map((one) => `${one.ip}/${one.prefixBits}`)].join(' ');
    })
    .join('; ');
}

const soon = { withinMs: 2000, everyMs: 5 };
/** The goal for a change of a link or an address. */
const atOnce = { withinMs: 100, everyMs: 5 };

let told: Told;
beforeEach(async () => {
  // The far end is in no namespace of its own, and without IPv6: nothing but what a test does may happen.
  await ip(['link add name t-near type veth peer name far', 'link set far up']);
  told = new Told();
  await eventually(() => told.states.length > 0, soon);
});
afterEach(async () => {
  told.stop();
  await ip(['link del far']).catch(() => {});
});

test('links, addresses and gateways that were there before', async () => {
  await ip(['link set t-near up', 'addr add 192.0.2.1/24 dev t-near', 'route add default via 192.0.2.254']);
  const later = new Told();
  await eventually(() => later.last, soon);
  expect(later.states).toEqual(['t-near up carrier 192.0.2.1/24']);
  expect(later.last?.gateways).toEqual([{ interfaceIndex: later.link('t-near')?.index, ip: '192.0.2.254' }]);
  expect(later.link('t-near')).toMatchObject({ kind: 'veth', ethernet: true, loopback: false, mtu: 1500 });
  later.stop();
});

test('switched on and off: one change each', async () => {
  expect(await told.after(['link set t-near up'], 1)).toEqual(['t-near up carrier']);
  expect(await told.after(['link set t-near down'], 1)).toEqual(['t-near down']);
});

test('carrier lost and back: one change each', async () => {
  await ip(['link set t-near up']);
  await eventually(() => told.states.at(-1) === 't-near up carrier', soon);
  expect(await told.after(['link set far down'], 1)).toEqual(['t-near up']);
  expect(await told.after(['link set far up'], 1)).toEqual(['t-near up carrier']);
});

test('an address added and removed', async () => {
  expect(await told.after(['addr add 192.0.2.1/24 dev t-near'], 1)).toEqual(['t-near down 192.0.2.1/24']);
  expect(await told.after(['addr add 192.0.2.2/24 dev t-near'], 1)).toEqual(['t-near down 192.0.2.1/24 192.0.2.2/24']);
  expect(await told.after(['addr del 192.0.2.2/24 dev t-near'], 1)).toEqual(['t-near down 192.0.2.1/24']);
});

test('a new name', async () => {
  expect(await told.after(['link set t-near name t-other'], 1)).toEqual(['t-other down']);
});

test('a new MAC', async () => {
  await ip(['link set t-near address 02:50:00:00:00:33']);
  const mac = await eventually(() => told.link('t-near')?.mac?.startsWith('02:50') && told.link('t-near')?.mac, soon);
  expect(mac).toBe('02:50:00:00:00:33');
});

test('an interface that joins a bridge and leaves it stays the same interface', async () => {
  const index = told.link('t-near')?.index;
  await ip(['link add name test-bridge type bridge', 'link set t-near master test-bridge']);
  await eventually(() => told.states.at(-1) === 't-near down port', soon);
  expect(told.last?.links.get(told.link('t-near')?.master ?? 0)?.kind).toBe('bridge');
  await ip(['link set t-near nomaster', 'link del test-bridge']);
  await eventually(() => told.states.at(-1) === 't-near down', soon);
  expect(told.link('t-near')?.index).toBe(index);
});

test('an interface that is deleted and made again is another one', async () => {
  const index = told.link('t-near')?.index;
  expect(await told.after(['link del t-near'], 1)).toEqual(['']);
  expect(await told.after(['link add name t-near type veth peer name far'], 1)).toEqual(['t-near down']);
  expect(told.link('t-near')?.index).not.toBe(index);
});

test('with room for hardly any event, a burst of them ends in the right state all the same', async () => {
  const cramped = new Told({ receiveBufferOctets: 2304 });
  await eventually(() => cramped.last, { withinMs: 5000, everyMs: 5 });
  const addresses = Array.from({ length: 200 }, (_, at) => `addr add 192.0.2.${at + 1}/32 dev t-near`);
  // One burst, while this thread reads nothing: `ip` is run to its end in the same turn.
  spawnSync('ip', ['-batch', '-'], { input: [...addresses, 'addr del 192.0.2.7/32 dev t-near'].join('\n') });
  const expected = describe(await settled(cramped, 199));
  expect(expected).not.toContain('192.0.2.7/32');
  expect(expected).toContain('192.0.2.200/32');
  cramped.stop();
});

async function settled(network: Told, addresses: number): Promise<HostNetworkState> {
  const look = (): HostNetworkState | undefined => {
    const index = network.link('t-near')?.index;
    const own = network.last?.addresses.filter(({ interfaceIndex }) => interfaceIndex === index) ?? [];
    return own.length === addresses ? network.last : undefined;
  };
  return eventually(look, { withinMs: 10_000, everyMs: 20 });
}
