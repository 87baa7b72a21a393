import { expect, test } from 'vitest';
import { begin } from '#test/simulation/faults/begin.ts';
import { ipOf } from './stage.ts';
import { World } from '#test/simulation/world/world.ts';

const options = { seed: 1, nodes: 2, services: 0, pools: 0, poolAddresses: 1, controllers: 1, clients: 0 };

/** A world of two machines; the speaker's state on the first was written three times. */
function worldWithState() {
  const world = new World(options);
  world.boot();
  world.run(3_000);
  const machine = world.machine('n1');
  const thread = machine.process('speaker')?.thread('cluster');
  if (thread === undefined) throw new Error('no speaker runs');
  const file = machine.stateDisk.forProgram({ scheduler: world.scheduler, random: world.random('disk'), thread });
  const failures: (string | undefined)[] = [];
  const write = (text: string): void => {
    thread.receive(() => file.write(text, (failure) => failures.push(failure)), 1);
    world.run(100);
  };
  for (const text of ['first', 'second', 'third']) write(text);
  return { world, machine, write };
}

test.each([
  [{ kind: 'state lost', node: 'n1' }, undefined],
  [{ kind: 'state stale', node: 'n1', writes: 2 }, 'first'],
  [{ kind: 'state cut off', node: 'n1', length: 2 }, 'th'],
] as const)('%o', (fault, text) => {
  const { world, machine } = worldWithState();
  expect(machine.stateDisk.text).toBe('third');
  begin(fault, world)();
  expect(machine.stateDisk.text).toBe(text);
});

test('a speaker that is killed while it writes leaves what it wrote before, and comes back', () => {
  const { world, machine, write } = worldWithState();
  const before = machine.process('speaker');
  begin({ kind: 'killed while writing', node: 'n1', backAfterMs: 500 }, world);
  expect(before?.isAlive).toBe(true);
  write('fourth');
  expect([before?.isAlive, machine.stateDisk.text]).toEqual([false, 'third']);
  world.run(5_000);
  expect(machine.process('speaker')?.isAlive).toBe(true);
});

test.each(['udp filtered', 'multicast filtered'] as const)(
  '%s: nothing sent to the group arrives until it ends',
  (kind) => {
    const world = new World(options);
    world.boot();
    world.run(3_000);
    const group = { ip: ipOf('224.0.0.254'), port: 7946 };
    const [one, two] = ['n1', 'n2'].map((name) => {
      const machine = world.machine(name);
      const { kernel, nic } = machine;
      const thread = machine.process('speaker')?.thread('wire');
      if (thread === undefined) throw new Error('no speaker runs');
      return { thread, own: nic.addresses[0]?.ip ?? group.ip, sockets: kernel.udpForProgram(thread) };
    });
    let heard = 0;
    const listener = { datagram: () => void heard++, failed() {} };
    two?.thread.receive(() => void two.sockets.listenToGroup({ interfaceIndex: 2, ...group }, listener), 1);
    const say = (): number => {
      one?.thread.receive(() => {
        const socket = one.sockets.open({ interfaceIndex: 2, ip: one.own, port: 7946 }, listener);
        if ('send' in socket) socket.send('hello', group);
      }, 1);
      world.run(10);
      return heard;
    };
    const end = begin({ kind, forMs: 1_000 }, world);
    expect(say()).toBe(0);
    end();
    expect(say()).toBe(1);
  },
);
