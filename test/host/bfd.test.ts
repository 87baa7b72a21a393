// BFD over a cable, on the real kernel: two of ours.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { wireEntry } from '#speaker/host/wire-entry.ts';
import { startWireThread } from '#speaker/host/wire-thread.ts';
import type { WantedBfd, WireObserved } from '#speaker/seam.ts';
import { eventually } from '#test/lab/eventually.ts';
import { createNamespace, deleteNamespace, ip, within } from '#test/lab/network/namespace.ts';
import { attempt, run } from '#test/lab/process/run.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { wireOptionsOf } from '#test/wire-input.ts';
import { BfdCable, expectDetection, ipv4, ipv6, pairs, type Pair } from './bfd-cable.ts';
import { monotonicMs, wantedBfd, type BfdNode } from './bfd-node.ts';
import { UdpStation } from './udp-station.ts';

const patience = { withinMs: 10_000, everyMs: 20 };

let line: BfdCable;
beforeEach(async () => {
  line = await BfdCable.create();
});
afterEach(() => line.remove());

describe.each(pairs)('two of ours over $name', (pair) => {
  test('come Up, and a cable that is cut is noticed', async () => {
    const [ours] = await line.upPair(pair);
    expect(ours.session).toMatchObject({ local: pair.own, failures: 0 });
    await sleep(1000);
    const when = await line.cut();
    const down = await ours.reaches('down', when.from);
    expectDetection(down.atMs, when, 300);
    expect(ours.session.failures).toBe(1);
    expect(ours.session.lastDetectionMs).toBeGreaterThanOrEqual(300);
  });

  test('whoever leaves is Down on purpose', async () => {
    const [ours, theirs] = await line.upPair(pair);
    await theirs.leave();
    await eventually(() => ours.session.peerAdminDown, patience);
    await sleep(1000);
    expect(ours.session).toMatchObject({ state: 'down', peerAdminDown: true, failures: 0 });
  });
});

/** A router between us and another node: what comes from there has hop limit 254. */
interface Far {
  readonly namespace: string;
  readonly address: string;
}

const beyond: Readonly<
  Record<'IPv4' | 'IPv6', { readonly near: string; readonly far: string; readonly bits: number }>
> = {
  IPv4: { near: '198.51.100.1', far: '198.51.100.2', bits: 24 },
  IPv6: { near: '2001:db8:c::1', far: '2001:db8:c::2', bits: 64 },
};

async function behindRouter({ name, own, peer }: Pair): Promise<Far> {
  const { near, far, bits } = beyond[name === 'IPv4' ? 'IPv4' : 'IPv6'];
  const [router, namespace] = [line.namespace, 'bfd-beyond'];
  await createNamespace(namespace, 'host');
  await run(
    within(router, ['sh', '-ec', 'cd /proc/sys/net; echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding']),
  );
  await ip(
    [`link add bfd-beyond-a type veth peer name bfd-beyond-b netns ${namespace}`, 'link set bfd-beyond-a up'],
    router,
  );
  await ip([`addr add ${near}/${bits} dev bfd-beyond-a${bits === 24 ? '' : ' nodad'}`], router);
  await ip(
    ['link set bfd-beyond-b up', `addr add ${far}/${bits} dev bfd-beyond-b${bits === 24 ? '' : ' nodad'}`],
    namespace,
  );
  await ip([`route add ${own} via ${near}`], namespace);
  await ip([`route add ${far} via ${peer}`]);
  return { namespace, address: far };
}

describe.each([ipv4, ipv6])('behind a router, over $name', (pair) => {
  let far: Far;
  beforeEach(async () => {
    far = await behindRouter(pair);
  });
  afterEach(() => deleteNamespace(far.namespace));

  const both = (changes: Partial<WantedBfd>): readonly [BfdNode, BfdNode] => {
    const [ours, theirs] = [line.start(), line.start(far.namespace)];
    ours.want(wantedBfd(far.address, changes));
    theirs.want(wantedBfd(pair.own, changes));
    return [ours, theirs];
  };

  test('a session of several hops is Up with as many as it may have', async () => {
    const [ours, theirs] = both({ multihop: true, leastHopLimit: 254 });
    await Promise.all([ours.reaches('up'), theirs.reaches('up')]);
    expect(ours.session).toMatchObject({ local: pair.own, multihop: true, counters: { dropped: 0 } });
  });

  test('and not with one more, which is counted', async () => {
    const [ours] = both({ multihop: true, leastHopLimit: 255 });
    await eventually(() => ours.session.counters.dropped > 1, patience);
    expect(ours.session).toMatchObject({ state: 'down', counters: { received: 0 } });
  });

  test('a session of one hop hears nothing that has passed a router', async () => {
    const pairOfOne = both({});
    await eventually(() => pairOfOne.every(({ session }) => session.counters.sent > 2), patience);
    const deaf = { state: 'down', counters: { received: 0, dropped: 0 } };
    expect(pairOfOne.map(({ session }) => session)).toMatchObject([deaf, deaf]);
  });
});

describe('two of ours', () => {
  // F20: routing is what the cluster thread has said; it is said once.
  test('a cluster thread that is blocked matters to nobody', async () => {
    const theirs = line.start(line.namespace);
    theirs.want(line.towardsUs(ipv4, { transmitIntervalMs: 300, receiveIntervalMs: 300 }));
    const wire = startWireThread({ entry: wireEntry(), options: wireOptionsOf('node') }, { log: new RecordedLog() });
    let observed: WireObserved | undefined;
    wire.channel.onMessage((message) => {
      if (message.kind === 'observed') observed = message;
    });
    const bfd = [line.towardsPeer(ipv4, { transmitIntervalMs: 300, receiveIntervalMs: 300 })];
    wire.channel.post({ kind: 'routing', sequence: 1, bfd, unnumbered: [] });
    await theirs.reaches('up');
    await eventually(() => observed?.bfd[0]?.state === 'up', patience);
    for (let count = 0; count < 3; count++) {
      const untilMs = performance.now() + 1500;
      while (performance.now() < untilMs);
      await sleep(300);
    }
    await eventually(() => (observed?.bfd[0]?.counters.received ?? 0) > 10, patience);
    expect(observed?.bfd[0]).toMatchObject({ state: 'up', failures: 0, counters: { ups: 1, dropped: 0 } });
    expect(theirs.session).toMatchObject({ state: 'up', failures: 0, counters: { ups: 1 } });
    await wire.stop('restart');
    await eventually(() => theirs.session.peerAdminDown, patience);
    expect(theirs.session.failures).toBe(0);
  });

  test('a stall of one, longer than its detection time, is no failure to it', async () => {
    // The other is patient with the one that stalls.
    const [ours, theirs] = [line.start(), line.start(line.namespace)];
    ours.want(line.towardsPeer(ipv4, { transmitIntervalMs: 50, receiveIntervalMs: 50, detectMultiplier: 40 }));
    theirs.want(line.towardsUs(ipv4, { transmitIntervalMs: 50, receiveIntervalMs: 50 }));
    await Promise.all([ours.reaches('up'), theirs.reaches('up')]);
    for (const ms of [200, 400, 1000]) {
      ours.stall(ms);
      await sleep(ms + 300);
    }
    ours.signal('SIGSTOP');
    await sleep(1000);
    ours.signal('SIGCONT');
    await sleep(500);
    expect(ours.session).toMatchObject({ state: 'up', failures: 0 });
    expect(theirs.session).toMatchObject({ state: 'up', failures: 0 });
  });

  test('a process that is stopped is missed', async () => {
    const [ours, theirs] = await line.upPair(ipv4, { transmitIntervalMs: 300, receiveIntervalMs: 300 });
    await sleep(1500);
    const from = monotonicMs();
    theirs.signal('SIGSTOP');
    const down = await ours.reaches('down', from);
    expectDetection(down.atMs, { from, to: from }, 900);
    theirs.signal('SIGCONT');
    await ours.reaches('up', down.atMs);
  });

  test('a session waits for its address', async () => {
    const [ours, theirs] = [line.start(), line.start(line.namespace)];
    ours.want(wantedBfd(ipv4.peer, { local: '192.0.2.12' as Ip }));
    theirs.want(wantedBfd('192.0.2.12'));
    await eventually(() => ours.last.problems[0]?.includes('192.0.2.12 is no address of this node'), patience);
    await ip([`addr add 192.0.2.12/24 dev ${line.cable.near.name}`]);
    await ours.reaches('up');
    expect(ours.last.problems).toEqual([]);
  });

  test('a port that another program has is told, and taken when it is free', async () => {
    const [first, second, theirs] = [line.start(), line.start(), line.start(line.namespace)];
    first.want(line.towardsPeer(ipv4));
    theirs.want(line.towardsUs(ipv4));
    await first.reaches('up');
    second.want(line.towardsPeer(ipv4));
    await eventually(() => second.last.problems[0]?.includes('UDP port 3784 of 192.0.2.11 is taken'), patience);
    await first.leave();
    await second.reaches('up');
    expect(second.last.problems).toEqual([]);
  });
});

const hasVrf = await attempt(['ip', 'link', 'add', 'bfd-probe', 'type', 'vrf', 'table', '9']).then(async ({ code }) => {
  if (code === 0) await ip(['link del bfd-probe']);
  return code === 0;
});

// Not every kernel has VRFs.
test.skipIf(!hasVrf)('a session of a VRF is spoken in there', async () => {
  await ip([
    'link add bfd-vrf type vrf table 77',
    'link set bfd-vrf up',
    `link set ${line.cable.near.name} master bfd-vrf`,
  ]);
  try {
    const [ours, theirs] = [line.start(), line.start(line.namespace)];
    ours.want(wantedBfd(ipv4.peer, { device: 'bfd-vrf' }));
    theirs.want(line.towardsUs(ipv4));
    await Promise.all([ours.reaches('up'), theirs.reaches('up')]);
    expect(ours.session).toMatchObject({ device: 'bfd-vrf', local: ipv4.own });
  } finally {
    await ip(['link del bfd-vrf']);
  }
});

describe('what is on the wire', () => {
  test.each([ipv4, ipv6])('over $name: hop limit 255, port 3784, one source port of its own', async (pair) => {
    const station = new UdpStation(line.cable.near);
    const sender = line.start(line.namespace);
    sender.want(line.towardsUs(pair));
    await eventually(() => station.heard.filter(({ to }) => to.port === 3784).length >= 2, patience);
    station.close();
    const heard = station.heard.filter(({ to }) => to.port === 3784);
    expect(new Set(heard.map(({ hopLimit, to }) => `${hopLimit} ${to.ip}`))).toEqual(new Set([`255 ${pair.own}`]));
    expect(new Set(heard.map(({ from }) => from.port)).size).toBe(1);
    expect(heard[0]?.from.port).toBeGreaterThanOrEqual(49_152);
  });
});
