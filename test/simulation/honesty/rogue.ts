// Programs that are none of ours, on machines of the cluster: one answers ARP for what it likes, one talks to the apiserver as if it were a controller.
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import type { KubeApi, KubeRequest } from '#shared/kube/kube-api.ts';
import { leases, namespaces, services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { SegmentEffect } from '#speaker/segment/effect.ts';
import type { SegmentEvent } from '#speaker/segment/event.ts';
import { encodeMessage, type Message } from '#speaker/segment/message/message.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import { initialSegment } from '#speaker/segment/segment.ts';
import { accept } from '#speaker/l2/classic-bpf.ts';
import { arpFilter } from '#speaker/l2/arp-filter.ts';
import { answerTo, arpEtherType, arpRequest, readArp, writeArp } from '../lan/arp-message.ts';
import { broadcastNumber, ipv4Number } from '../lan/octets.ts';
import { NodeTime } from '../node-time.ts';
import type { ProcessRef } from '../observer.ts';
import { Thread } from '../thread.ts';
import { segmentPort } from '../lan/udp-packet.ts';
import { foreignMac, nodeIdText } from '../world/address-plan.ts';
import type { Machine } from '../world/machine.ts';
import { ownNamespace, serviceNamespace } from '../world/manifests.ts';
import type { World } from '../world/world.ts';

const failed = (exception: unknown): void => {
  throw exception;
};

/** From now on the node answers for the address, whoever owns it. */
export function answerAnyway(world: World, { kernel, nic }: Machine, ip: Ip): void {
  const { scheduler } = world;
  const time = new NodeTime(scheduler, { originMs: 0, fastPpm: 0 });
  const thread = new Thread({ name: `${kernel.name}/rogue`, scheduler, time, failed });
  const { packetSockets } = kernel.forProcess(thread);
  const number = ipv4Number(ip);
  const filter = { program: arpFilter([number]), coarse: [accept] };
  thread.receive(() => {
    packetSockets.open(
      { interfaceIndex: nic.index, etherType: arpEtherType, filter },
      {
        frame: (bytes) => {
          const arp = readArp(bytes);
          const isAsked = arp?.operation === arpRequest && arp.targetIp === number && arp.senderIp !== number;
          if (isAsked) kernel.send(nic, answerTo(arp, nic.mac));
        },
        failed: () => {},
      },
    );
    kernel.answeringChanged();
  }, 0);
}

/** The node says once that it has the address. */
export function announce({ kernel, nic }: Machine, ip: Ip, mac = nic.mac): void {
  const number = ipv4Number(ip);
  const message = { operation: arpRequest, senderMac: mac, senderIp: number, targetMac: 0, targetIp: number };
  kernel.send(nic, writeArp(broadcastNumber, message));
}

/** The node's speaker does nothing any more, and nobody knows why. */
export function stopSpeaker(machine: Machine): void {
  machine.process('speaker')?.thread('wire').hold();
}

/** A datagram that the node is taken to have sent to all. */
export function say(world: World, node: string, message: Message): void {
  const header = { joining: false, keyId: 0, sender: nodeIdText(node) as NodeId, incarnation: 1, sequence: 1 };
  const datagram = encodeMessage(header, message);
  const { ip } = world.machine(node).nic.addresses[0] ?? { ip: '0.0.0.0' as Ip };
  const [source, destination] = [ip, '224.0.0.254' as Ip].map((each) => ({ ip: each, port: segmentPort }));
  if (source === undefined || destination === undefined) return;
  world.tell((observer) => observer.datagram?.(node, 'lan', { source, destination, hopLimit: 255, datagram }));
}

/** A step that some speaker on the node says that it took. */
export function explain(world: World, node: string, event: SegmentEvent, effects: readonly SegmentEffect[]): void {
  const ref = { name: `${node}/speaker#stranger`, node, program: 'speaker' } as const;
  const link = { carrier: true, mac: foreignMac, interfaceName: 'eth0', prefixes: [], gateways: [] };
  const state = initialSegment(nodeIdText(node) as NodeId, link);
  world.tell((observer) => observer.explained?.(ref, { segment: 'eth0', event, effects, state }));
}

/** A program on a node that is taken for one of ours, and told of as such. */
export class Stranger {
  readonly ref: ProcessRef;
  readonly #api: KubeApi;

  constructor(world: World, node: string, program: ProcessRef['program']) {
    const ref = { name: `${node}/${program}#stranger`, node, program };
    const { scheduler } = world;
    this.ref = ref;
    this.#api = world.apiserver.connect(
      { name: ref.name, node, receive: (work, costUs) => void scheduler.after(costUs, work) },
      {
        hooks: {
          requested: (request) => world.tell((observer) => observer.requested?.(ref, request)),
          answered: (request, answer) => world.tell((observer) => observer.answered?.(ref, request, answer)),
        },
      },
    );
    world.tell((observer) => observer.started?.(ref));
  }

  request(request: KubeRequest): void {
    this.#api.request(request, () => {});
  }

  takeLease(): void {
    const spec = { holderIdentity: this.ref.name, leaseDurationSeconds: 15, leaseTransitions: 1 };
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'ingot-controller', namespace: ownNamespace },
      spec,
    };
    this.request({ verb: 'create', resource: leases, namespace: ownNamespace, body });
  }

  /** What a controller has to have read before it gives addresses. */
  readAll(): void {
    for (const resource of [services, namespaces]) this.request({ verb: 'list', resource, limit: 500 });
    this.request({ verb: 'list', resource: ipAddressPools, namespace: ownNamespace, limit: 500 });
  }

  give(service: string, ip: Ip): void {
    const body = { status: { loadBalancer: { ingress: [{ ip }] } } };
    const target = { resource: services, namespace: serviceNamespace, name: service };
    this.request({ verb: 'patch', ...target, patch: 'strategic', subresource: 'status', body });
  }
}
