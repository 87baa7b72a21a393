// Writes the frames that an interface hears into a pcap file until its input ends (tcpdump wants groups that a user namespace has not):
//   node capture-main.ts INTERFACE FILE arp|all
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { linux } from '#speaker/host/linux.ts';
import { packetAddress } from '#speaker/host/socket-address.ts';
import { bind, recv, socket, watchFd } from '#speaker/host/syscall.ts';
import { monotonicMs } from '../probe/schedule.ts';
import { maxFrameOctets, pcapHeader, pcapRecord } from './pcap.ts';

const etherTypes: Readonly<Record<string, number>> = { arp: 0x0806, all: 0x0003 };
const maxFileOctets = 64 << 20;

const [interfaceName = '', path = '', what = ''] = process.argv.slice(2);
const index = Number(readFileSync(`/sys/class/net/${interfaceName}/ifindex`, 'utf8'));
const fd = socket(linux.AF_PACKET, linux.SOCK_RAW, 0);
bind(fd, packetAddress(etherTypes[what] ?? 0, index));

const file = openSync(path, 'w');
const buffer = new Uint8Array(maxFrameOctets);
let written = writeSync(file, pcapHeader());
const watch = watchFd(fd, () => {
  for (let octets = recv(fd, buffer); octets >= 0; octets = recv(fd, buffer)) {
    if (written > maxFileOctets) throw new Error(`${path} has reached its limit of ${maxFileOctets} octets`);
    written += writeSync(file, pcapRecord({ atMs: monotonicMs(), frame: buffer.subarray(0, octets) }));
  }
});
console.log('started');
process.stdin.resume().on('end', () => {
  watch.close();
  closeSync(file);
  process.exit(0);
});
