// Faults of machines and their links, made to happen.
import type { Cancel } from '#shared/runtime/clock.ts';
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
    case 'kube-proxy stuck':
      return machine.kubeProxy.stick();
  }
}

export function beginLinkFault(fault: LinkFault, world: World): Cancel {
  const machine = world.machine(fault.node);
  const { nic } = machine;
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
      machine.changeMac();
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
