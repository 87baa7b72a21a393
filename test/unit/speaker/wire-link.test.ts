import { beforeEach, expect, test } from 'vitest';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import type { DesiredAddress, WireDesired, WireObserved } from '#speaker/seam.ts';
import { WireLink } from '#speaker/wire-link.ts';
import { FakeChannel } from './fake-channel.ts';
import { ip, observed } from './views.ts';

const log = new RecordedLog();
const metrics = new RecordedMetrics();
let channel: FakeChannel;
let heard: (WireObserved | undefined)[];
let link: WireLink;

beforeEach(() => {
  channel = new FakeChannel();
  heard = [];
  log.lines.length = 0;
  metrics.values.clear();
  link = new WireLink(channel, { log, metrics }, () => heard.push(link.observation));
});

const addresses = (count: number): DesiredAddress[] =>
  Array.from({ length: count }, (_, index) => ({
    ip: ip(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
    owned: true,
    interfaces: 'any',
  }));
const sizes = (messages: readonly WireDesired[]): unknown[] =>
  messages.map(({ generation, chunk, chunks, addresses: some }) => [generation, chunk, chunks, some.length]);

test('nothing desired is a generation too', () => {
  link.say([], ['^lo$']);
  expect(channel.posted).toEqual([
    { kind: 'desired', generation: 1, chunk: 0, chunks: 1, addresses: [], excludedInterfaces: ['^lo$'] },
  ]);
});

test('a generation goes out in chunks of at most 500, in order', () => {
  link.say(addresses(1_001), []);
  expect(sizes(channel.desired)).toEqual([
    [1, 0, 3, 500],
    [1, 1, 3, 500],
    [1, 2, 3, 1],
  ]);
  expect(channel.desired.flatMap((message) => message.addresses)).toEqual(addresses(1_001));
});

test('what was said already is not said again', () => {
  link.say(addresses(2), []);
  link.say(addresses(2), []);
  link.say(addresses(1), []);
  link.say(addresses(1), ['eth1']);
  expect(channel.desired.map(({ generation }) => generation)).toEqual([1, 2, 3]);
});

test('more addresses than the wire thread takes are cut, and counted', () => {
  link.say(addresses(10_001), []);
  expect(channel.desired.flatMap((message) => message.addresses)).toHaveLength(10_000);
  expect(metrics.values.get('ingot_limit_reached_total{limit="desiredAddresses"}')).toBe(1);
});

test('observations are kept, their log lines written', () => {
  expect(link.observation).toBeUndefined();
  const observation = observed({
    log: [{ level: 'warn', fields: { interface: 'eth0' }, message: 'interface is down' }],
  });
  channel.receive(observation);
  expect(link.observation).toBe(observation);
  expect(heard).toEqual([observation]);
  expect(log.lines).toEqual([{ level: 'warn', fields: { interface: 'eth0' }, message: 'interface is down' }]);
});

test('the last words of the wire thread are logged', () => {
  channel.receive({ kind: 'ready' });
  channel.receive({ kind: 'fatal', message: 'out of memory' });
  expect(log.lines).toEqual([{ level: 'error', fields: {}, message: 'the wire thread fails: out of memory' }]);
});
