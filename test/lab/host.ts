// A host that uses Services: the client on the LAN, or the one outside.
import { join } from 'node:path';
import { client, outside } from './network/addresses.ts';
import { clientNamespace } from './network/client.ts';
import { within } from './network/namespace.ts';
import { outsideNamespace } from './network/router.ts';
import { attempt, run, type Finished, type RunOptions } from './process/run.ts';
import type { BackendAnswer } from './programs/backend-main.ts';

const answerWithinMs = 2_000;
const askScript = join(import.meta.dirname, 'probe/ask-udp-main.ts');

/** An entry of the kernel's neighbour table. */
export interface Neighbour {
  readonly mac: string | undefined;
  /** As iproute2 names them: REACHABLE, STALE, FAILED. */
  readonly state: readonly string[];
}

export class Host {
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;

  constructor(namespace: string, addresses: { readonly ipv4: string; readonly ipv6: string }) {
    this.namespace = namespace;
    this.ipv4 = addresses.ipv4;
    this.ipv6 = addresses.ipv6;
  }

  attempt(command: readonly string[], options?: RunOptions): Promise<Finished> {
    return attempt(within(this.namespace, command), options);
  }

  run(command: readonly string[], options?: RunOptions): Promise<string> {
    return run(within(this.namespace, command), options);
  }

  /** Who answers over HTTP, and whom it saw. Throws curl's words when nobody does. */
  async curl(address: string, port = 80, options: readonly string[] = []): Promise<BackendAnswer> {
    const seconds = String(answerWithinMs / 1000);
    const answer = await this.run(['curl', '-sS', '--max-time', seconds, ...options, httpUrl(address, port)]);
    return JSON.parse(answer) as BackendAnswer;
  }

  /** Who answers one datagram. From a fixed source port on request, so that two of them are one flow. */
  async askUdp(address: string, port: number, sourcePort = 0): Promise<BackendAnswer> {
    const words = [process.execPath, askScript, address, String(port), String(sourcePort)];
    return JSON.parse(await this.run(words)) as BackendAnswer;
  }

  async neighbour(address: string): Promise<Neighbour | undefined> {
    const listed = await this.run(['ip', '-j', 'neigh', 'show', 'to', address, 'dev', 'eth0']);
    const entries = JSON.parse(listed || '[]') as readonly { lladdr?: string; state: readonly string[] }[];
    const [entry] = entries;
    return entry === undefined ? undefined : { mac: entry.lladdr, state: entry.state };
  }

  async flushNeighbours(): Promise<void> {
    await this.run(['ip', 'neigh', 'flush', 'dev', 'eth0']);
  }
}

export function httpUrl(address: string, port: number): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}/`;
}

export const clientHost = new Host(clientNamespace, client);
export const outsideHost = new Host(outsideNamespace, outside);
