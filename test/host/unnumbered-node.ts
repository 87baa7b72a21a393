// A node with one unnumbered BGP peer on the real kernel: its wire thread advertises it and hears the router, its sessions follow.
import type { Ip } from '#shared/net/ip.ts';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import type { SessionStatus } from '#speaker/bgp/session-status.ts';
import { BgpSessions } from '#speaker/bgp/sessions.ts';
import { interfaceAddresses } from '#speaker/desired/bgp/machine.ts';
import { linuxTcp } from '#speaker/host/linux-tcp.ts';
import { wireEntry } from '#speaker/host/wire-entry.ts';
import { startWireThread, type WireThread } from '#speaker/host/wire-thread.ts';
import type { WireObserved } from '#speaker/seam.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { wireOptionsOf } from '#test/wire-input.ts';
import { routes } from '../unit/speaker/bgp/out-play.ts';
import { peerSession } from '../unit/speaker/bgp/session-stage.ts';

export interface UnnumberedPlan {
  readonly interface: string;
  readonly asn: number;
  readonly identifier: number;
  /** To be announced; none: it only advertises and hears. */
  readonly prefixes?: string;
}

const quiet = (): void => {};

export class UnnumberedNode {
  readonly #plan: UnnumberedPlan;
  readonly #wire: WireThread;
  readonly #sessions: BgpSessions;
  #observed: WireObserved | undefined;
  #router: Ip | undefined;

  constructor(plan: UnnumberedPlan) {
    this.#plan = plan;
    this.#sessions = new BgpSessions(
      { mode: 'auto', port: 179 },
      {
        clock: systemClock,
        random: systemRandom,
        tcp: linuxTcp,
        log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
        interfaceOf: (local, device) => interfaceAddresses(this.observed.network, local, device),
        changed: quiet,
      },
    );
    this.#wire = startWireThread({ entry: wireEntry(), options: wireOptionsOf('node') }, { log: new RecordedLog() });
    this.#wire.channel.onMessage((message) => {
      if (message.kind === 'observed') this.#observe(message);
    });
    this.#wire.channel.post({ kind: 'routing', sequence: 1, bfd: [], unnumbered: [plan.interface] });
  }

  /** The last that the wire thread told. */
  get observed(): WireObserved {
    if (this.#observed === undefined) throw new Error('the wire thread has told nothing yet');
    return this.#observed;
  }

  /** The router that is heard, and others. */
  get routers(): readonly Ip[] {
    return (this.#observed?.routers ?? []).flatMap(({ ip, others }) => [ip, ...others]);
  }

  get status(): SessionStatus | undefined {
    return this.#sessions.statuses[0];
  }

  async stop(): Promise<void> {
    this.#sessions.stop('the test is over');
    await this.#wire.stop('restart');
  }

  #observe(observed: WireObserved): void {
    this.#observed = observed;
    const [router] = this.routers;
    const { prefixes } = this.#plan;
    if (prefixes === undefined || router === this.#router) return;
    this.#router = router;
    this.#sessions.configure([this.#peer(router)]);
    this.#sessions.setRoutes(new Map([['router', routes([{}, prefixes])]]), true);
  }

  #peer(router: Ip | undefined): PeerSession {
    const { asn, identifier, interface: device } = this.#plan;
    const peer = peerSession({
      config: {
        localAsn: asn,
        peerAsn: 'external',
        bgpIdentifier: identifier,
        families: ['IPv4', 'IPv6'],
        extendedNextHop: true,
        linkLocalNextHop: true,
      },
      transport: { device },
    });
    return { ...peer, transport: { ...peer.transport, remote: router } };
  }
}
