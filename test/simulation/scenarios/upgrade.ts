// Speakers are upgraded: a new process is started beside the old one, which is retired and then asked to end. No address moves, no flow is lost.
import { arpReply, isAnnouncement, readArp } from '../lan/arp-message.ts';
import { ipv4Text } from '../lan/octets.ts';
import { expectAllServed, expectSameOwners, owners } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 5, services: 40, pools: 1, poolAddresses: 60, controllers: 2, clients: 3 };

/** Two answers within so short a time are to one request. */
const sameRequestUs = 10_000;

function surge(name: string, bothMs: number, nodes: readonly string[]): Scenario {
  return {
    name,
    topology,
    seeds: [1, 2],
    script: (stage) => {
      stage.run(30_000);
      const before = owners(stage);
      let lost = 0;
      const twice = new Set<string>();
      const answered = new Map<string, number>();
      stage.world.observe({
        outage: (outage) => void (lost += outage.lost),
        sent: (node, _segment, frame) => {
          const arp = readArp(frame);
          if (arp?.operation !== arpReply || isAnnouncement(arp)) return;
          const answer = `${ipv4Text(arp.senderIp)} from ${node} to ${ipv4Text(arp.targetIp)}`;
          const { nowUs } = stage.world.scheduler;
          if (nowUs - (answered.get(answer) ?? -Infinity) < sameRequestUs) twice.add(answer);
          answered.set(answer, nowUs);
        },
      });
      for (const node of nodes) {
        stage.apply({ kind: 'surge', program: 'speaker', node, forMs: bothMs });
        stage.run(bothMs + 8_000);
        expectSameOwners(stage, before, `by the upgrade of ${node}`);
      }
      stage.run(20_000);
      expectSameOwners(stage, before, 'by an upgrade');
      expectAllServed(stage);
      stage.expect(lost === 0, 'clients', `lost ${lost} flows`);
      stage.expect(twice.size === 0, [...twice].join(), 'was answered twice: the old process goes on');
    },
  };
}

export const surgeUpgrade = surge('upgrade of all with surge', 10_000, ['n1', 'n2', 'n3', 'n4', 'n5']);
export const bothLive = surge('two speakers of one node for 60 s', 60_000, ['n3']);

/** When the new one is killed: before it can have said anything, while it listens, after it took over. */
const diesAfterMs = [350, 900, 1_500, 4_000];

export const newOneDies: Scenario = {
  name: 'the new speaker dies in an upgrade',
  topology,
  seeds: [1, 2, 3, 4],
  script: (stage) => {
    stage.run(30_000);
    const before = owners(stage);
    stage.apply({ kind: 'surge', program: 'speaker', node: 'n2', forMs: 20_000 });
    stage.run(diesAfterMs[stage.world.options.seed % diesAfterMs.length] ?? 0);
    stage.apply({ kind: 'crash', program: 'speaker', node: 'n2', backAfterMs: 0 });
    stage.run(40_000);
    expectSameOwners(stage, before, 'by an upgrade that failed once');
    expectAllServed(stage);
  },
};
