import { expect, test } from 'vitest';
import { OrderSeen, stall, stallOrder } from '#test/simulation/honesty/traces/stall.ts';
import { Stage } from './stage.ts';

test('after a pause a simulated thread takes up timers and frames in the order in which Node does', () => {
  const stage = new Stage();
  const thread = stage.thread('n1/wire');
  const seen = new OrderSeen();
  thread.receive(() => {
    for (const ms of stall.timersMs) {
      thread.clock.after(ms, () => {
        seen.timer(String(ms));
        if (ms === Math.max(...stall.timersMs)) thread.clock.after(0, () => seen.timer('armed after the stall'));
      });
    }
  }, 1);
  stage.advance(1);
  const go = thread.hold();
  for (let frame = 0; frame < stall.frames; frame++) thread.receive(() => seen.frame(), 20);
  stage.advance(stall.forMs);
  go();
  stage.advance(100);
  expect(seen.order).toEqual(stallOrder);
});
