// Worlds in which programs and the apiserver do not deal with each other as they should.
import { nodes, services } from '#shared/kube/resources.ts';
import { Stranger } from './rogue.ts';
import { settle, type Dishonesty } from './dishonesty.ts';

export const kubeDishonesties: readonly Dishonesty[] = [
  {
    breaks: 'K1',
    how: 'a program lists Nodes when nothing has happened for long',
    play: (world) => {
      const stranger = new Stranger(world, 'n1', 'speaker');
      settle(world);
      world.run(120_000);
      stranger.request({ verb: 'list', resource: nodes, limit: 500 });
    },
  },
  {
    breaks: 'K1',
    how: 'a program reads far more after its start than there is',
    play: (world) => {
      world.boot();
      const stranger = new Stranger(world, 'n1', 'speaker');
      for (let read = 0; read < 30; read++) stranger.request({ verb: 'list', resource: services, limit: 500 });
    },
  },
  {
    breaks: 'K1',
    how: 'a program asks again and again for what it is refused',
    play: (world) => {
      world.boot();
      world.run(12_000);
      const stranger = new Stranger(world, 'n1', 'speaker');
      for (let request = 0; request < 60; request++) {
        stranger.request({ verb: 'delete', resource: services, name: 'none', namespace: 'web', uid: 'none' });
        world.run(100);
      }
    },
  },
  {
    breaks: 'K1',
    how: 'a program comes back before the apiserver wants to see it',
    play: (world) => {
      world.boot();
      world.run(12_000);
      const stranger = new Stranger(world, 'n1', 'speaker');
      const end = world.apiserver.troubles.refuse({ code: 429, percent: 100, retryAfterMs: 5_000 });
      stranger.request({ verb: 'delete', resource: services, name: 'none', namespace: 'web', uid: 'none' });
      world.run(50);
      end();
      stranger.request({ verb: 'delete', resource: services, name: 'none', namespace: 'web', uid: 'none' });
    },
  },
  {
    breaks: 'K2',
    how: 'the apiserver does not tell watchers of a change',
    play: (world) => {
      settle(world);
      world.apiserver.troubles.delayWatches({ lagMs: 10_000_000 });
      world.apiserver.edit(nodes, undefined, 'n1', (node) => ({
        ...node,
        metadata: { ...node.metadata, annotations: { something: 'else' } },
      }));
      world.run(120_000);
    },
  },
];
