// What routers learn of Services, and what reaches Pods through them.
import { describe, expect, test } from 'vitest';
import { router as routerAddresses, type NodeNumber } from '../network/addresses.ts';
import { hasRouters } from '../parts/routers.ts';
import { startBird } from '../routers/bird.ts';
import { startFrr } from '../routers/frr.ts';
import { allocated, conditionOf, servicePath, type Condition } from '../services.ts';
import { announce, bgpAddresses, bgpPeer, bgpStatuses, podsOutside, reachedBy, startRouter } from './bgp.ts';
import { bgpAdvertisement, configurationPath, endpointSlice, pool, service } from './objects.ts';
import { configurationStateOf } from './seen.ts';
import { useLab } from './use-lab.ts';

const timeout = 20_000;
const all: readonly NodeNumber[] = [1, 2, 3];
const routers = { 'FRR 10': startFrr, 'BIRD 3': startBird } as const;

describe.skipIf(!hasRouters())('behind a router', () => {
  const lab = useLab({ controllers: 1 });

  describe.each(Object.entries(routers))('%s', (_, start) => {
    test('an address has all nodes for next hops, and what is sent there reaches Pods on all', async () => {
      const router = await startRouter(start);
      const address = await announce(lab());
      await reachedBy(router, address, all);
      await expect.poll(() => podsOutside(lab(), address), { timeout }).toEqual(['p1', 'p2', 'p3']);
    });

    test('IPv6 is told to a peer of IPv6', async () => {
      const router = await startRouter(start);
      await lab().admin.apply(pool('behind', [bgpAddresses.ipv4, bgpAddresses.ipv6]));
      await lab().admin.apply(bgpAdvertisement('all', {}));
      await lab().admin.apply(bgpPeer('four'));
      await lab().admin.apply(bgpPeer('six', { peerAddress: routerAddresses.lan.ipv6 }));
      await lab().admin.create(service('web', { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] }));
      await expect.poll(() => allocated(lab(), 'web'), { timeout }).toHaveLength(2);
      for (const address of await allocated(lab(), 'web')) {
        await reachedBy(router, address, all);
        await expect.poll(() => podsOutside(lab(), address), { timeout }).toEqual(['p1', 'p2', 'p3']);
      }
    });

    test('externalTrafficPolicy Local: nodes with endpoints announce, and Pods see the client', async () => {
      const router = await startRouter(start);
      const address = await announce(lab(), { externalTrafficPolicy: 'Local', selector: undefined });
      await lab().admin.create(endpointSlice('web', { nodes: [1, 3] }));
      await reachedBy(router, address, [1, 3]);
      await expect.poll(() => podsOutside(lab(), address), { timeout }).toEqual(['p1', 'p3']);
      expect((await lab().outside.curl(address)).peer).toBe(lab().outside.ipv4);
      await lab().admin.apply(endpointSlice('web', { nodes: [3] }));
      await reachedBy(router, address, [3]);
      await lab().admin.apply(endpointSlice('web', { nodes: [] }));
      await reachedBy(router, address, []);
    });

    test('what an advertisement says of routes is what the router holds', async () => {
      const router = await startRouter(start);
      const advertisement = { communities: ['64513:7', 'large:64513:1:2'], med: 30, asPathPrepend: 2 };
      const address = await announce(lab(), { advertisement });
      await reachedBy(router, address, all);
      expect(await router.details(`${address}/32`)).toMatchObject({
        asPath: [64_513, 64_513, 64_513],
        multiExitDisc: 30,
        communities: ['64513:7'],
        largeCommunities: ['64513:1:2'],
      });
    });
  });

  test('status objects name the router that holds an address, and say why not when it is away', async () => {
    const router = await startRouter(startFrr);
    const address = await announce(lab());
    await reachedBy(router, address, all);
    const told = lab().nodes.map(({ name }) => ({ node: name, service: 'web', peers: ['router'] }));
    await expect.poll(() => bgpStatuses(lab()), { timeout }).toEqual(told);
    const peersEstablished = async (): Promise<Condition | undefined> =>
      conditionOf(await configurationStateOf(lab(), 'speaker-n1'), 'PeersEstablished');
    await expect.poll(peersEstablished, { timeout }).toMatchObject({ status: 'True', reason: 'AllEstablished' });
    await router.stop();
    await expect.poll(() => bgpStatuses(lab()), { timeout }).toEqual([]);
    await expect.poll(peersEstablished, { timeout }).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/^0\/1: router: /),
    });
  });

  const waysToWithdraw = {
    'the Service is deleted': () => lab().admin.delete(servicePath('web')),
    'the Service is of another type': () => lab().admin.patch(servicePath('web'), { spec: { type: 'ClusterIP' } }),
    'its pool is deleted': () => lab().admin.delete(configurationPath('ipaddresspools', 'behind')),
    'its advertisement is deleted': () => lab().admin.delete(configurationPath('bgpadvertisements', 'all')),
  };

  test.each(Object.entries(waysToWithdraw))('an address has no next hop any more when %s', async (_, withdraw) => {
    const router = await startRouter(startFrr);
    const address = await announce(lab());
    await reachedBy(router, address, all);
    await withdraw();
    await reachedBy(router, address, []);
    expect((await router.sessions()).filter(({ isEstablished }) => isEstablished)).toHaveLength(all.length);
  });
});
