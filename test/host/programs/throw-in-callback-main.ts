// Throws in the callback of a watched socket: node throw-in-callback-main.ts RECEIVING-INDEX SENDING-INDEX
import { linux } from '#speaker/host/linux.ts';
import { packetAddress } from '#speaker/host/socket-address.ts';
import { bind, send, socket, watchFd } from '#speaker/host/syscall.ts';

const [receiver = 0, sender = 0] = process.argv.slice(2).map((index) => {
  const fd = socket(linux.AF_PACKET, linux.SOCK_RAW, 0);
  bind(fd, packetAddress(0x88b5, Number(index)));
  return fd;
});
watchFd(receiver, () => {
  throw new Error('thrown in the callback');
});
const frame = new Uint8Array(60).fill(0xff, 0, 6);
frame.set([0x88, 0xb5], 12);
send(sender, frame);
// Longer than the test waits for the error; not for ever.
setTimeout(() => process.exit(3), 10_000);
