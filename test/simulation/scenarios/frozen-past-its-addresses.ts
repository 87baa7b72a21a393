// A virtual machine stands still until its addresses are answered by others. When it goes on, requests wait for it that were meant for who it was.
import type { Ip } from '#shared/net/ip.ts';
import { readArp } from '../lan/arp-message.ts';
import { ipv4Text } from '../lan/octets.ts';
import { expectAllServed } from './look.ts';
import type { Scenario } from './scenario.ts';

export const frozenPastItsAddresses: Scenario = {
  name: 'frozen until its addresses have moved',
  topology: { nodes: 3, services: 12, pools: 1, poolAddresses: 16, controllers: 2, clients: 3 },
  seeds: [1, 2, 3],
  script: (stage) => {
    stage.run(20_000);
    stage.apply({ kind: 'freeze', node: 'n3', forMs: 90_000, monotonicStops: false });
    stage.run(85_000);
    const moved = stage.world.shown.all.filter((ip) => !stage.answerers.now(ip).includes('n3'));
    stage.expect(moved.length === stage.world.shown.all.length, 'n3', 'answers for addresses while it stands still');
    const stale = new Set<string>();
    const theirs = new Map<string, Ip>(moved.map((ip) => [ip, ip]));
    stage.world.observe({
      sent: (node, _segment, frame) => {
        const arp = node === 'n3' ? readArp(frame) : undefined;
        const ip = arp === undefined ? undefined : theirs.get(ipv4Text(arp.senderIp));
        if (ip !== undefined && stage.answerers.now(ip).some((other) => other !== 'n3')) stale.add(ip);
      },
    });
    stage.run(60_000);
    stage.expect(stale.size === 0, [...stale].join(), 'was answered by one who had not heard yet who has it');
    expectAllServed(stage);
  },
};
