// The lab must be able to fail: what it is trusted to notice, it notices.
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { claimsOf, framesFrom, watchLan } from '../capture/lan-watch.ts';
import { auditLogPath } from '../control-plane/apiserver.ts';
import { applyAccess } from '../control-plane/manifests.ts';
import { eventually } from '../eventually.ts';
import { cut, heal } from '../faults/cut.ts';
import type { Lab } from '../lab.ts';
import { ip } from '../network/namespace.ts';
import { Prober } from '../probe/prober.ts';
import { attempt } from '../process/run.ts';
import { useLab } from './use-lab.ts';

const address = '192.0.2.200';
const enter = join(import.meta.dirname, '../enter.ts');
const lab = useLab({ controllers: 0, speakers: false });

/** A Service whose address stands in status although nobody answers for it. */
async function serviceWithoutSpeaker({ admin }: Lab): Promise<void> {
  await admin.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      selector: { app: 'web' },
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'echo', port: 7, targetPort: 8080, protocol: 'UDP' },
      ],
    },
  });
  await admin.patch('/api/v1/namespaces/default/services/web/status', {
    status: { loadBalancer: { ingress: [{ ip: address }] } },
  });
}

/** The client is told by hand that the address is at n2; waits until n2 serves it. */
async function reachThroughN2(of: Lab): Promise<void> {
  const { mac } = of.node(2).addresses;
  await of.client.run(['ip', 'neigh', 'replace', address, 'lladdr', mac, 'dev', 'eth0', 'nud', 'permanent']);
  await eventually(() => of.client.askUdp(address, 7), { withinMs: 10_000, what: 'An answer through n2' });
}

function probe(of: Lab): Prober {
  return new Prober({ kind: 'udp', namespace: of.client.namespace, address, port: 7 });
}

test('without a speaker nobody answers ARP for an address', async () => {
  await serviceWithoutSpeaker(lab());
  await watchLan();
  await expect(lab().client.curl(address)).rejects.toThrow(/ended with (7|28)/);
  expect(await claimsOf(address)).toEqual([]);
  expect((await lab().client.neighbour(address))?.mac).toBeUndefined();
});

test('a second responder is seen', async () => {
  await watchLan();
  await ip([`address add ${address}/32 dev eth0`], 'n1');
  await lab()
    .client.curl(address)
    .catch(() => undefined);
  expect((await claimsOf(address)).map(({ mac }) => mac)).toEqual([lab().node(1).addresses.mac]);
  await ip([`address add ${address}/32 dev eth0`], 'n3');
  await lab().client.flushNeighbours();
  await lab()
    .client.curl(address)
    .catch(() => undefined);
  const macs = (await claimsOf(address)).map(({ mac }) => mac).toSorted();
  await Promise.all(['n1', 'n3'].map((node) => ip([`address delete ${address}/32 dev eth0`], node)));
  expect(macs).toEqual([lab().node(1).addresses.mac, lab().node(3).addresses.mac]);
});

test('a cut of 500 ms is measured as 500 ms, and the quiet before it as nothing', async () => {
  await serviceWithoutSpeaker(lab());
  await reachThroughN2(lab());
  const quiet = probe(lab());
  await quiet.started;
  await sleep(10_000);
  expect(await quiet.stop()).toMatchObject({ lost: 0, outageMs: 0, recovered: true });
  const disturbed = probe(lab());
  await disturbed.started;
  await sleep(500);
  const startedMs = performance.now();
  await cut('lan', 2);
  await sleep(500 - (performance.now() - startedMs));
  await heal('lan', 2);
  const lastedMs = performance.now() - startedMs;
  await sleep(500);
  const report = await disturbed.stop();
  expect(report.recovered).toBe(true);
  expect(Math.abs(report.outageMs - lastedMs)).toBeLessThan(30);
});

test('a node without power sends nothing, and its Node is no longer ready; with power it serves again', async () => {
  const node = lab().node(2);
  await node.powerOff();
  await watchLan();
  await eventually(
    async () => {
      const { status } = await lab().admin.get('/api/v1/nodes/n2');
      const conditions: readonly { type: string; status: string }[] = status.conditions;
      return conditions.find(({ type }) => type === 'Ready')?.status === 'Unknown';
    },
    { withinMs: 30_000, what: 'Node n2, not ready' },
  );
  expect(await framesFrom(node.addresses.mac)).toBe(0);
  await node.powerOn();
  await serviceWithoutSpeaker(lab());
  await reachThroughN2(lab());
});

test('a controller without rights is refused', async () => {
  await lab().admin.delete('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/ingot-controller');
  const program = await lab().startController(0);
  const refused = await eventually(() => refusals().find((line) => line.includes('"services"')), {
    withinMs: 20_000,
    what: 'A refusal of the controller in the audit log',
  });
  await program.stop('SIGKILL');
  await applyAccess(lab().admin);
  expect(refused).toContain('system:serviceaccount:metallb-system:controller');
});

/** What the audit log has of requests that access rights did not allow. */
function refusals(): readonly string[] {
  const lines = readFileSync(auditLogPath(lab().controlPlane.directory), 'utf8').split('\n');
  return lines.filter((line) => line.includes('"code":403'));
}

test('killing `enter` leaves no process behind', async () => {
  const words = 'sleep 86399.5';
  const child = spawn(process.execPath, [enter, 'sh', '-c', `${words} & ${words}`], { stdio: 'ignore' });
  const left = (): number => commandLines().filter((line) => line === words).length;
  await eventually(() => left() === 2, { withinMs: 10_000, what: 'Two processes inside' });
  child.kill('SIGKILL');
  await eventually(() => left() === 0, { withinMs: 5_000, what: 'The end of all processes' });
  expect(left()).toBe(0);
});

/** Of every process that can be seen. */
function commandLines(): readonly string[] {
  return globSync('/proc/[0-9]*/cmdline').map((path) => {
    try {
      return readFileSync(path, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  });
}

test('two labs do not see each other', async () => {
  const script = 'ip netns list; ip -br link; cat /proc/[0-9]*/comm';
  const other = await attempt([process.execPath, enter, 'sh', '-c', script]);
  expect(other.code).toBe(0);
  expect(other.stdout).toContain('lo ');
  expect(other.stdout).not.toMatch(/n1|mgmt|kube|etcd/);
});
