import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { LanOfEngines } from './lan-of-engines.ts';
import type { Node } from './node-on-lan.ts';

test('what changes nothing arms no timer anew, whatever fractions of a millisecond its deadline has', () => {
  const lan = new LanOfEngines({ seed: 1, nodes: 3, addresses: 6 });
  lan.settle();
  const node = lan.nodes[0] as Node;
  const wake = node.wake;
  const stranger = '02:50:00:00:00:66' as Mac;
  for (let asked = 0; asked < 10; asked++) {
    lan.dispatch(node, {
      kind: 'neighbour',
      mac: stranger,
      ip: '10.0.9.9' as Ip,
      target: '10.0.100.0' as Ip,
      answersUs: false,
    });
  }
  expect(node.wake).toBe(wake);
});
