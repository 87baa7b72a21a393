// A host on the LAN that is none of the cluster's and uses an address that the cluster has: it announces it, answers for it, and defends it
// (RFC 5227 §2.4 (b)).
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { once } from '../cancel.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { answerTo, arpReply, arpRequest, writeArp } from './arp-message.ts';
import type { Frame } from './frame.ts';
import { ndpAnnouncement, ndpAnswer, ndpQuestion, unspecified } from './ndp-message.ts';
import { broadcastNumber, ipv4Number, ipv4Text, macNumber } from './octets.ts';
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
  readonly #claims = new Map<Ip, Claim>();

  constructor({ name, mac, segment }: ForeignHostOptions, { scheduler }: { readonly scheduler: Scheduler }) {
    this.name = name;
    this.mac = macNumber(mac);
    this.#scheduler = scheduler;
    this.attachment = segment.attach(this);
  }

  /** Has the address until the answer is called. */
  claim(ip: Ip): Cancel {
    const second = this.#scheduler.after(betweenAnnouncementsUs, () => this.#announce(ip));
    const claim: Claim = { defendedUs: this.#scheduler.nowUs, second };
    this.#claims.set(ip, claim);
    this.#announce(ip);
    return once(() => {
      claim.second();
      if (this.#claims.get(ip) === claim) this.#claims.delete(ip);
    });
  }

  /** Asks whether somebody has the address, as who would like to have it (RFC 4862 §5.4.2). */
  probe(ip: Ip): void {
    this.attachment.send(ndpQuestion({ mac: this.mac, ip: unspecified }, ip));
  }

  receive({ arp, ndp, source }: Frame, type: ArrivalType): void {
    if (type === arrivalTypes.otherHost || this.#claims.size === 0) return;
    if (arp !== undefined) {
      const { operation, senderIp, senderMac, targetIp } = arp;
      if (operation === arpRequest || operation === arpReply) this.#defend(ipv4Text(senderIp), senderMac);
      const isAsked = operation === arpRequest && senderIp !== targetIp && this.#claims.has(ipv4Text(targetIp));
      if (isAsked) this.attachment.send(answerTo(arp, this.mac));
    }
    if (ndp === undefined) return;
    if (ndp.kind === 'advertisement') this.#defend(ndp.target, source);
    else if (this.#claims.has(ndp.target)) this.attachment.send(ndpAnswer(ndp, source, this.mac));
  }

  /** It has no Services. */
  serves(): boolean {
    return false;
  }

  /** Somebody else says that it has one of these addresses. */
  #defend(ip: Ip, mac: number): void {
    const claim = this.#claims.get(ip);
    if (claim === undefined || mac === this.mac) return;
    if (this.#scheduler.nowUs < claim.defendedUs + betweenDefencesUs) return;
    claim.defendedUs = this.#scheduler.nowUs;
    this.#announce(ip);
  }

  #announce(ip: Ip): void {
    if (familyOf(ip) === 'IPv6') return void this.attachment.send(ndpAnnouncement(this.mac, ip));
    const number = ipv4Number(ip);
    const message = { operation: arpRequest, senderMac: this.mac, senderIp: number, targetMac: 0, targetIp: number };
    this.attachment.send(writeArp(broadcastNumber, message));
  }
}
