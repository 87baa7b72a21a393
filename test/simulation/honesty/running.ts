// Worlds in which programs die or never come to an end, and in which nothing happens that should.
import { services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import { poolRange } from '../world/address-plan.ts';
import { serviceNamespace } from '../world/manifests.ts';
import { serviceName } from '../world/users.ts';
import type { World } from '../world/world.ts';
import { settle, type Dishonesty } from './dishonesty.ts';

const firstIp = poolRange(0, 1).split('-')[0] as Ip;
const longMs = 10_000_000;

export const runningDishonesties: readonly Dishonesty[] = [
  {
    breaks: 'M1',
    how: 'a speaker throws',
    play: (world) => {
      settle(world);
      inSpeaker(world, () => {
        throw new Error('on purpose');
      });
      world.run(1_000);
    },
  },
  {
    breaks: 'M1',
    how: 'timers of a speaker add up while Services come and go',
    play: (world) => {
      settle(world);
      world.run(90_000);
      world.apply({ kind: 'service replaced', index: 5 });
      inSpeaker(world, (clock) => {
        for (let timer = 0; timer < 50; timer++) clock.after(longMs, () => {});
      });
      world.run(90_000);
    },
  },
  {
    breaks: 'Liveness',
    how: 'there is no controller',
    options: { controllers: 0 },
    play: (world) => {
      settle(world);
    },
  },
  {
    breaks: 'Liveness',
    how: 'kube-proxy drops what comes on every node',
    play: (world) => {
      settle(world);
      for (const { kernel } of world.machines.values()) {
        kernel.forwards = () => false;
        kernel.servingChanged();
      }
      world.run(20_000);
    },
  },
  {
    breaks: 'Liveness',
    how: 'an admin gives an address, and nobody says so',
    options: { controllers: 0, services: 1 },
    play: (world) => {
      world.boot();
      world.run(1_000);
      world.apiserver.edit(services, serviceNamespace, serviceName(0), (service) => ({
        ...service,
        status: { loadBalancer: { ingress: [{ ip: firstIp, ipMode: 'VIP' }] } },
      }));
      world.run(100_000);
    },
  },
];

function inSpeaker(
  world: World,
  work: (clock: { after(delayMs: number, callback: () => void): unknown }) => void,
): void {
  const thread = world.machine('n1').process('speaker')?.thread('cluster');
  thread?.receive(() => work(thread.clock), 0);
}
