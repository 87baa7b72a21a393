// What a client on the LAN gets from Services of every shape, the same in each mode of kube-proxy.
import { expect, test } from 'vitest';
import type { Lab } from '../lab.ts';
import { nodeAddresses } from '../network/addresses.ts';
import type { BackendAnswer } from '../programs/backend-main.ts';
import type { ProxyMode } from '../programs/kube-proxy.ts';
import { allocated, announced, servicePath } from '../services.ts';
import { echo, endpointSlice, http, l2Advertisement, lanAddresses, pool, service, wants } from './objects.ts';
import { claimants, served } from './seen.ts';
import { useLab } from './use-lab.ts';

const requests = 20;
/** For what follows an announcement: kube-proxy's rules, and the end of them. */
const timeout = 10_000;

/** A LoadBalancer Service named web over all backends, and the pool it gets its address from. */
async function serve(lab: Lab, spec: Readonly<Record<string, unknown>>): Promise<string> {
  await lab.admin.apply(pool('lan', [lanAddresses.ipv4]));
  await lab.admin.apply(l2Advertisement('lan'));
  await lab.admin.create(service('web', spec));
  const [address] = await allocated(lab, 'web');
  return address;
}

async function askOften(lab: Lab, address: string): Promise<readonly BackendAnswer[]> {
  const answers: BackendAnswer[] = [];
  for (let asked = 0; asked < requests; asked++) answers.push(await lab.client.curl(address));
  return answers;
}

function pods(answers: readonly BackendAnswer[]): readonly string[] {
  return Array.from(new Set(answers.map(({ pod }) => pod))).toSorted();
}

async function podsAnswering(lab: Lab, address: string): Promise<readonly string[]> {
  return pods(await askOften(lab, address));
}

/** Declares the tests of one mode. */
export function testTraffic(proxyMode: ProxyMode): void {
  const lab = useLab({ proxyMode });

  test('externalTrafficPolicy Cluster: one node answers ARP, pods of all nodes answer HTTP', async () => {
    const address = await serve(lab(), {});
    await served(lab(), 'web', address);
    await expect.poll(() => podsAnswering(lab(), address), { timeout }).toEqual(['p1', 'p2', 'p3']);
  });

  test('externalTrafficPolicy Local: the pod of the announcing node answers and sees the client', async () => {
    const address = await serve(lab(), { externalTrafficPolicy: 'Local', ports: [http, echo] });
    const announcer = await served(lab(), 'web', address);
    const answers = [...(await askOften(lab(), address)), await lab().client.askUdp(address, echo.port)];
    expect(pods(answers)).toEqual([announcer.addresses.pod.name]);
    expect(new Set(answers.map(({ peer }) => peer))).toEqual(new Set([lab().client.ipv4]));
  });

  test('externalTrafficPolicy Local: only a node with a ready pod announces', async () => {
    const endpoint = nodeAddresses(3);
    const address = await serve(lab(), { externalTrafficPolicy: 'Local', selector: undefined });
    await lab().admin.create(endpointSlice('web', { nodes: [3] }));
    expect((await served(lab(), 'web', address)).name).toBe(endpoint.name);
    expect(await podsAnswering(lab(), address)).toEqual([endpoint.pod.name]);
  });

  test('several ports and both protocols of one address', async () => {
    const address = await serve(lab(), {
      ports: [http, { name: 'other', port: 8443, targetPort: 8081 }, echo],
    });
    await served(lab(), 'web', address);
    expect((await lab().client.curl(address, 80)).port).toBe(8080);
    expect((await lab().client.curl(address, 8443)).port).toBe(8081);
    expect((await lab().client.askUdp(address, 7)).port).toBe(8080);
    await expect(lab().client.curl(address, 81)).rejects.toThrow(/ended with (7|28)/);
  });

  test('sessionAffinity ClientIP: one pod answers all requests of a client', async () => {
    const address = await serve(lab(), { sessionAffinity: 'ClientIP' });
    await served(lab(), 'web', address);
    expect(await podsAnswering(lab(), address)).toHaveLength(1);
  });

  test('a Service without selector is served by the EndpointSlice that somebody made', async () => {
    const address = await serve(lab(), { selector: undefined });
    await lab().admin.create(endpointSlice('web', { nodes: [1, 3] }));
    await served(lab(), 'web', address);
    await expect.poll(() => podsAnswering(lab(), address), { timeout }).toEqual(['p1', 'p3']);
  });

  test('allocateLoadBalancerNodePorts false: reached all the same', async () => {
    const address = await serve(lab(), { allocateLoadBalancerNodePorts: false });
    await served(lab(), 'web', address);
    const { spec } = await lab().admin.get(servicePath('web'));
    expect(spec.ports[0].nodePort).toBeUndefined();
    expect((await podsAnswering(lab(), address)).length).toBeGreaterThan(0);
  });

  test('two Services with disjoint ports share an address: one node answers for both', async () => {
    const address = await serve(lab(), {});
    const wish = { ...wants.sharing('web'), ...wants.address(address) };
    await lab().admin.patch(servicePath('web'), { metadata: { annotations: wish } });
    await lab().admin.create(service('echo', { ports: [echo] }, wish));
    expect(await allocated(lab(), 'echo')).toEqual([address]);
    const announcer = await served(lab(), 'web', address);
    expect(await announced(lab(), 'echo', address)).toBe(announcer);
    expect((await lab().client.curl(address)).port).toBe(http.targetPort);
    await expect.poll(async () => (await lab().client.askUdp(address, echo.port)).pod, { timeout }).toMatch(/^p/);
    expect(await claimants(lab().client, address)).toEqual([announcer.addresses.mac]);
  });
}
