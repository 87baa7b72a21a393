import { beforeEach, expect, test } from 'vitest';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import type { OwnerChange, WireDesired, WireObserved } from '#speaker/seam.ts';
import { noFlags } from '#speaker/segment/message/member-flags.ts';
import type { DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';
import { WireLink, type Surroundings } from '#speaker/wire-link.ts';
import { FakeChannel } from './fake-channel.ts';
import { desiredAddress, ip, nodeId, observed } from './views.ts';

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

const addresses = (count: number): DesiredAddress[] => {
  const candidates = desiredAddress('10.0.0.0').candidates;
  return Array.from({ length: count }, (_, index) =>
    desiredAddress(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, [], { candidates }),
  );
};
const sizes = (messages: readonly WireDesired[]): unknown[] =>
  messages.map(({ generation, chunk, chunks, addresses: some }) => [generation, chunk, chunks, some.length]);

test('nothing desired is a generation too', () => {
  link.want([]);
  expect(channel.posted).toEqual([{ kind: 'desired', generation: 1, chunk: 0, chunks: 1, addresses: [] }]);
});

test('a generation goes out in chunks of at most 500, in order', () => {
  link.want(addresses(1_001));
  expect(sizes(channel.desired)).toEqual([
    [1, 0, 3, 500],
    [1, 1, 3, 500],
    [1, 2, 3, 1],
  ]);
  expect(channel.desired.flatMap((message) => message.addresses)).toEqual(addresses(1_001));
});

test('what was wanted already is not said again', () => {
  link.want(addresses(2));
  link.want(addresses(2));
  expect(channel.desired).toHaveLength(1);
});

test.each<[string, Partial<DesiredAddress>]>([
  ['address', { ip: ip('192.0.2.9') }],
  ['placement key', { placementKey: ip('192.0.2.9') }],
  ['answer', { answer: false }],
  ['release', { release: true }],
  ['candidates', desiredAddress('192.0.2.1', ['n2'])],
])('another %s is said', (_, other) => {
  link.want([desiredAddress('192.0.2.1'), desiredAddress('192.0.2.2')]);
  link.want([desiredAddress('192.0.2.1'), desiredAddress('192.0.2.2', ['n1'], other)]);
  expect(channel.desired.map(({ generation }) => generation)).toEqual([1, 2]);
});

test('candidates that many addresses share are compared once', () => {
  let reads = 0;
  const shared = (): DesiredAddress['candidates'] => {
    const candidate = {
      interfaces: 'any' as const,
      hasReadyEndpoint: true,
      get preference() {
        reads++;
        return 0;
      },
    };
    return new Map([[nodeId('n1'), candidate]]);
  };
  const all = (): DesiredAddress[] => {
    const candidates = shared();
    return addresses(1_000).map((address) => ({ ...address, candidates }));
  };
  link.want(all());
  link.want(all());
  expect(channel.desired.at(-1)?.generation).toBe(1);
  expect(reads).toBe(2);
});

test('more addresses than the wire thread takes are cut, and counted', () => {
  link.want(addresses(10_001));
  expect(channel.desired.flatMap((message) => message.addresses)).toHaveLength(10_000);
  expect(metrics.values.get('ingot_limit_reached_total{limit="desiredAddresses"}')).toBe(1);
});

const surroundings: Surroundings = {
  nodes: [],
  condition: { flags: noFlags, cannotForward: false, ending: false },
  keys: undefined,
  ranges: [],
  namedInterfaces: [],
  excludedInterfaces: ['^lo$'],
};

test('surroundings are said when they are others', () => {
  link.surround(surroundings);
  link.surround({ ...surroundings, excludedInterfaces: ['^lo$'] });
  link.surround({ ...surroundings, excludedInterfaces: [] });
  expect(channel.surroundings).toEqual([
    { kind: 'surroundings', sequence: 1, ...surroundings },
    { kind: 'surroundings', sequence: 2, ...surroundings, excludedInterfaces: [] },
  ]);
});

const change = (last: number, fields: Partial<OwnerChange> = {}): OwnerChange => ({
  segment: 'eth0',
  ip: ip(`192.0.2.${last}`),
  owns: true,
  cause: 'silent',
  ...fields,
});

test('changes of owner are logged by their causes', () => {
  channel.receive(observed({ ownerChanges: [change(1), change(2), change(3, { owns: false, cause: 'preference' })] }));
  expect(log.lines).toEqual([
    {
      level: 'info',
      fields: { segment: 'eth0', cause: 'silent', ips: ['192.0.2.1', '192.0.2.2'] },
      message: 'this node owns addresses now',
    },
    {
      level: 'info',
      fields: { segment: 'eth0', cause: 'preference', ips: ['192.0.2.3'] },
      message: 'this node owns addresses no more',
    },
  ]);
});

test('a thousand changes for one cause are few lines', () => {
  const ownerChanges = addresses(250).map((address): OwnerChange => ({
    segment: 'eth0',
    ip: address.ip,
    owns: true,
    cause: 'deaf',
  }));
  channel.receive(observed({ ownerChanges }));
  expect(log.lines.map(({ fields }) => (fields['ips'] as readonly string[]).length)).toEqual([100, 100, 50]);
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
