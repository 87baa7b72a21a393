// What koffi's poll does not promise and we need.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linux } from '#speaker/host/linux.ts';
import { packetAddress } from '#speaker/host/socket-address.ts';
import { bind, close, recv, send, socket, watchFd } from '#speaker/host/syscall.ts';
import { eventually } from '#test/lab/eventually.ts';
import { attempt } from '#test/lab/process/run.ts';
import { createCable, type Cable } from './cable.ts';

let cable: Cable;
beforeAll(async () => {
  cable = await createCable('watch');
});
afterAll(() => cable.remove());

const frame = Uint8Array.from({ length: 60 }, (_, at) => (at < 6 ? 0xff : at === 12 ? 0x88 : at === 13 ? 0xb5 : 0));

function boundSocket(interfaceIndex: number): number {
  const fd = socket(linux.AF_PACKET, linux.SOCK_RAW, 0);
  bind(fd, packetAddress(0x88b5, interfaceIndex));
  return fd;
}

/** Watches without keeping what `watchFd` returned. */
function watchAndForget(fd: number, readable: () => void): WeakRef<object> {
  return new WeakRef(watchFd(fd, readable));
}

test('a watch that nobody refers to survives garbage collections and still reports', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const [receiver, sender] = [boundSocket(cable.near.index), boundSocket(cable.far.index)];
  const buffer = new Uint8Array(256);
  let received = 0;
  const watch = watchAndForget(receiver, () => {
    while (recv(receiver, buffer) >= 0) received++;
  });
  for (let count = 1; count <= 5; count++) {
    for (let round = 0; round < 3; round++) {
      collect();
      await sleep(5);
    }
    send(sender, frame);
    await eventually(() => received === count, { withinMs: 2000, everyMs: 5 });
  }
  const still = watch.deref();
  expect(still).toBeDefined();
  (still as ReturnType<typeof watchFd>).close();
  send(sender, frame);
  await sleep(50);
  expect(received).toBe(5);
  for (const fd of [receiver, sender]) close(fd);
});

test('an exception in the callback ends the program, with its reason', async () => {
  const program = join(import.meta.dirname, 'programs/throw-in-callback-main.ts');
  const { code, stderr } = await attempt([process.execPath, program, `${cable.near.index}`, `${cable.far.index}`]);
  expect(code).toBe(1);
  expect(stderr).toContain('thrown in the callback');
});

test('closing a descriptor twice is refused, as its number may be another one by then', () => {
  const fd = socket(linux.AF_PACKET, linux.SOCK_RAW, 0);
  close(fd);
  expect(() => close(fd)).toThrow('closed already or not ours');
});
