// Mutated messages by the thousand, through the decoder and through one session that lives on: nothing may come of them but what the RFCs
// say. A connection and what it is told is a function of the seed and its number, so what fails can be played again alone.
import { uniform, type Random } from '#shared/runtime/random.ts';
import { decodeMessage, encodeMessage, type MessageContext } from '#speaker/bgp/codec.ts';
import { BgpError } from '#speaker/bgp/bgp-error.ts';
import type { MessageKind } from '#speaker/bgp/message.ts';
import type { Capability } from '#speaker/bgp/capability.ts';
import { MessageSplitter } from '#speaker/bgp/message-splitter.ts';
import { decodeNlri } from '#speaker/bgp/nlri.ts';
import { describeNotification } from '#speaker/bgp/notification.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { external, internal, toHex } from '../octets.ts';
import { routerOpen } from '../peer-play.ts';
import { peerSession } from '../session-stage.ts';
import { FuzzedSession, type Scene, type Stage } from './fuzzed-session.ts';
import { mutated } from './mutation.ts';
import { validMessages } from './valid-messages.ts';

export interface Findings {
  readonly inputs: number;
  readonly connections: number;
  /** NOTIFICATIONs that the session has sent, by code and subcode. */
  readonly answers: ReadonlyMap<string, number>;
  /** What became of UPDATEs that did not end it. */
  readonly updates: Readonly<Record<'taken' | 'attributeDiscard' | 'treatAsWithdraw', number>>;
}

/** A machine that does something else meanwhile is not meant: what takes long must do so each time. */
export const longestTurnMs = 50;
const repeats = 4;
/** After so many connections the peer is another one, and what was learned of it forgotten. */
const sceneConnections = 50;
const mostInputsOfConnection = 60;
const shownOctets = 128;

const families = ['IPv4', 'IPv6'] as const;
const multiprotocol = [
  { kind: 'multiprotocol', afi: 1, safi: 1 },
  { kind: 'multiprotocol', afi: 2, safi: 1 },
] as const;
const asn32 = { kind: 'fourOctetAs', asn: 64_512 } as const;
const everything = [
  ...multiprotocol,
  { kind: 'routeRefresh' },
  { kind: 'extendedNextHop', tuples: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
  { kind: 'extendedMessage' },
  {
    kind: 'gracefulRestart',
    restarting: false,
    notification: true,
    restartTimeSeconds: 120,
    tuples: [{ afi: 1, safi: 1, forwarding: true }],
  },
  asn32,
  { kind: 'enhancedRouteRefresh' },
] as const;

function openOf(capabilities: readonly Capability[]): Uint8Array {
  return encodeMessage(routerOpen({ capabilities }), external);
}

const scenes: readonly Scene[] = [
  {
    peer: peerSession({ config: { families, extendedNextHop: true } }),
    open: openOf(everything),
  },
  {
    peer: peerSession({ config: { families, localAsn: 64_512 } }),
    open: openOf([...multiprotocol, asn32]),
  },
  { peer: peerSession({ config: { families: ['IPv4'] }, prefixLimit: 15 }), open: openOf([]) },
  {
    peer: peerSession({ config: { families, sendRole: true, gracefulRestart: false, holdTimeSeconds: 30 } }),
    open: openOf([...multiprotocol, asn32, { kind: 'role', role: 0 }]),
  },
];
const contexts: readonly MessageContext[] = [
  external,
  internal,
  { ...external, fourOctetAs: false },
  { ...internal, families: ['IPv4'], extendedNextHop: false, enhancedRouteRefresh: false },
];
/** What comes at that stage; else UPDATEs. */
const expected: Readonly<Record<Stage, readonly MessageKind[]>> = {
  openSent: ['open', 'open', 'open', 'open', 'open', 'open', 'notification', 'keepalive'],
  openConfirm: ['keepalive', 'keepalive', 'keepalive', 'open'],
  established: ['routeRefresh'],
};
const stages: readonly Stage[] = [
  'openSent',
  'openConfirm',
  ...Array.from({ length: 10 }, () => 'established' as const),
];

/** One connection of a campaign. */
interface Place {
  readonly seed: number;
  readonly connection: number;
}

export class Campaign implements Findings {
  readonly #seed: number;
  readonly #messages = validMessages();
  readonly #session: FuzzedSession;
  readonly answers = new Map<string, number>();
  inputs = 0;
  connections = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#session = new FuzzedSession(sceneOf({ seed, connection: 0 }));
  }

  /** Throws an error that says how to see it again. */
  run(inputs: number): Findings {
    const { stackTraceLimit } = Error;
    // Half of the messages become errors that nobody throws: their stacks would take longer than everything else.
    Error.stackTraceLimit = 0;
    try {
      for (const until = this.inputs + inputs; this.inputs < until; this.connections++) this.#next();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    return this;
  }

  #next(): void {
    const place: Place = { seed: this.#seed, connection: this.connections };
    if (this.connections % sceneConnections === 0) this.#session.play(sceneOf(place));
    const { heard, slow } = this.#connection(this.#session, place);
    this.inputs += heard;
    if (slow !== undefined) this.#again(place, slow);
  }

  get updates(): Findings['updates'] {
    const { received, updateErrors } = this.#session.status.counters;
    const [attributeDiscard, treatAsWithdraw] = (['attributeDiscard', 'treatAsWithdraw'] as const).map(
      (consequence) => updateErrors.get(consequence) ?? 0,
    ) as [number, number];
    return { taken: received.update - attributeDiscard - treatAsWithdraw, attributeDiscard, treatAsWithdraw };
  }

  /** Everything in the session that grows with what it has heard. */
  get counted(): number {
    const { notificationsSent, notificationsReceived, resets, receivedPrefixes, updateErrors } =
      this.#session.status.counters;
    return [notificationsSent, notificationsReceived, resets, receivedPrefixes, updateErrors]
      .map(({ size }) => size)
      .reduce((sum, size) => sum + size);
  }

  #connection(session: FuzzedSession, place: Place): { readonly heard: number; readonly slow: number | undefined } {
    const random = randomFor(place.seed, `connection ${place.connection}`);
    let heard = 0;
    let slow: number | undefined;
    let octets: Uint8Array | undefined;
    try {
      const stage = stages[random.next32() % stages.length] ?? 'established';
      session.connect(stage);
      while (heard < mostInputsOfConnection && !session.isOver) {
        octets = mutated(this.#messages, expected[stage][random.next32() % 8] ?? 'update', random);
        const startMs = performance.now();
        if (random.next32() % 4 === 0) readAll(octets, contexts[random.next32() % contexts.length] ?? external);
        for (const segment of segments(octets, random)) session.hear(segment);
        const answer = session.judge();
        if (performance.now() - startMs > longestTurnMs) slow ??= heard;
        if (answer !== undefined) this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
        if (random.next32() % 16 === 0) session.clock.advance(uniform(random, 1, 1_000));
        heard++;
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const input = toHex(octets?.subarray(0, shownOctets) ?? new Uint8Array(0));
      const where = `seed ${place.seed}, connection ${place.connection}, input ${heard}`;
      throw new Error(`${where}: ${why}, after ${input}, ${octets?.length ?? 0} octets`, { cause: error });
    }
    return { heard, slow };
  }

  #again(place: Place, input: number): void {
    for (let left = repeats; left > 0; left--) {
      const session = new FuzzedSession(sceneOf(place));
      if (this.#connection(session, place).slow === undefined) return;
    }
    throw new Error(
      `seed ${place.seed}, connection ${place.connection}, input ${input} takes more than ${longestTurnMs} ms`,
    );
  }
}

function sceneOf({ connection }: Place): Scene {
  const scene = scenes[Math.floor(connection / sceneConnections) % scenes.length];
  if (scene === undefined) throw new Error('there are no scenes');
  return scene;
}

/** Everything that could be read of a message; only a BgpError may come of it. */
function readAll(octets: Uint8Array, context: MessageContext): void {
  const { frames } = new MessageSplitter({ extended: true }).push(octets);
  for (const frame of frames) {
    try {
      const received = decodeMessage(frame, context);
      if (received.kind === 'notification') describeNotification(received);
      if (received.kind === 'update') {
        decodeNlri('IPv4', received.outcome.message.withdrawn);
        decodeNlri('IPv4', received.outcome.message.nlri);
      }
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
    }
  }
}

/** Copies, for their memory is the session's: whole, or cut anywhere, or octet by octet. */
function segments(octets: Uint8Array, random: Random): readonly Uint8Array[] {
  const chance = random.next32() % 32;
  if (chance > 7) return [octets.slice()];
  const most = chance === 0 && octets.length < 200 ? 1 : Math.max(1, octets.length);
  const cut: Uint8Array[] = [];
  for (let at = 0; at < octets.length;) {
    const end = at + uniform(random, 1, most);
    cut.push(octets.slice(at, end));
    at = end;
  }
  return cut;
}
