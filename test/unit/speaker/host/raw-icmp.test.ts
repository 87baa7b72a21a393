import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { openRouterAdvertiser, type RawSocketPackage } from '#speaker/host/raw-icmp.ts';
import { golden } from '#test/golden/golden.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';

const self = { mac: '02:50:00:00:00:09' as Mac, ip: 'fe80::50:ff:fe00:9' as Ip };
const unavailable = 'raw-socket is not available: only the wire thread sends router advertisements';

/** The package, played: it tells what is done with its sockets. */
class PlayedPackage implements RawSocketPackage {
  readonly AddressFamily = { IPv6: 2 };
  readonly Protocol = { ICMPv6: 58 };
  readonly done: string[] = [];
  refusal: string | undefined;
  sendFailure: string | undefined;

  createSocket({ protocol, addressFamily }: { readonly protocol: number; readonly addressFamily: number }) {
    this.done.push(`open ${protocol} ${addressFamily}`);
    return {
      on: () => {},
      setOption: (level: number, option: number, value: Buffer) => {
        if (this.refusal !== undefined) throw new Error(this.refusal);
        this.done.push(`set ${level} ${option} ${value.toString('hex')}`);
      },
      send: (
        buffer: Buffer,
        offset: number,
        length: number,
        address: string,
        sent: (error: Error | undefined, octets: number) => void,
      ) => {
        this.done.push(`send ${address} ${buffer.toString('hex', offset, offset + length)}`);
        sent(this.sendFailure === undefined ? undefined : new Error(this.sendFailure), length);
      },
      close: () => this.done.push('close'),
    };
  }
}

class ForbiddenPackage extends PlayedPackage {
  override createSocket(): never {
    throw new Error('Operation not permitted');
  }
}

describe('without the package', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    [
      'absent',
      () => Promise.reject(new Error("Cannot find package 'raw-socket'\nfrom here")),
      "Cannot find package 'raw-socket'",
    ],
    ['without the capability', () => Promise.resolve(new ForbiddenPackage()), 'Operation not permitted'],
    [
      'not what it was',
      () => Promise.resolve({ Protocol: {}, AddressFamily: {} }),
      'raw.createSocket is not a function',
    ],
  ])('%s: one line says so', async (_, load, reason) => {
    const log = new RecordedLog();
    expect(await openRouterAdvertiser(log, load)).toBeUndefined();
    expect(log.lines).toEqual([{ level: 'info', fields: { reason }, message: unavailable }]);
  });
});

describe('with the package', () => {
  test('the advertisement of the codec goes to all nodes on that interface, with hop limit 255', async () => {
    const raw = new PlayedPackage();
    const log = new RecordedLog();
    const advertiser = await openRouterAdvertiser(log, () => Promise.resolve(raw));
    expect(raw.done.splice(0)).toEqual(['open 58 2', 'close']);
    advertiser?.send('eth0', self);
    expect(raw.done).toEqual([
      'open 58 2',
      `set 1 25 ${Buffer.from('eth0\0').toString('hex')}`,
      `set 58 1 ${'ff'.repeat(32)}`,
      'set 41 18 ff000000',
      `send ff02::1 ${Buffer.from(golden('ndp/router-advertisement').subarray(54)).toString('hex')}`,
      'close',
    ]);
    expect(log.lines).toEqual([]);
  });

  test.each(['refusal', 'sendFailure'] as const)('a %s is told, and its socket closed', async (kind) => {
    const raw = new PlayedPackage();
    const log = new RecordedLog();
    const advertiser = await openRouterAdvertiser(log, () => Promise.resolve(raw));
    raw[kind] = 'No such device';
    raw.done.length = 0;
    advertiser?.send('eth9', self);
    expect(raw.done.filter((what) => what === 'close')).toHaveLength(1);
    expect(log.lines).toEqual([
      {
        level: 'info',
        fields: { interface: 'eth9', reason: 'No such device' },
        message: 'no router advertisement was sent by raw-socket',
      },
    ]);
  });
});
