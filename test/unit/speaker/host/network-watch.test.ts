import { expect, test } from 'vitest';
import { linux } from '#speaker/host/linux.ts';
import { decodeNetlink, encodeNetlink, type NetlinkMessage } from '#speaker/host/netlink.ts';
import { stateOf } from '#speaker/host/network-view.ts';
import {
  initialNetworkWatch,
  maxWaitingEvents,
  stepNetworkWatch,
  type NetworkWatchEffect,
  type NetworkWatchEvent,
  type NetworkWatchState,
} from '#speaker/host/network-watch.ts';
import { Runner } from '#shared/runtime/runner.ts';
import { golden } from '#test/golden/golden.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

/** The messages as a kernel sends them in answer to request `sequence`, and as events. */
const answers = (name: string, sequence: number): Uint8Array => rewritten(name, { flags: linux.NLM_F_MULTI, sequence });
const events = (name: string): Uint8Array => rewritten(name, { flags: 0, sequence: 0 });

function rewritten(name: string, change: Partial<NetlinkMessage>): Uint8Array {
  return Buffer.concat(
    decodeNetlink(golden(`netlink/${name}`)).map((message) => encodeNetlink({ ...message, ...change })),
  );
}

const done = (sequence: number, flags: number = linux.NLM_F_MULTI): Uint8Array =>
  encodeNetlink({ type: linux.NLMSG_DONE, flags, sequence, payload: new Uint8Array(4) });

/** A kernel that a test plays by hand. */
class Conversation {
  readonly clock = new VirtualClock();
  readonly requests: { readonly type: number; readonly sequence: number }[] = [];
  /** Names of links after each change. */
  readonly seen: string[] = [];
  readonly #runner: Runner<NetworkWatchState, NetworkWatchEvent, NetworkWatchEffect>;

  constructor() {
    this.#runner = new Runner({ initial: initialNetworkWatch, step: stepNetworkWatch }, this.clock, (effect) => {
      if (effect.kind === 'changed') this.seen.push(this.#summary());
      else this.requests.push(...decodeNetlink(effect.bytes).map(({ type, sequence }) => ({ type, sequence })));
    });
    this.#runner.dispatch({ kind: 'start' });
  }

  #summary(): string {
    const { links, addresses, gateways } = stateOf(this.#runner.state.view);
    const names = [...links.values()].map(({ name }) => name);
    return [...names, ...addresses.map(({ ip }) => ip), ...gateways.map(({ ip }) => `via ${ip}`)].join(', ');
  }

  receive(datagram: Uint8Array): void {
    this.#runner.dispatch({ kind: 'received', datagram });
  }

  overflow(): void {
    this.#runner.dispatch({ kind: 'overflow' });
  }

  /** Of the request that is out. */
  get sequence(): number {
    return this.requests.at(-1)?.sequence ?? 0;
  }

  answer(name?: string): void {
    if (name !== undefined) this.receive(answers(name, this.sequence));
    this.receive(done(this.sequence));
  }

  dump(): void {
    this.answer('link-veth');
    this.answer('addresses');
    this.answer('routes');
  }
}

const everything =
  'lan0, 192.0.2.1, 2001:db8::1, fe80::50:ff:fe00:1, via 192.0.2.254, via 192.0.2.252, via 192.0.2.253, via fe80::1';

test('links, addresses and routes are asked for one after the other, and seen together', () => {
  const kernel = new Conversation();
  kernel.answer('link-veth');
  kernel.answer('addresses');
  expect(kernel.seen).toEqual([]);
  kernel.answer('routes');
  expect(kernel.requests.map(({ type }) => type)).toEqual([linux.RTM_GETLINK, linux.RTM_GETADDR, linux.RTM_GETROUTE]);
  expect(kernel.seen).toEqual([everything]);
});

test('each minute everything is asked for again; what is the same is no change', () => {
  const kernel = new Conversation();
  kernel.dump();
  kernel.clock.advance(60_000);
  expect(kernel.requests).toHaveLength(4);
  kernel.dump();
  expect(kernel.seen).toHaveLength(1);
  kernel.clock.advance(60_000);
  kernel.answer('link-loopback');
  kernel.answer();
  kernel.answer();
  expect(kernel.seen.at(-1)).toBe('lo');
});

test('an event changes what is seen; the same again does not', () => {
  const kernel = new Conversation();
  kernel.dump();
  kernel.receive(events('link-loopback'));
  kernel.receive(events('link-loopback'));
  expect(kernel.seen).toEqual([everything, everything.replace('lan0', 'lan0, lo')]);
});

test('a deleted link takes its addresses and gateways with it', () => {
  const kernel = new Conversation();
  kernel.dump();
  kernel.receive(events('link-loopback'));
  kernel.receive(rewritten('link-veth', { type: linux.RTM_DELLINK, flags: 0, sequence: 0 }));
  expect(kernel.seen.at(-1)).toBe('lo');
});

test('an address that is removed is gone', () => {
  const kernel = new Conversation();
  kernel.dump();
  kernel.receive(rewritten('addresses', { type: linux.RTM_DELADDR, flags: 0, sequence: 0 }));
  expect(kernel.seen.at(-1)).toBe('lan0, via 192.0.2.254, via 192.0.2.252, via 192.0.2.253, via fe80::1');
});

test('a port that leaves its bridge stays', () => {
  const kernel = new Conversation();
  kernel.dump();
  kernel.receive(events('bridge-port-left'));
  expect(kernel.seen).toHaveLength(1);
});

test('an event during a dump is applied after it', () => {
  const kernel = new Conversation();
  kernel.answer('link-veth');
  kernel.receive(rewritten('addresses', { type: linux.RTM_DELADDR, flags: 0, sequence: 0 }));
  kernel.answer('addresses');
  kernel.answer();
  expect(kernel.seen).toEqual(['lan0']);
});

test('an event that carries the number of our request is still an event', () => {
  const kernel = new Conversation();
  kernel.receive(rewritten('link-loopback', { flags: 0, sequence: kernel.sequence }));
  kernel.dump();
  expect(kernel.seen).toEqual([everything.replace('lan0', 'lan0, lo')]);
});

test.each<[string, (kernel: Conversation) => void]>([
  ['lost messages', (kernel) => kernel.overflow()],
  ['an interrupted dump', (kernel) => kernel.receive(done(kernel.sequence, linux.NLM_F_MULTI | linux.NLM_F_DUMP_INTR))],
  [
    'a refusal',
    (kernel) =>
      kernel.receive(
        encodeNetlink({ type: linux.NLMSG_ERROR, flags: 0, sequence: kernel.sequence, payload: new Uint8Array(20) }),
      ),
  ],
  ['a message that cannot be read', (kernel) => kernel.receive(golden('netlink/link-veth').subarray(0, 50))],
])('after %s everything is asked for again, and meanwhile the old view stays', (_, disturb) => {
  const kernel = new Conversation();
  kernel.dump();
  kernel.clock.advance(60_000);
  kernel.answer('link-loopback');
  disturb(kernel);
  kernel.answer();
  expect(kernel.seen).toHaveLength(1);
  const before = kernel.requests.length;
  kernel.clock.advance(100);
  expect(kernel.requests.slice(before).map(({ type }) => type)).toEqual([linux.RTM_GETLINK]);
  kernel.answer('link-loopback');
  kernel.answer();
  kernel.answer();
  expect(kernel.seen.at(-1)).toBe('lo');
});

test('more events during a dump than are kept begin it anew', () => {
  const kernel = new Conversation();
  const one = events('link-loopback');
  kernel.receive(Buffer.concat(Array.from({ length: maxWaitingEvents + 1 }, () => one)));
  kernel.dump();
  expect(kernel.seen).toEqual([]);
  kernel.clock.advance(100);
  kernel.dump();
  expect(kernel.seen).toEqual([everything]);
});
