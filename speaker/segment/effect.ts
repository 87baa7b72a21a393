// What the engines of a segment want done, in order.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Endpoint } from './event.ts';
import type { Message } from './message/message.ts';
import type { NodeId } from './node-id.ts';

/** Why an address changed its owner, the same in log, Event and metric (layer2 §10). */
export type OwnerCause =
  | 'silent'
  | 'deaf'
  | 'link'
  | 'gone'
  | 'outOfService'
  | 'speakerDown'
  | 'drain'
  | 'preference'
  | 'ineligible'
  | 'conflict'
  | 'new'
  | 'adopt';

export type SegmentCondition =
  /** Nobody was ever heard, though others should be there. */
  'segmentSilent' | 'probePathBlocked' | 'kernelProbeUnanswered' | 'moveBudgetExhausted';

export type SegmentEffect =
  | {
      readonly kind: 'send';
      readonly to: 'group' | 'otherSegments' | Endpoint;
      readonly message: Message;
      /** With the header flag of that name. */
      readonly joining: boolean;
    }
  /** A unicast ARP request or NS from an own address, to see whether `ip` is answered at `mac`; to the group where no MAC is known. */
  | { readonly kind: 'probeNeighbour'; readonly ip: Ip; readonly mac: Mac | undefined }
  /** An ARP probe (RFC 5227 §2.1.1) or a DAD NS for an address that is to be taken. */
  | { readonly kind: 'probeAddress'; readonly ip: Ip }
  /** Answer for these from now on; `announce`: and run the whole schedule of announcements (layer2 §6.2), or one round, or none. */
  | { readonly kind: 'answer'; readonly ips: readonly Ip[]; readonly announce: 'schedule' | 'once' | 'none' }
  /** One announcement of an address that is answered. */
  | { readonly kind: 'announce'; readonly ip: Ip }
  /** Silent for these when it returns; announcements that wait are thrown away. */
  | { readonly kind: 'silence'; readonly ips: readonly Ip[] }
  /** Answer and announce nothing until `unmute`, and throw away the frames that wait. */
  | { readonly kind: 'mute' }
  | { readonly kind: 'unmute' }
  /** Take in all that the sockets hold (one poll phase), then say `drained`. */
  | { readonly kind: 'drain' }
  /** Say `wake` then; replaces an earlier one. */
  | { readonly kind: 'wakeAt'; readonly atMs: number }
  | { readonly kind: 'memberChanged'; readonly id: NodeId; readonly to: MemberLife; readonly cause?: OwnerCause }
  | { readonly kind: 'ownerChanged'; readonly ip: Ip; readonly owns: boolean; readonly cause: OwnerCause }
  /** Somebody who is no member speaks for an address: before it was taken, or while it is answered. */
  | { readonly kind: 'foreignClaim'; readonly ip: Ip; readonly mac: Mac; readonly while: 'probing' | 'owning' }
  | {
      readonly kind: 'condition';
      readonly condition: SegmentCondition;
      readonly holds: boolean;
      /** Of which member or address; undefined: of the segment. */
      readonly about: NodeId | Ip | undefined;
    }
  /** A HELLO of somebody who is no Node of the cluster. */
  | { readonly kind: 'unknownNode'; readonly name: string };

export type MemberLife = 'joining' | 'up' | 'suspect' | 'speakerDown' | 'down' | 'gone';
