// One of two Services that share an address is edited so that they may not share it any more: the one that was edited gives way, be it the older.
import { addressesOf } from './look.ts';
import type { Scenario } from './scenario.ts';

const edited = [0, 1] as const;

export const sharersEdited: Scenario = {
  name: 'of two sharers the edited one gives way',
  topology: { nodes: 2, services: 4, pools: 1, poolAddresses: 8, controllers: 1, clients: 1 },
  seeds: [1, 2, 3, 4],
  script: (stage) => {
    stage.run(20_000);
    const [address] = addressesOf(stage, 0);
    stage.expect(address !== undefined && addressesOf(stage, 1)[0] === address, 's0', 'does not share with s1');
    const one = edited[stage.world.options.seed % 2] ?? 0;
    stage.apply({ kind: 'sharing key', index: one, key: 'other' });
    stage.run(10_000);
    stage.expect(addressesOf(stage, 1 - one)[0] === address, `s${1 - one}`, 'lost its address by an edit of the other');
    stage.expect(addressesOf(stage, one)[0] !== address, `s${one}`, 'still shares');
  },
};
