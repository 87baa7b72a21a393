// The wire thread of a speaker on a cable to a Linux client, and what the client's kernel believes.
import { startWireThread, type WireThread } from '#speaker/host/wire-thread.ts';
import { wireEntry } from '#speaker/host/wire-entry.ts';
import type { Ip } from '#shared/net/ip.ts';
import { opensslSegmentCrypto } from '#speaker/host/segment-crypto.ts';
import type { WireObserved } from '#speaker/seam.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip, within } from '#test/lab/network/namespace.ts';
import { attempt, run } from '#test/lab/process/run.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { desiredOf, surroundingsOf, wireOptionsOf, type Wanted } from '#test/wire-input.ts';
import { createCable, type Cable } from './cable.ts';

/** The node is alone in its cluster. */
const node = 'answering';

export interface CablePlan {
  /** Of this machine, with prefix. */
  readonly own: string;
  /** Of the client, with prefix; without one the far end is the test's, in the namespace of the test. */
  readonly client?: string;
  /** What is to be answered for. */
  readonly vip: string;
}

interface Neighbour {
  readonly dst: string;
  readonly lladdr?: string;
  readonly state: readonly string[];
}

export class WireOnCable {
  readonly #plan: CablePlan;
  readonly #wire: WireThread;
  #cable: Cable;
  #observed: WireObserved | undefined;
  #generation = 0;

  private constructor(plan: CablePlan, cable: Cable) {
    this.#plan = plan;
    this.#cable = cable;
    this.#wire = startWireThread({ entry: wireEntry(), options: wireOptionsOf(node) }, { log: new RecordedLog() });
    this.#wire.channel.onMessage((message) => {
      if (message.kind === 'observed') this.#observed = message;
    });
    this.#surround();
  }

  static async start(plan: CablePlan): Promise<WireOnCable> {
    const wire = new WireOnCable(plan, await plug(plan));
    const isOpen = (): boolean =>
      wire.observed?.interfaces.some(({ name, open }) => name === wire.cable.near.name && open) === true;
    await eventually(isOpen, { withinMs: 10_000, everyMs: 5 });
    return wire;
  }

  get cable(): Cable {
    return this.#cable;
  }

  /** The last that the wire thread told. */
  get observed(): WireObserved | undefined {
    return this.#observed;
  }

  async end(): Promise<void> {
    await this.stop();
    await this.#cable.remove();
  }

  /** The wire thread, which may have been stopped already. */
  stop(): Promise<void> {
    return this.#wire.stop('restart');
  }

  /** The cable is taken away and another one of the same name put in. */
  async replug(): Promise<void> {
    await this.#cable.remove();
    this.#cable = await plug(this.#plan);
  }

  /** What the thread is to answer from now on; of the plan's address if nothing else is said. */
  desire(...addresses: readonly Partial<Wanted>[]): void {
    this.#wire.channel.post({
      kind: 'desired',
      generation: ++this.#generation,
      chunk: 0,
      chunks: 1,
      addresses: addresses.map((one) => desiredOf([node], { ip: this.#plan.vip as Ip, ...one })),
    });
  }

  #surround(): void {
    const { own, client } = this.#plan;
    this.#wire.channel.post({
      ...surroundingsOf([node], [own], opensslSegmentCrypto),
      sequence: 1,
      excludedInterfaces: client === undefined ? [`^${this.#cable.far.name}$`] : [],
    });
  }

  /** Lines for `ip`, on the client. */
  onClient(...lines: readonly string[]): Promise<void> {
    return ip(lines, this.#cable.namespace);
  }

  /** The client's kernel believes that another station has the address. */
  mislead(mac: string): Promise<void> {
    return this.onClient(`neigh replace ${this.#plan.vip} lladdr ${mac} nud reachable dev ${this.#cable.far.name}`);
  }

  /** The entry that the client's kernel has for the address. */
  async neighbour(address = this.#plan.vip): Promise<Neighbour | undefined> {
    const listed = await run(['ip', '-n', this.#cable.namespace ?? '', '-j', 'neigh', 'show', 'to', address]);
    return (JSON.parse(listed) as readonly Neighbour[])[0];
  }

  /** The client sends a datagram to the address, so that its kernel resolves it. */
  async useAddress(address = this.#plan.vip): Promise<void> {
    await attempt(within(this.#cable.namespace ?? '', ['bash', '-c', `echo > /dev/udp/${address}/9`]));
  }

  /** What the client believes once that is `expected`, or after a while. */
  async believed(expected: string = this.#cable.near.mac, withinMs = 3000): Promise<string | undefined> {
    const look = async (): Promise<boolean> => (await this.neighbour())?.lladdr === expected;
    await eventually(look, { withinMs, everyMs: 5 }).catch(() => {});
    return (await this.neighbour())?.lladdr;
  }

  /** The state of the client's entry once it is `expected`, or after longer than it takes to ask in vain: three times, a second apart. */
  async state(expected: string): Promise<readonly string[] | undefined> {
    const look = async (): Promise<boolean> => (await this.neighbour())?.state.includes(expected) === true;
    await eventually(look, { withinMs: 6000, everyMs: 20 }).catch(() => {});
    return (await this.neighbour())?.state;
  }

  /** Where the address is answered, once these are `count` interfaces. */
  async answeredOn(count: number, withinMs = 5000): Promise<readonly string[] | undefined> {
    const answering = (): readonly string[] | undefined =>
      this.#observed?.addresses.flatMap(({ segments }) =>
        segments.filter((one) => one.answering).map(({ segment }) => segment),
      );
    await eventually(() => answering()?.length === count, { withinMs, everyMs: 5 }).catch(() => {});
    return answering();
  }
}

async function plug({ own, client }: CablePlan): Promise<Cable> {
  const cable = await createCable('answer', client);
  const isIPv6 = own.includes(':');
  await ip([`addr add ${own} dev ${cable.near.name}${isIPv6 ? ' nodad' : ''}`]);
  return cable;
}
