// What happens in the simulated world, as checkers and figures see it: what is on the wire, in the store, at the edges of processes. Nothing of
// the programs' inside.
import type { KubeAnswer, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { SegmentEffect } from '#speaker/segment/effect.ts';
import type { SegmentEvent } from '#speaker/segment/event.ts';
import type { SegmentState } from '#speaker/segment/segment.ts';
import type { StoreChange } from './apiserver/store.ts';
import type { Fault } from './faults/fault.ts';
import type { UdpPacket } from './lan/udp-packet.ts';
import type { BgpRouter, RouterEvent } from './routers/bgp-router.ts';

/** One run of one program, from start to death. */
export interface ProcessRef {
  /** As `n1/speaker#2`: node, program, how often it was started there. */
  readonly name: string;
  readonly node: string;
  readonly program: 'controller' | 'speaker';
}

export interface Outage {
  readonly client: string;
  readonly ip: Ip;
  readonly fromUs: number;
  readonly untilUs: number;
  /** New flows that were lost meanwhile. */
  readonly lost: number;
}

/** As the wire thread explains itself. The state is not to be kept or changed. */
export interface ExplainedStep {
  /** Name of the interface. */
  readonly segment: string;
  readonly event: SegmentEvent;
  readonly effects: readonly SegmentEffect[];
  /** After the step. */
  readonly state: SegmentState;
}

/** All are told in the order in which things happen; `world.nowUs` is the time. */
export interface Observer {
  /** The apiserver has stored a change, whoever made it. */
  stored?(change: StoreChange): void;
  /** A request leaves a process. */
  requested?(process: ProcessRef, request: KubeRequest): void;
  /** Its answer reaches the process. */
  answered?(process: ProcessRef, request: KubeRequest, answer: KubeAnswer): void;
  /** A watch leaves a process. */
  watching?(process: ProcessRef, request: WatchRequest): void;
  /** An event of a watch reaches the process. */
  watched?(process: ProcessRef, request: WatchRequest, event: WatchEvent): void;
  /** The kernel of this node began or ceased to hand requests for the address to a living program that is to answer them. */
  answering?(node: string, segment: string, ip: Ip, isAnswering: boolean): void;
  /** A frame leaves a node (its kernel's or its speaker's). The bytes are not to be kept. */
  sent?(node: string, segment: string, frame: Uint8Array): void;
  /** A datagram leaves a node. */
  datagram?(node: string, segment: string, packet: UdpPacket): void;
  /** A step of the engines of a segment in a speaker: the one thing told of the inside of programs, for what cannot be seen outside. */
  explained?(process: ProcessRef, step: ExplainedStep): void;
  /** A router has heard something of a node, or done something with what it holds of it. */
  routed?(router: BgpRouter, node: string, event: RouterEvent): void;
  /** Clients could not reach an address for a while; told when they can again, or when the simulation ends. */
  outage?(outage: Outage): void;
  started?(process: ProcessRef): void;
  /** It is dead; `exception` is what killed it, if it was no fault. */
  ended?(process: ProcessRef, exception: unknown): void;
  faultBegan?(fault: Fault): void;
  faultEnded?(fault: Fault): void;
}
