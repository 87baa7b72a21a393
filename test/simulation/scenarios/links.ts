// Links that fail by halves: they receive nothing, send nothing, or come and go. The node at their end loses its addresses, and nobody else does.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import { readArp } from '../lan/arp-message.ts';
import { ipv4Text } from '../lan/octets.ts';
import type { Stage } from '../play/stage.ts';
import { expectAllServed, expectSameOwners, ownersForAll } from './look.ts';
import type { Scenario } from './scenario.ts';

const node = 'n2';

function failing(name: string, fault: Fault, forMs: number, lossMs: number, silentOnReturn = false): Scenario {
  return {
    name,
    topology: { nodes: 4, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 2 },
    seeds: [1, 2, 3],
    script: (stage) => {
      stage.run(20_000);
      const before = ownersForAll(stage);
      const others = new Map([...before].filter(([, owner]) => owner !== node));
      stage.apply(fault);
      stage.run(lossMs);
      expectSameOwners(stage, others, `by ${fault.kind} of ${node}`);
      for (const [ip, owner] of before) {
        const [now] = stage.answerers.now(ip);
        if (owner === node && lossMs < forMs)
          stage.expect(now !== undefined && now !== node, ip, 'taken over by nobody');
      }
      let wrong = 0;
      stage.world.observe({
        sent: (from, _, frame) => void (wrong += from === node && isTaken(stage, before, frame) ? 1 : 0),
      });
      stage.run(forMs - lossMs + 30_000);
      stage.expect(!silentOnReturn || wrong === 0, node, `sent ${wrong} frames for what others had taken`);
      expectSameOwners(stage, others, `by the return of ${node}`);
      expectAllServed(stage);
    },
  };
}

/** In the name of an address that was this node's and is answered by another one. */
function isTaken(stage: Stage, before: ReadonlyMap<Ip, string>, frame: Uint8Array): boolean {
  const arp = readArp(frame);
  const ip = arp === undefined ? undefined : ipv4Text(arp.senderIp);
  return ip !== undefined && before.get(ip) === node && stage.answerers.now(ip).some((owner) => owner !== node);
}

export const deafLink = failing('a link that receives nothing', { kind: 'deaf', node, forMs: 30_000 }, 30_000, 8_000);
export const muteLink = failing('a link that sends nothing', { kind: 'mute', node, forMs: 30_000 }, 30_000, 2_000);
export const carrierLost = failing(
  'a carrier is lost',
  { kind: 'carrier loss', node, forMs: 30_000 },
  30_000,
  1_500,
  true,
);
export const carrierBlinks = failing(
  'a carrier is lost for 200 ms',
  { kind: 'carrier loss', node, forMs: 200 },
  200,
  200,
);
export const carrierFlaps = failing(
  'a carrier flaps each 300 ms',
  { kind: 'flap', node, everyMs: 600, forMs: 20_000 },
  20_000,
  20_000,
);
