// A host on the LAN that is none of the cluster's and uses an address that the cluster has: it announces it, answers for it, and defends it
// (RFC 5227 §2.4 (b)).
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { once } from '../cancel.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { answerTo, arpReply, arpRequest, writeArp, type ArpMessage } from './arp-message.ts';
import type { Frame } from './frame.ts';
import { broadcastNumber, ipv4Number, macNumber } from './octets.ts';
import { arrivalTypes, type ArrivalType, type Attachment, type Segment, type Station } from './segment.ts';

/** ANNOUNCE_NUM 2, ANNOUNCE_INTERVAL, DEFEND_INTERVAL (RFC 5227 §1.1). */
const betweenAnnouncementsUs = 2_000_000;
const betweenDefencesUs = 10_000_000;

interface Claim {
  defendedUs: number;
  second: Cancel;
}

export interface ForeignHostOptions {
  readonly name: string;
  readonly mac: Mac;
  readonly segment: Segment;
}

export class ForeignHost implements Station {
  readonly name: string;
  readonly mac: number;
  readonly attachment: Attachment;
  readonly #scheduler: Scheduler;
  readonly #claims = new Map<number, Claim>();

  constructor({ name, mac, segment }: ForeignHostOptions, { scheduler }: { readonly scheduler: Scheduler }) {
    this.name = name;
    this.mac = macNumber(mac);
    this.#scheduler = scheduler;
    this.attachment = segment.attach(this);
  }

  /** Has the address until the answer is called. */
  claim(ip: Ip): Cancel {
    const number = ipv4Number(ip);
    const second = this.#scheduler.after(betweenAnnouncementsUs, () => this.#announce(number));
    const claim: Claim = { defendedUs: this.#scheduler.nowUs, second };
    this.#claims.set(number, claim);
    this.#announce(number);
    return once(() => {
      claim.second();
      if (this.#claims.get(number) === claim) this.#claims.delete(number);
    });
  }

  receive({ arp }: Frame, type: ArrivalType): void {
    if (arp === undefined || type === arrivalTypes.otherHost) return;
    this.#defend(arp);
    const isAsked = arp.operation === arpRequest && arp.senderIp !== arp.targetIp && this.#claims.has(arp.targetIp);
    if (isAsked) this.attachment.send(answerTo(arp, this.mac));
  }

  /** It has no Services. */
  serves(): boolean {
    return false;
  }

  /** Somebody else says that it has one of these addresses. */
  #defend({ operation, senderIp, senderMac }: ArpMessage): void {
    const claim = this.#claims.get(senderIp);
    if (claim === undefined || senderMac === this.mac || (operation !== arpRequest && operation !== arpReply)) return;
    if (this.#scheduler.nowUs < claim.defendedUs + betweenDefencesUs) return;
    claim.defendedUs = this.#scheduler.nowUs;
    this.#announce(senderIp);
  }

  #announce(ip: number): void {
    const message = { operation: arpRequest, senderMac: this.mac, senderIp: ip, targetMac: 0, targetIp: ip };
    this.attachment.send(writeArp(broadcastNumber, message));
  }
}
