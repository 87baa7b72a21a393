// Every way in which a world of ours is dishonest.
import { allocationDishonesties } from './allocation.ts';
import { announcingDishonesties } from './announcing.ts';
import type { Dishonesty } from './dishonesty.ts';
import { kubeDishonesties } from './kube.ts';
import { routingDishonesties } from './routing.ts';
import { runningDishonesties } from './running.ts';

export const dishonesties: readonly Dishonesty[] = [
  ...allocationDishonesties,
  ...kubeDishonesties,
  ...announcingDishonesties,
  ...routingDishonesties,
  ...runningDishonesties,
];
