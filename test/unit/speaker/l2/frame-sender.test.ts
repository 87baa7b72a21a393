import { expect, test } from 'vitest';
import { FrameSender, maxWaitingFrames } from '#speaker/l2/frame-sender.ts';
import { coarseArpFilter } from '#speaker/l2/arp-filter.ts';
import type { SendOutcome } from '#speaker/l2/packet-socket.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { PlayedSocket } from '../played-sockets.ts';

function sending(outcomes: readonly SendOutcome[]) {
  const clock = new VirtualClock();
  const filter = { program: coarseArpFilter, coarse: coarseArpFilter };
  const listener = { frame() {}, failed() {} };
  const socket = new PlayedSocket({ interfaceIndex: 1, etherType: 0x0806, filter }, listener, () => {});
  socket.outcomes.push(...outcomes);
  const sender: FrameSender = new FrameSender(socket, {
    clock,
    gapEnded() {
      if (gap) sender.forgetWaiting();
      return gap;
    },
  });
  let sent = 0;
  let wanted = true;
  let gap = false;
  const send = (): void => sender.send({ bytes: Uint8Array.of(1), wanted: () => wanted, sent: () => (sent += 1) });
  return {
    clock,
    socket,
    sender,
    send,
    sentCount: () => sent,
    unwant: () => (wanted = false),
    sleep: () => (gap = true),
  };
}

test('a frame that the kernel takes is sent at once', () => {
  const { send, sentCount, sender } = sending([]);
  send();
  expect([sentCount(), sender.lost]).toEqual([1, 0]);
});

test('a full queue is tried three more times', () => {
  const { clock, send, sentCount, sender } = sending(['full', 'full', 'full', 'sent']);
  send();
  expect(sentCount()).toBe(0);
  clock.advance(10);
  expect([sentCount(), sender.lost]).toEqual([1, 0]);
});

test('a queue that stays full loses the frame, and only that one', () => {
  const { clock, send, sentCount, sender } = sending(['full', 'full', 'full', 'full']);
  send();
  clock.advance(10);
  send();
  expect([sentCount(), sender.lost]).toEqual([1, 1]);
});

test('a failed send is not tried again', () => {
  const { clock, send, sentCount, sender } = sending(['failed']);
  send();
  clock.advance(10);
  expect([sentCount(), sender.lost]).toEqual([0, 1]);
});

test('a waiting frame that is no longer wanted is not sent', () => {
  const { clock, send, sentCount, sender, unwant } = sending(['full']);
  send();
  unwant();
  clock.advance(10);
  expect([sentCount(), sender.lost]).toEqual([0, 0]);
});

test('forgotten frames are not sent, later ones are', () => {
  const { clock, send, sentCount, sender } = sending(['full']);
  send();
  sender.forgetWaiting();
  clock.advance(10);
  expect(sentCount()).toBe(0);
  send();
  expect(sentCount()).toBe(1);
});

test('more frames than may wait are lost', () => {
  const { clock, send, sentCount, sender } = sending(
    Array.from({ length: maxWaitingFrames + 5 }, () => 'full' as const),
  );
  for (let count = 0; count < maxWaitingFrames + 5; count++) send();
  clock.advance(10);
  expect([sentCount(), sender.lost]).toEqual([maxWaitingFrames, 5]);
});

test('a frame that waited through a gap is not sent', () => {
  const { clock, send, sentCount, sleep } = sending(['full']);
  send();
  sleep();
  clock.advance(10);
  expect(sentCount()).toBe(0);
});
