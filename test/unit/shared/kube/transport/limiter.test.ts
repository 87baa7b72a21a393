import { expect, test } from 'vitest';
import { Limiter } from '#shared/kube/transport/limiter.ts';

function jobs(limiter: Limiter, count: number) {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  for (let index = 0; index < count; index++) {
    limiter.run((done) => {
      started.push(index);
      ends[index] = done;
    });
  }
  return { started, ends };
}

test('so many work at a time, the others in the order they came', () => {
  const { started, ends } = jobs(new Limiter(() => 2), 4);
  expect(started).toEqual([0, 1]);
  ends[1]?.();
  expect(started).toEqual([0, 1, 2]);
});

test('one that is over at once makes room at once', () => {
  const limiter = new Limiter(() => 1);
  const { started, ends } = jobs(limiter, 1);
  limiter.run((done) => {
    started.push(1);
    done();
  });
  limiter.run(() => started.push(2));
  ends[0]?.();
  expect(started).toEqual([0, 1, 2]);
});

test('the bound may change while they work', () => {
  let most = 2;
  const limiter = new Limiter(() => most);
  const { started, ends } = jobs(limiter, 6);
  most = 1;
  ends[0]?.();
  expect(started).toEqual([0, 1]);
  most = 3;
  ends[1]?.();
  expect(started).toEqual([0, 1, 2, 3, 4]);
});
