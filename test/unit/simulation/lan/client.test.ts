import assert from 'node:assert';
import { expect, test } from 'vitest';
import type { Outage } from '#test/simulation/observer.ts';
import type { ClientKind } from '#test/simulation/lan/arp-learning.ts';
import { answerTo, arpReply, arpRequest, writeArp } from '#test/simulation/lan/arp-message.ts';
import { Client } from '#test/simulation/lan/client.ts';
import { broadcastNumber, ipv4Number } from '#test/simulation/lan/octets.ts';
import { ipOf, macOf, Stage, type Listener } from '../stage.ts';

const vip = ipOf('192.0.2.100');
const flowMs = 20;

/** A client that uses the address, and hosts that answer for it while they have it. */
class LanWithClient extends Stage {
  readonly outages: Outage[] = [];
  readonly client: Client;
  readonly owners = new Set<Listener>();

  constructor(kind: ClientKind = 'linux', seed = 1) {
    super({ seed });
    this.client = new Client(
      {
        name: 'c1',
        mac: macOf('02:50:00:00:01:01'),
        ip: ipOf('192.0.2.200'),
        segment: this.segment,
        kind,
        flowEveryMs: flowMs,
      },
      { ...this.dependencies, observer: { outage: (outage) => void this.outages.push(outage) } },
    );
  }

  /** Serves the address, and answers for it while it is an owner. */
  host(number: number): Listener {
    const host = this.listener(number);
    host.served.add(vip);
    host.heardFrame = ({ arp }) => {
      const isAsked =
        arp?.operation === arpRequest && arp.targetIp === ipv4Number(vip) && arp.senderIp !== arp.targetIp;
      if (isAsked && this.owners.has(host)) host.attachment.send(answerTo(arp, host.mac));
    };
    return host;
  }

  announce(from: Listener, form: 'request' | 'reply' = 'request'): void {
    const ip = ipv4Number(vip);
    const isReply = form === 'reply';
    const message = {
      operation: isReply ? arpReply : arpRequest,
      senderMac: from.mac,
      senderIp: ip,
      targetMac: isReply ? from.mac : 0,
      targetIp: ip,
    };
    from.attachment.send(writeArp(broadcastNumber, message));
  }

  /** Served by host 1 for a second. */
  static served(kind?: ClientKind) {
    const lan = new LanWithClient(kind);
    const [first, second] = [lan.host(1), lan.host(2)];
    lan.owners.add(first);
    lan.client.use(vip);
    lan.advance(1000);
    assert(lan.client.reaches(vip));
    return { lan, first, second };
  }
}

const durationMs = ({ fromUs, untilUs }: Outage): number => (untilUs - fromUs) / 1000;

test('an address that is served is reached at once: the first flow waits for the answer and is not lost', () => {
  const { lan } = LanWithClient.served();
  lan.advance(120_000);
  lan.client.finish();
  expect(lan.outages).toEqual([]);
  expect(lan.client.flows).toBeGreaterThan(121_000 / flowMs - 2);
});

test('between changes nothing happens but what the cache does', () => {
  const { lan } = LanWithClient.served();
  const before = lan.scheduler.events;
  lan.advance(3_600_000);
  // 103 rounds of about 35 s if entries stay reachable for 30 s on average, at most 180 of 20 s.
  const rounds = lan.lines.filter((line) => line.includes('(unicast)') && line.includes('arp request')).length;
  expect(rounds).toBeGreaterThanOrEqual(70);
  expect(rounds).toBeLessThanOrEqual(180);
  expect(lan.scheduler.events - before).toBeLessThanOrEqual(rounds * 8 + 20);
});

test('an owner that dies and is announced by another is missed for that long', () => {
  const { lan, first, second } = LanWithClient.served();
  lan.owners.delete(first);
  first.attachment.plug(false);
  lan.advance(500);
  lan.owners.add(second);
  lan.announce(second);
  lan.advance(1000);
  expect(lan.outages).toHaveLength(1);
  const [outage] = lan.outages as [Outage];
  expect(durationMs(outage)).toBeGreaterThan(470);
  expect(durationMs(outage)).toBeLessThanOrEqual(520);
  expect(outage.lost).toBe(durationMs(outage) / flowMs);
});

test('an owner that dies unannounced is missed until the cache has doubted and asked: 8 s after it stopped believing', () => {
  const { lan, first, second } = LanWithClient.served();
  lan.owners.delete(first);
  lan.owners.add(second);
  first.attachment.plug(false);
  lan.advance(60_000);
  expect(lan.outages).toHaveLength(1);
  const [outage] = lan.outages as [Outage];
  expect(durationMs(outage)).toBeGreaterThan(15_000 + 8_000 - 1_000 - flowMs);
  expect(durationMs(outage)).toBeLessThan(45_000 + 8_000 + flowMs);
});

test('an entry that an announcement left stale is given up 8 s later', () => {
  const { lan, first, second } = LanWithClient.served();
  lan.owners.clear();
  lan.announce(second);
  lan.advance(10);
  lan.announce(first);
  lan.advance(10);
  first.attachment.plug(false);
  lan.owners.add(second);
  lan.advance(20_000);
  expect(lan.outages).toHaveLength(1);
  const [outage] = lan.outages as [Outage];
  expect(durationMs(outage)).toBeGreaterThan(7_900);
  expect(durationMs(outage)).toBeLessThan(8_100);
});

test.each<[string, (owner: Listener, lan: LanWithClient) => () => void]>([
  ['the carrier', ({ attachment }) => (attachment.plug(false), () => attachment.plug(true))],
  ['hearing', ({ attachment }) => attachment.deafen()],
  ['speech', ({ attachment }) => attachment.mute()],
  [
    'the rules',
    (owner, { segment }) => {
      owner.served.delete(vip);
      segment.pathsChanged([vip]);
      return () => {
        owner.served.add(vip);
        segment.pathsChanged([vip]);
      };
    },
  ],
  ['the way to the client', (_, { segment }) => segment.partition(['h1'], { oneWay: false })],
  ['the way from the client', (_, { segment }) => segment.partition(['h1'], { oneWay: true })],
])('an owner that loses %s for 100 ms loses 5 flows', (_, fault) => {
  const { lan, first } = LanWithClient.served();
  const end = fault(first, lan);
  lan.advance(100);
  end();
  lan.advance(100);
  expect(lan.outages.map(({ lost }) => lost)).toEqual([5]);
  expect(durationMs(lan.outages[0] as Outage)).toBe(100);
});

test('a change of no more than a moment between two flows costs none', () => {
  const { lan, first } = LanWithClient.served();
  const before = lan.client.flows;
  while (lan.client.flows === before) lan.advance(1);
  lan.advance(1);
  first.attachment.plug(false);
  lan.advance(10);
  first.attachment.plug(true);
  lan.advance(1000);
  lan.client.finish();
  expect(lan.outages).toEqual([]);
});

test('what is out at the end is told', () => {
  const { lan, first } = LanWithClient.served();
  first.attachment.plug(false);
  lan.advance(1000);
  expect(lan.outages).toEqual([]);
  lan.client.finish();
  expect(lan.outages).toMatchObject([{ client: 'c1', ip: vip, untilUs: 2_000_000, lost: 50 }]);
});

test('an address that is no longer used is no longer missed', () => {
  const lan = new LanWithClient();
  const end = lan.client.use(vip);
  lan.advance(10_000);
  end();
  expect(lan.outages).toHaveLength(1);
  const before = lan.scheduler.events;
  lan.advance(100_000);
  expect(lan.scheduler.events - before).toBeLessThanOrEqual(1);
});

test('a stubborn client takes announcements in request form only', () => {
  const { lan, first, second } = LanWithClient.served('stubborn');
  first.attachment.plug(false);
  lan.announce(second, 'reply');
  lan.advance(2000);
  expect(lan.client.reaches(vip)).toBe(false);
  lan.announce(second, 'request');
  lan.advance(100);
  expect(lan.client.reaches(vip)).toBe(true);
});

test('a long one is changed by announcements only, for four hours', () => {
  const { lan, first, second } = LanWithClient.served('long');
  first.attachment.plug(false);
  lan.owners.clear();
  lan.owners.add(second);
  lan.advance(3 * 3_600_000);
  expect(lan.client.reaches(vip)).toBe(false);
  lan.announce(second, 'reply');
  lan.advance(100);
  expect(lan.client.reaches(vip)).toBe(true);
  expect(lan.lines.filter((line) => line.includes('arp request'))).toHaveLength(1);
});

function story(seed: number): string {
  const lan = new LanWithClient('linux', seed);
  lan.owners.add(lan.host(1));
  lan.client.use(vip);
  lan.advance(200_000);
  return lan.trace.hash;
}

test('the same seed tells the same story, another one another', () => {
  expect(story(1)).toBe(story(1));
  expect(story(1)).not.toBe(story(2));
});
