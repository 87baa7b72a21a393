// A speaker stands still while a neighbour asks. When it goes on those questions are old: somebody else may have been given the address since.
import { arpReply, isAnnouncement, readArp } from '../lan/arp-message.ts';
import { Client } from '../lan/client.ts';
import { ipv4Number } from '../lan/octets.ts';
import type { Observer } from '../observer.ts';
import { clientIp, clientMac } from '../world/address-plan.ts';
import { owners } from './look.ts';
import type { Scenario } from './scenario.ts';

/** Others do not take its addresses yet. */
const pauseMs = 2_000;
/** A question that came meanwhile is taken up at once. */
const atOnceMs = 5;

export const oldQuestions: Scenario = {
  name: 'questions asked during a pause are not answered after it',
  topology: { nodes: 2, services: 12, pools: 1, poolAddresses: 16, controllers: 1, clients: 1 },
  seeds: [1, 2, 3],
  script: (stage) => {
    const { world } = stage;
    stage.run(20_000);
    const [asleep = ''] = owners(stage).values();
    stage.apply({ kind: 'pause', program: 'speaker', node: asleep, thread: 'wire', forMs: pauseMs });
    stage.run(100);
    const { scheduler, trace, lan: segment } = world;
    const place = { name: 'stranger', mac: clientMac(9), ip: clientIp(9), segment };
    const stranger = new Client(place, { scheduler, trace, seed: world.options.seed, observer: {} });
    for (const ip of world.shown.all) stranger.use(ip);
    stage.run(pauseMs - 100 - 1);
    let sent = 0;
    const asked = new Set(world.shown.all.map(ipv4Number));
    const count: Observer = {
      sent: (node, _, frame) => {
        const arp = readArp(frame);
        const isAnswer = arp?.operation === arpReply && !isAnnouncement(arp) && asked.has(arp.senderIp);
        if (node === asleep && isAnswer) sent++;
      },
    };
    world.observe(count);
    stage.run(1 + atOnceMs);
    stage.expect(sent === 0, asleep, `answers ${sent} old questions`);
    stage.run(5_000);
    stage.expect(sent > 0, asleep, 'answers nothing any more');
  },
};
