// A whole speaker with BGP: on n1 of the stage, with an advertisement of everything, and routers by hand at the other side of a played network.
import { bgpAdvertisements } from '#shared/api/bgp-advertisement.ts';
import { bgpPeers } from '#shared/api/bgp-peer.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { HostNetworkState } from '#speaker/l2/host-network.ts';
import type { SpeakerOptions } from '#speaker/speaker.ts';
import { refusal } from '#test/simulation/apiserver/answer.ts';
import type { Manifest } from '#test/simulation/apiserver/object.ts';
import { routerOpen } from './bgp/peer-play.ts';
import { PlayedRouter, routerIp } from './bgp/played-router.ts';
import { namespace } from './manifests.ts';
import { address, Stage, type RunningSpeaker } from './stage.ts';
import { ip } from './views.ts';

/** Of Service web/shop. */
export const route = `${address}/32`;
/** 65535:0, RFC 8326. */
export const gracefulShutdown = 'communities 4294901760';

/** n1's. */
export const network: HostNetworkState = {
  links: new Map(),
  addresses: [
    {
      interfaceIndex: 2,
      ip: ip('192.0.2.11'),
      prefixBits: 24,
      temporary: false,
      deprecated: false,
      tentative: false,
      duplicate: false,
    },
  ],
  gateways: [],
};

export function peerObject(spec: object = {}): Manifest {
  return {
    metadata: { name: 'router', namespace, generation: 1 },
    spec: { myASN: 64_513, peerASN: 64_512, peerAddress: routerIp, ...spec },
  };
}

/** Prefixes that the router holds. */
export function table({ receiver }: PlayedRouter): readonly string[] {
  return Object.keys(receiver.table);
}

export class RoutingStage extends Stage {
  constructor() {
    super();
    this.cluster.put(bgpAdvertisements, { metadata: { name: 'all', namespace, generation: 1 }, spec: {} });
  }

  speaker(fields: Partial<SpeakerOptions> = {}): RunningSpeaker {
    const running = this.start('n1', fields);
    running.wire.fields = { network };
    return running;
  }

  /** With a session; `preserves`: the router keeps the routes of a peer that restarts. */
  session(spec: object = {}, preserves = false): { readonly running: RunningSpeaker; readonly router: PlayedRouter } {
    const router = new PlayedRouter(this.network, { open: routerOpen({}, preserves) });
    this.cluster.put(bgpPeers, peerObject(spec));
    const running = this.speaker();
    this.clock.advance(2_000);
    return { running, router };
  }

  /** Until the answer is called. */
  refuse(kind: string): Cancel {
    return this.cluster.apiserver.troubles.begin({
      what: `${kind} cannot be listed`,
      fate: ({ resource }) => (resource.kind === kind ? { kind: 'refused', error: refusal(500, 'no') } : undefined),
    });
  }
}
