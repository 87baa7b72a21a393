// Faults of machines and their links, made to happen.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Machine } from '../world/machine.ts';
import type { World } from '../world/world.ts';
import type { LinkFault, NodeFault } from './fault.ts';
import { repeating } from './repeating.ts';

export function beginNodeFault(fault: NodeFault, world: World): Cancel {
  const machine = world.machine(fault.node);
  switch (fault.kind) {
    case 'power loss':
      return machine.lose('power');
    case 'kernel hang':
      return machine.lose('kernel');
    case 'freeze':
      return machine.freeze(fault.monotonicStops);
    case 'clock step':
      machine.stepClock(fault.byMs);
      return () => {};
    case 'not ready':
      return machine.silenceKubelet();
    case 'wrong key':
      return machine.mistakeSecret('theirs');
    case 'kube-proxy stuck':
      return machine.kubeProxy.stick();
    case 'state lost':
    case 'state stale':
    case 'state cut off':
    case 'killed while writing':
      spoilState(fault, machine);
      return () => {};
  }
}

type StateFault = Extract<
  NodeFault,
  { readonly kind: 'state lost' | 'state stale' | 'state cut off' | 'killed while writing' }
>;

function spoilState(fault: StateFault, machine: Machine): void {
  const { stateDisk } = machine;
  switch (fault.kind) {
    case 'state lost':
      stateDisk.lose();
      break;
    case 'state stale':
      stateDisk.makeStale(fault.writes);
      break;
    case 'state cut off':
      stateDisk.truncate(fault.length);
      break;
    case 'killed while writing':
      stateDisk.killNextWriter(() => machine.end('speaker', 'kill', fault.backAfterMs));
      break;
  }
}

export function beginLinkFault(fault: LinkFault, world: World): Cancel {
  const machine = world.machine(fault.node);
  const nic = machine.nicOn(fault.lan ?? 0);
  switch (fault.kind) {
    case 'carrier loss':
      return nic.loseCarrier();
    case 'flap':
      return flap(fault.everyMs, world, () => nic.loseCarrier());
    case 'deaf':
      return nic.deafen();
    case 'mute':
      return nic.mute();
    case 'mac change':
      machine.changeMac(fault.lan);
      return () => {};
  }
}

/** Down for one half of each turn, up for the other. */
function flap(everyMs: number, { scheduler }: World, down: () => Cancel): Cancel {
  let up: Cancel | undefined;
  const turn = (): void => {
    if (up === undefined) {
      up = down();
      return;
    }
    up();
    up = undefined;
  };
  const stop = repeating(scheduler, () => everyMs / 2, turn);
  return () => {
    stop();
    up?.();
  };
}
