// TCP of the simulation: what programs may rely on, and what befalls connections.
import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { TcpConnection, TcpHandler, Transport } from '#speaker/bgp/tcp-stack.ts';
import { Router } from '#test/simulation/lan/router.ts';
import { Segment } from '#test/simulation/lan/segment.ts';
import { forgetTcp, TcpNetwork, type TcpHost } from '#test/simulation/tcp/tcp-network.ts';
import { TcpProgram } from '#test/simulation/tcp/tcp-program.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { Scheduler } from '#test/simulation/time/scheduler.ts';
import { Trace } from '#test/simulation/trace.ts';

const [near, far] = ['192.0.2.1', '192.0.2.2'] as Ip[] as [Ip, Ip];
const transport: Transport = {
  remote: far,
  port: 179,
  local: undefined,
  device: undefined,
  hopLimit: 1,
  leastHopLimit: 1,
  password: undefined,
  userTimeoutMs: 5_000,
};

class Heard implements TcpHandler {
  readonly words: string[] = [];
  octets = 0;
  connected(): void {
    this.words.push('connected');
  }
  received({ length }: Uint8Array): void {
    this.octets += length;
  }
  drained(): void {}
  closed(failure: string): void {
    this.words.push(failure);
  }
}

class Two {
  readonly scheduler = new Scheduler();
  readonly lan = new Segment('lan', {}, { scheduler: this.scheduler, trace: new Trace(this.scheduler), seed: 1 });
  readonly network = new TcpNetwork(this.scheduler, randomFor(1, 'tcp'));
  readonly hosts = [this.#host('near', near), this.#host('far', far)] as const;
  readonly programs = this.hosts.map(
    (host) => new TcpProgram(this.network, host, (work) => void this.scheduler.after(0, work)),
  );
  readonly here = new Heard();
  readonly there = new Heard();
  accepted: TcpConnection | undefined;

  #host(name: string, ip: Ip): TcpHost {
    const { attachment } = new Router({ name, mac: `02:00:00:00:00:0${name.length}` as Mac, ip, segment: this.lan });
    return this.network.add({ name, attachments: [attachment], ips: () => [ip], isRunning: () => true });
  }

  listen(): void {
    const options = { ...transport, local: far, passwords: [] };
    this.programs[1]?.listen(options, {
      accepted: (connection) => {
        this.accepted = connection;
        return this.there;
      },
      failed: () => {},
    });
  }

  connect(): TcpConnection {
    const connection = this.programs[0]?.connect(transport, this.here);
    if (connection === undefined) throw new Error('no program');
    return connection;
  }

  run(ms: number): void {
    this.scheduler.runUntil(this.scheduler.nowUs + ms * 1000);
  }
}

test('nobody listens: refused', () => {
  const two = new Two();
  two.connect();
  expect(two.here.words).toEqual([]);
  two.run(10);
  expect(two.here.words).toEqual(['connect: ECONNREFUSED']);
});

test('all octets arrive, in pieces, then the end', () => {
  const two = new Two();
  two.listen();
  const connection = two.connect();
  two.run(10);
  connection.write(new Uint8Array(200_000));
  expect(connection.unsentOctets).toBeGreaterThan(0);
  connection.end();
  two.run(1_000);
  expect([two.here.words, two.there.octets]).toEqual([['connected'], 200_000]);
  expect(two.there.words).toEqual(['the peer has closed the connection']);
});

test('while there is no way it waits, and after the time-out it is lost', () => {
  const two = new Two();
  two.listen();
  const connection = two.connect();
  two.run(10);
  const mend = two.network.cut('near', 'far');
  connection.write(new Uint8Array(10));
  two.run(2_000);
  expect(two.there.octets).toBe(0);
  mend();
  two.run(5_000);
  expect(two.there.octets).toBe(10);
  two.network.cut('near', 'far');
  connection.write(new Uint8Array(10));
  two.run(30_000);
  expect(two.here.words).toEqual(['connected', 'write: ETIMEDOUT']);
});

test('a program that dies lets go, a machine that dies says nothing until it is asked', () => {
  const two = new Two();
  two.listen();
  two.connect();
  two.run(10);
  two.programs[0]?.closeAll();
  two.run(10);
  expect(two.there.words).toEqual(['the peer has closed the connection']);
  const connection = two.connect();
  two.run(10);
  forgetTcp(two.hosts[1]);
  two.run(10);
  expect(two.here.words).toEqual(['connected', 'connected']);
  connection.write(new Uint8Array(1));
  two.run(1_000);
  expect(two.here.words.at(-1)).toBe('write: ECONNRESET');
});

test('reset is heard at once', () => {
  const two = new Two();
  two.listen();
  two.connect();
  two.run(10);
  two.accepted?.reset();
  two.run(10);
  expect(two.here.words).toEqual(['connected', 'read: ECONNRESET']);
});
