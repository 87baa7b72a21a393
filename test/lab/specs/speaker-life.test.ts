// Speakers are killed, stopped, upgraded and cut off from the apiserver: an address belongs to a node, never to a process.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { watchLan } from '../capture/lan-watch.ts';
import type { ClusterNode } from '../cluster-node.ts';
import { addressesOf, announcerOf, servicePath } from '../services.ts';
import { endpointSlice, service } from './objects.ts';
import { claimants } from './seen.ts';
import { claiming, learnAnew, probe, serve } from './serve.ts';
import { useLab } from './use-lab.ts';

const timeout = 15_000;
/** By then a speaker that came back has said what it has to say. */
const settledMs = 3_000;
const minReadyMs = 3_000;
const minuteMs = 60_000;
const lab = useLab({ controllers: 1, bundled: true });

interface Cost {
  /** Probes of a client that knows the address. */
  readonly lost: { readonly udp: number; readonly http: number };
  /** Other nodes that have claimed the address. */
  readonly takenBy: readonly (string | undefined)[];
  readonly owner: ClusterNode;
  readonly address: string;
}

const none: Cost['lost'] = { udp: 0, http: 0 };

/** What something costs that happens to the owner of an address. */
async function costOf(happens: (owner: ClusterNode, address: string) => Promise<unknown>): Promise<Cost> {
  const { address, owner } = await serve(lab());
  await learnAnew(lab(), address);
  await watchLan();
  const [udp, http] = [await probe(lab(), 'udp', address), await probe(lab(), 'tcp', address)];
  await happens(owner, address);
  await sleep(settledMs);
  const [byUdp, byHttp] = await Promise.all([udp.stop(), http.stop()]);
  const macs = await claiming(address);
  return {
    lost: { udp: byUdp.lost, http: byHttp.lost },
    takenBy: macs.map((mac) => lab().nodeWithMac(mac)?.name).filter((name) => name !== owner.name),
    owner,
    address,
  };
}

async function expectOnlyOwner({ lost, takenBy, owner, address }: Cost): Promise<void> {
  expect({ lost, takenBy }).toEqual({ lost: none, takenBy: [] });
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
  expect(await announcerOf(lab(), 'web')).toBe(owner);
}

test('a speaker is killed and back within a second: nothing is lost, and nobody else takes its address', async () => {
  const cost = await costOf(async (owner) => {
    await owner.restartSpeaker('SIGKILL');
    await expect.poll(() => owner.speakerReadiness(), { timeout }).toBe('ok\n');
  });
  await expectOnlyOwner(cost);
});

test('a speaker is stopped for 1.5 s: nothing is lost, and nobody else takes its address', async () => {
  const cost = await costOf(async ({ speaker }) => {
    speaker?.kill('SIGSTOP');
    await sleep(1_500);
    speaker?.kill('SIGCONT');
  });
  await expectOnlyOwner(cost);
});

test('a speaker is stopped for 5 s: another node takes its address, and a client that knows it loses nothing', async () => {
  const { lost, takenBy, owner, address } = await costOf(async ({ speaker }) => {
    speaker?.kill('SIGSTOP');
    await sleep(5_000);
    speaker?.kill('SIGCONT');
  });
  expect(lost).toEqual(none);
  expect(takenBy).toHaveLength(1);
  const [mac, ...others] = await claimants(lab().client, address);
  expect(others).toEqual([]);
  expect(lab().nodeWithMac(mac)).not.toBe(owner);
});

test('all speakers are upgraded, each new one beside the old one: nothing is lost, and nobody else takes the address', async () => {
  const cost = await costOf(async () => {
    for (const node of lab().nodes) await node.upgradeSpeaker(minReadyMs);
  });
  await expectOnlyOwner(cost);
});

test('all speakers are restarted one after the other: nothing is lost, and nobody else takes the address', async () => {
  const cost = await costOf(async () => {
    for (const node of lab().nodes) {
      await node.restartSpeaker();
      await expect.poll(() => node.speakerReadiness(), { timeout }).toBe('ok\n');
    }
  });
  await expectOnlyOwner(cost);
});

test(
  'the apiserver is away for a minute, and the speaker is killed meanwhile: nothing changes on the LAN',
  async () => {
    const cost = await costOf(async (owner) => {
      // What it knows is on disk by then.
      await sleep(6_000);
      const awayMs = performance.now();
      await lab().controlPlane.killApiserver();
      try {
        await sleep(settledMs);
        await owner.restartSpeaker('SIGKILL');
        await sleep(minuteMs - (performance.now() - awayMs));
      } finally {
        await lab().controlPlane.restartApiserver();
      }
    });
    expect({ lost: cost.lost, takenBy: cost.takenBy }).toEqual({ lost: none, takenBy: [] });
    // Whoever watches the apiserver asks for it again each half minute.
    await lab().admin.apply(endpointSlice('late', { nodes: [1, 2, 3] }));
    await lab().admin.create(service('late', { selector: undefined }));
    const late = async (): Promise<readonly string[]> => addressesOf(await lab().admin.get(servicePath('late')));
    await expect.poll(late, { timeout: minuteMs }).toHaveLength(1);
    const [address = ''] = await late();
    // Served it is once kube-proxy is back too, which takes its own time.
    await expect.poll(() => claimants(lab().client, address, 1), { timeout: minuteMs }).toHaveLength(1);
    expect(await claimants(lab().client, cost.address)).toEqual([cost.owner.addresses.mac]);
    const readiness = (): Promise<readonly string[]> => Promise.all(lab().nodes.map((node) => node.speakerReadiness()));
    await expect.poll(readiness, { timeout: minuteMs }).toEqual(['ok\n', 'ok\n', 'ok\n']);
  },
  4 * minuteMs,
);
