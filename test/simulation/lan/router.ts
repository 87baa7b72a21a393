// The router of a LAN, as its hosts see it: it answers ARP and neighbour solicitations for its addresses, and nothing else.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { answerTo, arpRequest } from './arp-message.ts';
import type { Frame } from './frame.ts';
import { ndpAnswer } from './ndp-message.ts';
import { ipv4Number, macNumber } from './octets.ts';
import { arrivalTypes, type ArrivalType, type Attachment, type Segment, type Station } from './segment.ts';

export interface RouterOptions {
  readonly name: string;
  readonly mac: Mac;
  readonly ip: Ip;
  readonly ipv6?: Ip | undefined;
  readonly segment: Segment;
}

export class Router implements Station {
  readonly name: string;
  readonly mac: number;
  readonly attachment: Attachment;
  readonly #ip: number;
  readonly #ipv6: Ip | undefined;

  constructor({ name, mac, ip, ipv6, segment }: RouterOptions) {
    this.name = name;
    this.mac = macNumber(mac);
    this.#ip = ipv4Number(ip);
    this.#ipv6 = ipv6;
    this.attachment = segment.attach(this);
  }

  receive({ arp, ndp, source }: Frame, type: ArrivalType): void {
    if (type === arrivalTypes.otherHost) return;
    if (ndp?.kind === 'solicitation' && ndp.target === this.#ipv6) {
      this.attachment.send(ndpAnswer(ndp, source, this.mac));
    }
    if (arp === undefined) return;
    const isAsked = arp.operation === arpRequest && arp.targetIp === this.#ip && arp.senderIp !== this.#ip;
    if (isAsked) this.attachment.send(answerTo(arp, this.mac));
  }

  /** Clients have no flows through it. */
  serves(): boolean {
    return false;
  }
}
