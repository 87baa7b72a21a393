// A host that is none of ours uses an address of a pool: before it is announced, and the address waits; or after, and its owner defends it.
import type { Ip } from '#shared/net/ip.ts';
import { poolRange } from '../world/address-plan.ts';
import { expectAllServed, owners } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 3, services: 6, pools: 1, poolAddresses: 16, controllers: 1, clients: 1 };
const ip = poolRange(0, 1).split('-')[0] as Ip;

export const foreignFirst: Scenario = {
  name: 'an address is in use before it is announced',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.apply({ kind: 'foreign claim', ip, forMs: 60_000 });
    stage.run(50_000);
    stage.expect(stage.answerers.now(ip).length === 0, ip, `answered by ${stage.answerers.now(ip).join()}`);
    stage.run(60_000);
    expectAllServed(stage);
  },
};

export const foreignLater: Scenario = {
  name: 'a foreign host claims an address that is announced',
  topology,
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const before = owners(stage).get(ip);
    let announcements = 0;
    stage.world.observe({ sent: (node) => void (announcements += node === before ? 1 : 0) });
    stage.apply({ kind: 'foreign claim', ip, forMs: 30_000 });
    stage.run(30_000);
    stage.expect(stage.answerers.now(ip).join() === before, ip, `no longer answered by ${before}`);
    // RFC 5227 §2.4 (c): no more than one defence in ten seconds.
    stage.expect(announcements < 2_000, ip, `${announcements} frames in defence`);
    stage.run(60_000);
    expectAllServed(stage);
  },
};
