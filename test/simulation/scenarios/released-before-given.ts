// All addresses are taken and one Service waits; another one asks for a pool that there is not and has to give up its own. Whoever waits gets it
// only when that is stored, however the two writes overtake each other.
import { services } from '#shared/kube/resources.ts';
import { serviceNamespace } from '../world/manifests.ts';
import { serviceName } from '../world/users.ts';
import { addressesOf } from './look.ts';
import type { Scenario } from './scenario.ts';

const poolAddresses = 8;
/** Shares with nobody. */
const giver = 4;
const waiting = 12;

export const releasedBeforeGiven: Scenario = {
  name: 'an address is given when its release is stored',
  topology: { nodes: 2, services: poolAddresses + 1, pools: 1, poolAddresses, controllers: 1, clients: 1 },
  seeds: [1, 2, 3, 4, 5, 6, 7, 8],
  script: (stage) => {
    const { apiserver } = stage.world;
    stage.run(10_000);
    stage.apply({ kind: 'service created', index: waiting });
    stage.run(5_000);
    const [address] = addressesOf(stage, giver);
    stage.expect(
      address !== undefined && addressesOf(stage, waiting).length === 0,
      'Services',
      'do not stand as meant',
    );
    stage.apply({ kind: 'refusals', code: 500, percent: 50, retryAfterMs: 0, forMs: 3_000 });
    apiserver.edit(services, serviceNamespace, serviceName(giver), (service) => {
      const annotations = { ...service.metadata.annotations, 'metallb.io/address-pool': 'nowhere' };
      return { ...service, metadata: { ...service.metadata, annotations } };
    });
    stage.run(60_000);
    stage.expect(addressesOf(stage, giver).length === 0, serviceName(giver), 'still shows an address');
    stage.expect(addressesOf(stage, waiting)[0] === address, serviceName(waiting), 'waits for what is free');
  },
};
