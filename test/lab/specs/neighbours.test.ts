// ARP and NDP as others see them: arping and ndisc6, a Linux client's own neighbour table in every state, and tshark's eye on every frame.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LanCapture } from '../capture/lan-capture.ts';
import type { ClusterNode } from '../cluster-node.ts';
import { run } from '../process/run.ts';
import { lackOf } from '../packages.ts';
import { eventually } from '../eventually.ts';
import { allocated } from '../services.ts';
import { echo, http, l2Advertisement, lanAddresses, pool, service } from './objects.ts';
import { useLab } from './use-lab.ts';

const timeout = 10_000;
const servedWithinMs = 20_000;
const nobodysAddress = '192.0.2.239';
const lab = useLab({ controllers: 1 });

interface Served {
  readonly ipv4: string;
  readonly ipv6: string;
  /** They are normally one. */
  readonly owner: { readonly ipv4: ClusterNode; readonly ipv6: ClusterNode };
}

/** Both addresses of a Service named web, with Pods on every node that keep to themselves; its owners serve. */
async function serveBoth(): Promise<Served> {
  await lab().admin.apply(pool('lan', [lanAddresses.ipv4, lanAddresses.ipv6]));
  await lab().admin.apply(l2Advertisement('lan'));
  const spec = { ipFamilyPolicy: 'RequireDualStack', externalTrafficPolicy: 'Local', ports: [http, echo] };
  await lab().admin.create(service('web', spec));
  const [ipv4, ipv6 = ''] = await allocated(lab(), 'web');
  return { ipv4, ipv6, owner: { ipv4: await ownerOf(ipv4), ipv6: await ownerOf(ipv6) } };
}

/** The node that the client finds and that serves it. */
function ownerOf(address: string): Promise<ClusterNode> {
  return eventually(
    async () => {
      const { pod } = await lab().client.curl(address);
      return lab().nodes.find(({ addresses }) => addresses.pod.name === pod);
    },
    { withinMs: servedWithinMs, what: `An answer of ${address}` },
  );
}

test('arping hears one MAC address, broadcast and unicast, and that the address is taken when it wants it', async ({
  skip,
}) => {
  const lack = lackOf('arping');
  skip(lack !== undefined, lack);
  const { ipv4, owner } = await serveBoth();
  const asked = await lab().client.run(['arping', '-I', 'eth0', '-c', '3', ipv4]);
  const macs = Array.from(asked.matchAll(/reply from \S+ \[([0-9A-F:]+)\]/g), ([, mac = '']) => mac.toLowerCase());
  const { mac: own } = owner.ipv4.addresses;
  expect(macs).toEqual([own, own, own]);
  const duplicate = await lab().client.attempt(['arping', '-D', '-I', 'eth0', '-c', '2', ipv4]);
  expect(duplicate.code).toBe(1);
  const nobody = await lab().client.attempt(['arping', '-I', 'eth0', '-c', '1', '-w', '1', nobodysAddress]);
  expect(nobody.stdout).toContain('Received 0 response');
});

test('ndisc6 finds the MAC address of an IPv6 address', async ({ skip }) => {
  const lack = lackOf('ndisc6');
  skip(lack !== undefined, lack);
  const { ipv6, owner } = await serveBoth();
  const asked = await lab().client.run(['ndisc6', '-q', '-1', ipv6, 'eth0']);
  expect(asked.trim().toLowerCase()).toBe(owner.ipv6.addresses.mac);
});

/** As iproute2 names them; what the client's kernel does in each to find out whether it is still true. */
const states = ['reachable', 'stale', 'delay', 'probe', 'failed', 'none'] as const;

test.each(states)('a client whose entry is %s finds the address, in both families', async (state) => {
  const { ipv4, ipv6, owner } = await serveBoth();
  const { client } = lab();
  for (const family of ['ipv4', 'ipv6']) {
    // From DELAY to PROBE, and so to a unicast question, in a second instead of five.
    await client.run(['sysctl', '-q', `net.${family}.neigh.eth0.delay_first_probe_time=1`]);
  }
  for (const [address, { addresses }] of [[ipv4, owner.ipv4] as const, [ipv6, owner.ipv6] as const]) {
    const entry = [address, 'dev', 'eth0'];
    if (state === 'none') await client.attempt(['ip', 'neigh', 'delete', ...entry]);
    else if (state === 'failed') await client.run(['ip', 'neigh', 'replace', ...entry, 'nud', state]);
    else await client.run(['ip', 'neigh', 'replace', ...entry, 'lladdr', addresses.mac, 'nud', state]);
    // Datagrams confirm nothing: the kernel has to ask.
    expect(await client.askUdp(address, echo.port)).toMatchObject({ pod: addresses.pod.name });
    const reachable = { mac: addresses.mac, state: ['REACHABLE'] };
    await expect.poll(() => client.neighbour(address), { timeout }).toEqual(reachable);
  }
});

test('tshark finds nothing wrong with what the owner of an address says', async ({ skip }) => {
  const lack = lackOf('tshark');
  skip(lack !== undefined, lack);
  const path = join(lab().logDirectory, 'neighbours.pcap');
  const capture = await LanCapture.start(path, 'all');
  const { ipv4, ipv6, owner } = await serveBoth();
  for (let round = 0; round < 3; round++) {
    await lab().client.flushNeighbours();
    for (const address of [ipv4, ipv6]) await lab().client.curl(address);
  }
  await capture.stop();
  const ofIpv4 = `eth.src == ${owner.ipv4.addresses.mac} && arp.src.proto_ipv4 == ${ipv4}`;
  expect(await tshark(path, `${ofIpv4} && arp.opcode == 2 && !arp.isgratuitous`)).not.toEqual([]);
  expect(await tshark(path, `${ofIpv4} && arp.opcode == 1 && arp.isgratuitous`)).not.toEqual([]);
  expect(await tshark(path, `${ofIpv4} && arp.opcode == 2 && arp.isgratuitous`)).not.toEqual([]);
  const advertised = `icmpv6.type == 136 && icmpv6.nd.na.target_address == ${ipv6} && ipv6.hlim == 255`;
  const ofIpv6 = `eth.src == ${owner.ipv6.addresses.mac} && ${advertised}`;
  expect(await tshark(path, `${ofIpv6} && icmpv6.nd.na.flag.s == 1`)).not.toEqual([]);
  expect(await tshark(path, `${ofIpv6} && icmpv6.nd.na.flag.s == 0 && ipv6.dst == ff02::1`)).not.toEqual([]);
  const wrong = '_ws.malformed || _ws.expert.severity == "Error" || icmpv6.checksum.status == "Bad"';
  expect(await tshark(path, `(arp || icmpv6) && (${wrong})`)).toEqual([]);
  expect(await tshark(path, `arp.duplicate-address-detected && arp.src.proto_ipv4 == ${ipv4}`)).toEqual([]);
});

/** One line a frame that the filter passes. */
async function tshark(path: string, filter: string): Promise<readonly string[]> {
  return (await run(['tshark', '-r', path, '-Y', filter])).split('\n').filter((line) => line !== '');
}
