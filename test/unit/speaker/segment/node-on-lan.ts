// A machine of the LAN of engines: its kernel, and the speaker on it.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Cancel, Untimed } from '#shared/runtime/clock.ts';
import type { Random } from '#shared/runtime/random.ts';
import { mix32 } from '#speaker/desired/rendezvous.ts';
import type { Endpoint, Link, SegmentEvent } from '#speaker/segment/event.ts';
import { nodeIdFromBytes, type NodeId } from '#speaker/segment/node-id.ts';
import { initialSegment, type SegmentState } from '#speaker/segment/segment.ts';
import { randomFor } from '#test/simulation/time/random.ts';

export const gatewayIp = '10.0.0.254' as Ip;
export const port = 7946;

export class Node {
  readonly index: number;
  readonly id: NodeId;
  readonly name: string;
  readonly ip: Ip;
  readonly mac: Mac;
  readonly random: Random;
  state: SegmentState;
  incarnation = 1_000;
  sequence = 0;
  /** The machine, and the process on it. */
  powered = true;
  running = false;
  kernelAnswersArp = true;
  muted = false;
  readonly answering = new Set<Ip>();
  wake: Cancel = () => {};
  pausedUntilUs: number | undefined;
  readonly waiting: Untimed<SegmentEvent>[] = [];
  wakeMissed = false;
  drains = 0;
  sent = 0;

  constructor(index: number, seed: number) {
    this.index = index;
    const [high, low] = [mix32(index * 2 + 1), mix32(index * 2 + 2)];
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, high);
    new DataView(bytes.buffer).setUint32(4, low);
    this.id = nodeIdFromBytes(bytes);
    this.name = `n${index}`;
    this.ip = `10.0.${index >> 8}.${index & 255}` as Ip;
    this.mac = `02:00:00:00:${hex(index >> 8)}:${hex(index & 255)}` as Mac;
    this.random = randomFor(seed, `n${index}`);
    this.state = initialSegment(this.id, this.link(true));
  }

  get endpoint(): Endpoint {
    return { ip: this.ip, port };
  }

  link(carrier: boolean): Link {
    const prefixes = [{ ip: this.ip, prefixBits: 16 }];
    return { carrier, mac: this.mac, interfaceName: 'eth0', prefixes, gateways: [gatewayIp] };
  }

  get owned(): number {
    return this.state.holdings.ownedCount();
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}
