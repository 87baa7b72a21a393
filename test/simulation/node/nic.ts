// A network interface of a simulated node, and the cable that is plugged into it.
import { parseIp, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Gateway, InterfaceAddress, Link } from '#speaker/l2/host-network.ts';
import { once } from '../cancel.ts';
import type { Frame } from '../lan/frame.ts';
import { macNumber, macText } from '../lan/octets.ts';
import type { ArrivalType, Attachment, Segment, Station } from '../lan/segment.ts';
import type { Kernel } from './kernel.ts';
import { address, ethernet } from './host-network.ts';

export interface NicOptions {
  readonly index: number;
  readonly name: string;
  readonly mac: Mac;
  /** With prefix, as 192.0.2.11/24. */
  readonly addresses: readonly string[];
  /** Next hops of default routes. */
  readonly gateways?: readonly Ip[];
  readonly segment: Segment;
}

export class Nic implements Station {
  /** Of the node. */
  readonly name: string;
  readonly interfaceName: string;
  readonly attachment: Attachment;
  readonly #kernel: Kernel;
  #index: number;
  #mac: number;
  #addresses: readonly string[];
  readonly #gateways: readonly Ip[];
  #isUp = true;
  #hasPower = true;
  #carrierLosses = 0;

  constructor({ index, name, mac, addresses, gateways = [], segment }: NicOptions, kernel: Kernel) {
    this.name = kernel.name;
    this.interfaceName = name;
    this.#kernel = kernel;
    this.#index = index;
    this.#mac = macNumber(mac);
    this.#addresses = addresses;
    this.#gateways = gateways;
    this.attachment = segment.attach(this);
  }

  get index(): number {
    return this.#index;
  }

  get mac(): number {
    return this.#mac;
  }

  /** Switched on. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get hasCarrier(): boolean {
    return this.attachment.isPlugged;
  }

  get addresses(): readonly InterfaceAddress[] {
    return this.#addresses.map((text) => {
      const [ip = '', bits] = text.split('/');
      return address(this.#index, parseIp(ip) ?? '', Number(bits));
    });
  }

  get gateways(): readonly Gateway[] {
    return this.#gateways.map((ip) => ({ interfaceIndex: this.#index, ip }));
  }

  get link(): Link {
    const fields = { mac: macText(this.#mac), up: this.#isUp, lowerUp: this.#isUp && this.hasCarrier };
    return ethernet(this.#index, this.interfaceName, fields);
  }

  receive(frame: Frame, type: ArrivalType): void {
    this.#kernel.received(this, frame, type);
  }

  serves(ip: Ip): boolean {
    return this.#isUp && this.#kernel.serves(ip);
  }

  /** The cable is out until the answer is called. */
  loseCarrier(): Cancel {
    this.#carrierLosses++;
    this.#plug();
    return once(() => {
      this.#carrierLosses--;
      this.#plug();
    });
  }

  /** With its node. */
  power(hasPower: boolean): void {
    this.#hasPower = hasPower;
    this.#plug();
  }

  /** Receives nothing; the carrier stays. */
  deafen(): Cancel {
    return this.#impair('deaf', this.attachment.deafen());
  }

  /** What it sends goes nowhere; the carrier stays. */
  mute(): Cancel {
    return this.#impair('mute', this.attachment.mute());
  }

  /** `ip link set … address`; sockets stay open. */
  changeMac(mac: Mac): void {
    this.#mac = macNumber(mac);
    this.#changed('mac', mac);
  }

  /** `ip link set … down`, until the answer is called. */
  switchOff(): Cancel {
    this.#isUp = false;
    this.#kernel.failSockets(this);
    this.#changed('switched', 'off');
    return once(() => {
      this.#isUp = true;
      this.#changed('switched', 'on');
    });
  }

  /** It went away and was made anew with the same name. */
  changeIndex(index: number): void {
    this.#kernel.failSockets(this);
    this.#index = index;
    this.#changed('index', String(index));
  }

  setAddresses(addresses: readonly string[]): void {
    this.#addresses = addresses;
    this.#changed('addresses', addresses.join());
  }

  #plug(): void {
    const isPlugged = this.#hasPower && this.#carrierLosses === 0;
    if (isPlugged === this.attachment.isPlugged) return;
    this.attachment.plug(isPlugged);
    this.#changed('carrier', isPlugged ? 'back' : 'lost');
  }

  #impair(what: 'deaf' | 'mute', end: Cancel): Cancel {
    this.#kernel.linkEvent(this, what, 'begins');
    return once(() => {
      end();
      this.#kernel.linkEvent(this, what, 'ends');
    });
  }

  #changed(what: string, detail: string): void {
    this.attachment.segment.pathsChanged();
    this.#kernel.linkEvent(this, what, detail);
    this.#kernel.networkChanged();
  }
}
