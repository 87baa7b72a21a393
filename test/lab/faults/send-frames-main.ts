// Puts frames on an interface as they are; they come in hexadecimal digits, one a line, on standard input:
//   node send-frames-main.ts INTERFACE
import { readFileSync } from 'node:fs';
import { linux } from '#speaker/host/linux.ts';
import { packetAddress } from '#speaker/host/socket-address.ts';
import { bind, send, socket } from '#speaker/host/syscall.ts';

const anyEtherType = 0x0003;
const index = Number(readFileSync(`/sys/class/net/${process.argv[2]}/ifindex`, 'utf8'));
const fd = socket(linux.AF_PACKET, linux.SOCK_RAW, 0);
bind(fd, packetAddress(anyEtherType, index));
for (const line of readFileSync(0, 'latin1').split('\n')) {
  if (send(fd, Buffer.from(line, 'hex')) < 0) throw new Error(`could not be sent: ${line}`);
}
