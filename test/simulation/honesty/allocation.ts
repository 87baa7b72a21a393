// Worlds in which addresses are given and taken as they must not be.
import { services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import { poolRange } from '../world/address-plan.ts';
import { serviceNamespace } from '../world/manifests.ts';
import { serviceName } from '../world/users.ts';
import type { World } from '../world/world.ts';
import { settle, type Dishonesty } from './dishonesty.ts';
import { Stranger } from './rogue.ts';

const freeIp = poolRange(0, 1).split('-')[0] as Ip;

export const allocationDishonesties: readonly Dishonesty[] = [
  {
    breaks: 'A1',
    how: 'an admin writes the address of one Service into the status of another',
    play: (world) => {
      settle(world);
      const taken = world.shown.all.find((ip) => world.shown.holders(ip).size === 1);
      showOn(world, 5, taken);
    },
  },
  {
    breaks: 'A2',
    how: 'an admin empties the status of a Service',
    play: (world) => {
      settle(world);
      showOn(world, 5, undefined);
    },
  },
  {
    breaks: 'A3',
    how: 'a controller that has read nothing gives an address',
    options: { controllers: 0 },
    play: (world) => {
      world.boot();
      const stranger = new Stranger(world, 'n1', 'controller');
      stranger.takeLease();
      world.run(1_000);
      stranger.give(serviceName(0), freeIp);
    },
  },
  {
    breaks: 'A3',
    how: 'a new leader gives an address from what it read before it led',
    options: { controllers: 0 },
    play: (world) => {
      world.boot();
      const stranger = new Stranger(world, 'n1', 'controller');
      stranger.readAll();
      world.run(1_000);
      stranger.takeLease();
      world.run(1_000);
      stranger.give(serviceName(0), freeIp);
    },
  },
  {
    breaks: 'A4',
    how: 'a controller writes 6 s after it was given the Lease, and did not renew it',
    options: { controllers: 0 },
    play: (world) => {
      world.boot();
      const stranger = new Stranger(world, 'n1', 'controller');
      stranger.takeLease();
      world.run(1_000);
      stranger.readAll();
      world.run(5_000);
      stranger.give(serviceName(0), freeIp);
    },
  },
  {
    breaks: 'A4',
    how: 'a controller writes without the Lease',
    options: { controllers: 0 },
    play: (world) => {
      world.boot();
      const stranger = new Stranger(world, 'n1', 'controller');
      stranger.request({
        verb: 'patch',
        resource: services,
        namespace: serviceNamespace,
        name: serviceName(0),
        patch: 'merge',
        body: {},
      });
    },
  },
];

/** Instead of what its status shows. */
function showOn({ apiserver }: World, index: number, ip: Ip | undefined): void {
  apiserver.edit(services, serviceNamespace, serviceName(index), (service) => ({
    ...service,
    status: { loadBalancer: ip === undefined ? {} : { ingress: [{ ip, ipMode: 'VIP' }] } },
  }));
}
