// The neighbour cache of a real Linux client, played the scripts that the simulated one has to follow.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { broadcastMac, zeroMac, type Mac } from '#shared/net/mac.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { decodeArpFrame, encodeArpFrame } from '#speaker/l2/arp.ts';
import { keep } from '#speaker/l2/classic-bpf.ts';
import type { PacketSocket } from '#speaker/l2/packet-socket.ts';
import { within } from '#test/lab/network/namespace.ts';
import { run } from '#test/lab/process/run.ts';
import {
  differences,
  neighbourScripts,
  type ArpForm,
  type NeighbourScript,
  type Seen,
  type Speaking,
} from '#test/simulation/honesty/traces/neighbour-cache.ts';
import { createCable, type Cable, type CableEnd } from './cable.ts';

const vip = '192.0.2.100' as Ip;
const clientIp = '192.0.2.9' as Ip;
const macs: Readonly<Record<Speaking, Mac>> = { A: '02:50:00:00:00:0a' as Mac, B: '02:50:00:00:00:0b' as Mac };
const everything = { program: [keep(256)], coarse: [keep(256)] };
const [arp, ipv4] = [0x0806, 0x0800];

/** Both hosts, at the near end of the cable. */
class Hosts {
  readonly asked = { broadcast: 0, unicast: 0 };
  packets = 0;
  answers: Speaking | 'nobody' = 'nobody';
  readonly #client: CableEnd;
  readonly #socket: PacketSocket;

  constructor({ near, far }: Cable) {
    this.#client = far;
    this.#socket = listen(near.index, arp, (bytes) => this.#heard(bytes));
    const packets = listen(near.index, ipv4, () => void this.packets++);
    onTestFinished(() => {
      this.#socket.close();
      packets.close();
    });
  }

  say(form: ArpForm, by: Speaking): void {
    const mac = macs[by];
    const isReply = form === 'reply';
    const targetMac = { reply: this.#client.mac, 'request-form announcement': zeroMac, 'reply-form announcement': mac };
    this.#socket.send(
      encodeArpFrame({
        ethernet: { destination: isReply ? this.#client.mac : broadcastMac, source: mac, etherType: arp },
        arp: {
          operation: form === 'request-form announcement' ? 1 : 2,
          senderMac: mac,
          senderIp: vip,
          targetMac: form === 'reply-form announcement to ff' ? broadcastMac : targetMac[form],
          targetIp: isReply ? clientIp : vip,
        },
      }),
    );
  }

  #heard(bytes: Uint8Array): void {
    const frame = decodeArpFrame(bytes);
    if (frame.arp.operation !== 1 || frame.arp.targetIp !== vip || frame.ethernet.source !== this.#client.mac) return;
    if (frame.ethernet.destination === broadcastMac) this.asked.broadcast++;
    else this.asked.unicast++;
    if (this.answers !== 'nobody') this.say('reply', this.answers);
  }
}

function listen(interfaceIndex: number, etherType: number, frame: (bytes: Uint8Array) => void): PacketSocket {
  const options = { interfaceIndex, etherType, filter: everything };
  const socket = linuxPacketSockets.open(options, { frame, failed() {} });
  if ('code' in socket) throw new Error(`${socket.call} failed with ${socket.code}`);
  return socket;
}

interface Listed {
  readonly lladdr?: string;
  readonly state: readonly string[];
}

async function entryIn(namespace: string): Promise<Pick<Seen, 'state' | 'of'>> {
  const listed = await run(['ip', '-n', namespace, '-j', 'neigh', 'show', 'to', vip, 'nud', 'all']);
  const [entry] = JSON.parse(listed) as readonly Listed[];
  const of = (['A', 'B'] as const).find((by) => macs[by] === entry?.lladdr);
  return { state: entry?.state[0]?.toLowerCase() ?? 'none', of };
}

async function setTimes(namespace: string, name: string, times: NonNullable<NeighbourScript['times']>): Promise<void> {
  const folder = `/proc/sys/net/ipv4/neigh/${name}`;
  const values = {
    base_reachable_time_ms: times.baseReachableMs,
    delay_first_probe_time: times.delayMs / 1000,
    retrans_time_ms: times.retransmitMs,
  };
  const lines = Object.entries(values).map(([file, value]) => `echo ${value} > ${folder}/${file}`);
  await run(within(namespace, ['sh', '-ec', lines.join('\n')]));
}

/** A shell in the client's namespace that sends what it is told to. */
function sender(namespace: string) {
  const send = `echo > /dev/udp/${vip}/9`;
  const [command, ...args] = within(namespace, ['bash']);
  const shell = spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void shell.kill('SIGKILL'));
  return {
    once: () => void shell.stdin.write(`${send}\n`),
    always: () => void shell.stdin.write(`while :; do ${send}; sleep 0.02; done\n`),
  };
}

/** What differed from the script. */
async function play({ steps, times }: NeighbourScript): Promise<readonly string[]> {
  const cable = await createCable('neigh', `${clientIp}/24`);
  onTestFinished(() => cable.remove());
  const namespace = cable.namespace ?? '';
  if (times !== undefined) await setTimes(namespace, cable.far.name, times);
  const hosts = new Hosts(cable);
  const packets = sender(namespace);
  const differing: string[] = [];
  await sleep(50);
  const startMs = performance.now();
  for (const step of steps) {
    await sleep(Math.max(0, startMs + step.atMs - performance.now()));
    if ('use' in step) packets[step.use]();
    else if ('answers' in step) hosts.answers = step.answers;
    else if ('says' in step) hosts.say(step.says, step.by);
    else {
      const seen = { ...hosts.asked, packets: hosts.packets, ...(await entryIn(namespace)) };
      differing.push(...differences(step, seen));
    }
  }
  return differing;
}

describe('a Linux client', () => {
  test.each(neighbourScripts)('$name', async (script) => {
    expect(await play(script)).toEqual([]);
  });
});
