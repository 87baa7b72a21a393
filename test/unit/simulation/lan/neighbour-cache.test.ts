// The simulated client, played the scripts that a real Linux client follows (test/host).
import { describe, expect, test } from 'vitest';
import { arpReply, arpRequest, writeArp } from '#test/simulation/lan/arp-message.ts';
import { Client } from '#test/simulation/lan/client.ts';
import { broadcastNumber, ipv4Number } from '#test/simulation/lan/octets.ts';
import {
  differences,
  neighbourScripts,
  type ArpForm,
  type NeighbourScript,
  type ScriptStep,
  type Seen,
  type Speaking,
} from '#test/simulation/honesty/traces/neighbour-cache.ts';
import { ipOf, Listener, macOf, Stage } from '../stage.ts';

const vip = ipOf('192.0.2.100');
const clientIp = ipOf('192.0.2.9');
const clientMac = macOf('02:50:00:00:00:09');
const farAwayMs = 1_000_000_000;

class Player {
  readonly stage: Stage;
  readonly #client: Client;
  readonly #hosts: Readonly<Record<Speaking, Listener>>;
  readonly #asked = { broadcast: 0, unicast: 0 };
  #lost = 0;
  #answers: Speaking | 'nobody' = 'nobody';
  #isUsed = false;

  constructor({ times, steps }: NeighbourScript, seed: number) {
    this.stage = new Stage({ seed });
    const { segment, scheduler } = this.stage;
    const host = (by: Speaking): Listener => {
      const listener = new Listener(by, `02:50:00:00:00:0${by.toLowerCase()}`, segment, scheduler);
      listener.served.add(vip);
      listener.heardFrame = ({ arp, destination }) => {
        if (arp?.operation !== arpRequest || arp.senderIp !== ipv4Number(clientIp)) return;
        if (destination !== broadcastNumber) this.#asked.unicast++;
        else if (by === 'A') this.#asked.broadcast++;
        if (this.#answers === by) this.#say('reply', by);
      };
      return listener;
    };
    this.#hosts = { A: host('A'), B: host('B') };
    const base = times?.baseReachableMs ?? 30_000;
    const draw = seed % 3;
    this.#client = new Client(
      {
        name: 'c1',
        mac: clientMac,
        ip: clientIp,
        segment,
        flowEveryMs: steps.some((step) => 'use' in step && step.use === 'always') ? 20 : farAwayMs,
        ...(times === undefined
          ? {}
          : {
              times: {
                reachableUs: base * 500 * (1 + draw),
                delayUs: times.delayMs * 1000,
                retransmitUs: times.retransmitMs * 1000,
              },
            }),
      },
      { ...this.stage.dependencies, observer: { outage: ({ lost }) => void (this.#lost += lost) } },
    );
  }

  /** What differs from what the step expects. */
  perform(step: ScriptStep): readonly string[] {
    if ('use' in step) this.#use();
    else if ('answers' in step) this.#answers = step.answers;
    else if ('says' in step) this.#say(step.says, step.by);
    return differences(step, this.#seen);
  }

  get #seen(): Seen {
    const neighbour = this.#client.neighbour(vip);
    const of = (['A', 'B'] as const).find((by) => 'mac' in neighbour && neighbour.mac === this.#hosts[by].mac);
    return { ...this.#asked, packets: this.#delivered(), state: neighbour.state, of };
  }

  #use(): void {
    if (!this.#isUsed) this.#client.use(vip);
    this.#isUsed = true;
    this.#client.touch(vip);
  }

  /** Those that wait are begun and neither lost nor delivered. */
  #delivered(): number {
    return this.#client.reaches(vip) ? this.#client.flows - this.#lost : 0;
  }

  #say(form: ArpForm, by: Speaking): void {
    const { mac, attachment } = this.#hosts[by];
    const isReply = form === 'reply';
    const targetMacs = {
      reply: this.#client.mac,
      'request-form announcement': 0,
      'reply-form announcement': mac,
      'reply-form announcement to ff': broadcastNumber,
    };
    const message = {
      operation: form === 'request-form announcement' ? arpRequest : arpReply,
      senderMac: mac,
      senderIp: ipv4Number(vip),
      targetMac: targetMacs[form],
      targetIp: ipv4Number(isReply ? clientIp : vip),
    };
    attachment.send(writeArp(isReply ? this.#client.mac : broadcastNumber, message));
  }
}

describe.each([1, 2, 3])('the simulated client with seed %i', (seed) => {
  test.each(neighbourScripts)('$name', (script) => {
    const player = new Player(script, seed);
    const differing = script.steps.flatMap((step) => {
      player.stage.advance(step.atMs - player.stage.nowMs);
      return player.perform(step);
    });
    expect(differing).toEqual([]);
  });
});
