// Speakers, nodes, passwords and routers come and go: what it costs a client beyond the router.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ClusterNode } from '../cluster-node.ts';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { eventually } from '../eventually.ts';
import { nodeAddresses, type NodeNumber } from '../network/addresses.ts';
import { hasRouters } from '../parts/routers.ts';
import type { ProbeReport } from '../probe/report.ts';
import { namespace } from '../programs/speaker.ts';
import { startFrr } from '../routers/frr.ts';
import type { Router } from '../routers/router.ts';
import { announce, patience, probeFromOutside, reachedBy, startRouter, startRouterFor, watchNextHops } from './bgp.ts';
import { excludeUntilTestEnds } from './exclude.ts';
import { useLab } from './use-lab.ts';

const timeout = 20_000;
const all: readonly NodeNumber[] = [1, 2, 3];
/** By then whoever came back has said what it has to say. */
const settledMs = 2_000;
/** Before anything happens. */
const quietMs = 1_000;
const minReadyMs = 2_000;
const holdTimeMs = 9_000;
/** A Pod's terminationGracePeriodSeconds. */
const graceMs = 30_000;
const bfd = { intervalMs: 100, multiplier: 3 } as const;
/** BFD's detection, and what it takes until the kernel has other routes; twice that where a machine is busy with tests. */
const noticedWithinMs = 2 * (bfd.intervalMs * bfd.multiplier + 100);

interface Cost extends ProbeReport {
  /** Of the router's kernel, at any time. */
  readonly fewestNextHops: number;
}

const quick: KubeObject = {
  apiVersion: 'metallb.io/v1beta1',
  kind: 'BFDProfile',
  metadata: { name: 'quick', namespace },
  spec: { transmitInterval: bfd.intervalMs, receiveInterval: bfd.intervalMs, detectMultiplier: bfd.multiplier },
};

async function restarted(which: ClusterNode, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  await which.restartSpeaker(signal);
  await expect.poll(() => which.speakerReadiness(), { timeout }).toBe('ok\n');
}

async function expectAllBack(router: Router, address: string): Promise<void> {
  await eventually(async () => {
    const sessions = (await router.sessions()).filter(({ isEstablished }) => isEstablished);
    const held = (await router.rib('IPv4')).filter(({ prefix }) => prefix === `${address}/32`);
    const isBack = sessions.length === all.length && held.length === all.length;
    if (isBack && held.every(({ isStale }) => !isStale)) return true;
    throw new Error(`${sessions.length} sessions, ${JSON.stringify(held)}`);
  }, patience);
}

describe.skipIf(!hasRouters())('behind FRR', () => {
  const lab = useLab({ controllers: 1, bundled: true });
  const node = (number: NodeNumber): ClusterNode => lab().node(number);

  /** What something costs while all nodes announce, each with a Pod that keeps to itself. */
  async function costOf(
    router: Router,
    happens: (address: string) => Promise<unknown>,
    peer: Readonly<Record<string, unknown>> = {},
  ): Promise<Cost> {
    const address = await announce(lab(), { externalTrafficPolicy: 'Local', peer });
    await reachedBy(router, address, all);
    await expect.poll(() => lab().outside.curl(address), { timeout }).toBeTruthy();
    const prober = await probeFromOutside(lab(), 'tcp', address);
    const watch = watchNextHops(address);
    try {
      await sleep(quietMs);
      await happens(address);
      await sleep(settledMs);
    } finally {
      await Promise.all([prober.stop(), watch.stop()]);
    }
    return { ...(await prober.stop()), fewestNextHops: await watch.stop() };
  }

  async function killed(router: Router, address: string): Promise<void> {
    await restarted(node(2), 'SIGKILL');
    await expectAllBack(router, address);
  }

  /** A signal to drain that leaves its Pods and its sessions alone. */
  async function taintUntilTestEnds({ name }: ClusterNode): Promise<void> {
    const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoSchedule' };
    await patchUntilTestEnds(name, { taints: [taint] }, { taints: [] });
  }

  function cordonUntilTestEnds({ name }: ClusterNode): Promise<void> {
    return patchUntilTestEnds(name, { unschedulable: true }, { unschedulable: null });
  }

  async function patchUntilTestEnds(name: string, spec: object, before: object): Promise<void> {
    const patch = async (to: object): Promise<void> => {
      await lab().admin.patch(`/api/v1/nodes/${name}`, { spec: to });
    };
    onTestFinished(() => patch(before));
    await patch(spec);
  }

  test('a speaker is killed and back: nothing is lost', async () => {
    const router = await startRouterFor(startFrr, all);
    const peer = { connectTime: '10s' };
    const { lost, fewestNextHops } = await costOf(router, (address) => killed(router, address), peer);
    expect({ lost, fewestNextHops }).toEqual({ lost: 0, fewestNextHops: all.length });
  });

  // FRR hears the end of the connection first, keeps the routes, and what BFD says after that changes nothing.
  test('a speaker is killed and back, and BFD notices: nothing is lost', async () => {
    await lab().admin.apply(quick);
    const router = await startRouterFor(startFrr, all, { bfd });
    const peer = { bfdProfile: 'quick' };
    const { lost, fewestNextHops } = await costOf(router, (address) => killed(router, address), peer);
    expect({ lost, fewestNextHops }).toEqual({ lost: 0, fewestNextHops: all.length });
  });

  test('a speaker is stopped on a node that is cordoned: its routes go, and nothing is lost', async () => {
    const router = await startRouter(startFrr);
    const { lost } = await costOf(router, async (address) => {
      await cordonUntilTestEnds(node(3));
      await node(3).speaker?.stop('SIGTERM', graceMs);
      await reachedBy(router, address, [1, 2]);
    });
    expect(lost).toBe(0);
  });

  test('all speakers are restarted one after the other: nothing is lost', async () => {
    const router = await startRouterFor(startFrr, all);
    const { lost, fewestNextHops } = await costOf(router, async (address) => {
      for (const each of lab().nodes) {
        await restarted(each, 'SIGTERM');
        await expectAllBack(router, address);
      }
    });
    expect({ lost, fewestNextHops }).toEqual({ lost: 0, fewestNextHops: all.length });
  });

  test('a speaker is upgraded, the new one beside the old one: nothing is lost', async () => {
    const router = await startRouterFor(startFrr, all);
    const { lost, fewestNextHops } = await costOf(router, async (address) => {
      await node(1).upgradeSpeaker(minReadyMs);
      await expectAllBack(router, address);
    });
    expect({ lost, fewestNextHops }).toEqual({ lost: 0, fewestNextHops: all.length });
  });

  test.each([
    ['excluded from load balancers', false, (which: ClusterNode) => excludeUntilTestEnds(lab(), which)],
    ['out of service', true, (which: ClusterNode) => taintUntilTestEnds(which)],
  ])('a node is %s: its routes go and nothing is lost', async (_, keepsSession, drain) => {
    const router = await startRouter(startFrr);
    const { lost } = await costOf(router, async (address) => {
      await drain(node(3));
      await reachedBy(router, address, [1, 2]);
    });
    expect(lost).toBe(0);
    const session = (await router.sessions()).find(({ address }) => address === nodeAddresses(3).ipv4);
    expect(session?.isEstablished ?? false).toBe(keepsSession);
  });

  test('a node loses its power: traffic is whole again within the hold time', async () => {
    const router = await startRouter(startFrr);
    const { outageMs, recovered, lost } = await costOf(router, async (address) => {
      await node(2).powerOff();
      await reachedBy(router, address, [1, 3]);
    });
    expect({ recovered, lost: lost > 0 }).toEqual({ recovered: true, lost: true });
    expect(outageMs).toBeLessThan(holdTimeMs + 500);
  });

  test('a node loses its power: with BFD traffic is whole again as soon as that has noticed', async () => {
    const router = await startRouter(startFrr, { bfd });
    await lab().admin.apply(quick);
    const { outageMs, recovered } = await costOf(
      router,
      async (address) => {
        await node(2).powerOff();
        await reachedBy(router, address, [1, 3]);
      },
      { bfdProfile: 'quick' },
    );
    expect(recovered).toBe(true);
    expect(outageMs).toBeLessThan(noticedWithinMs);
  });

  test('the password is another one, in the Secret and at the router: sessions begin, and no speaker is restarted', async () => {
    const say = (password: string): Promise<unknown> =>
      lab().admin.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'router', namespace },
        type: 'kubernetes.io/basic-auth',
        stringData: { username: '', password },
      });
    onTestFinished(async () => {
      await lab().admin.delete(`/api/v1/namespaces/${namespace}/secrets/router`);
    });
    await say('first');
    const before = await startRouterFor(startFrr, all, { password: 'first' });
    const address = await announce(lab(), { peer: { passwordSecret: { name: 'router' } } });
    await reachedBy(before, address, all);
    const pids = lab().nodes.map(({ speaker }) => speaker?.pid);
    await before.stop();
    const after = await startRouterFor(startFrr, all, { password: 'second' });
    await say('second');
    await reachedBy(after, address, all);
    expect(lab().nodes.map(({ speaker }) => speaker?.pid)).toEqual(pids);
  });

  // The last of all: watches come back in their own time.
  test('a speaker is killed while the apiserver is away: nothing is lost, and its routes are told again', async () => {
    const router = await startRouterFor(startFrr, all);
    const { lost, fewestNextHops } = await costOf(router, async (address) => {
      // What it knows is on disk by then.
      await sleep(6_000);
      await lab().controlPlane.killApiserver();
      try {
        await node(2).restartSpeaker('SIGKILL');
        await expectAllBack(router, address);
      } finally {
        await lab().controlPlane.restartApiserver();
      }
    });
    expect({ lost, fewestNextHops }).toEqual({ lost: 0, fewestNextHops: all.length });
  });
});
