import { expect, test } from 'vitest';
import { Limiter } from '#shared/kube/transport/limiter.ts';

function jobs(limiter: Limiter, count: number) {
  const started: number[] = [];
  const ends: ((failed?: boolean) => void)[] = [];
  const results = Array.from({ length: count }, (_, index) =>
    limiter.run(async () => {
      started.push(index);
      await new Promise<void>((resolve, reject) => {
        ends[index] = (failed = false) => (failed ? reject(new Error('failed')) : resolve());
      });
      return index;
    }),
  );
  return { started, ends, results };
}

test('so many work at a time, the others in the order they came', async () => {
  const { started, ends, results } = jobs(new Limiter(() => 2), 4);
  expect(started).toEqual([0, 1]);
  ends[1]?.();
  expect(await results[1]).toBe(1);
  expect(started).toEqual([0, 1, 2]);
});

test('one that fails makes room too', async () => {
  const { started, ends, results } = jobs(new Limiter(() => 1), 2);
  ends[0]?.(true);
  await expect(results[0]).rejects.toThrow('failed');
  expect(started).toEqual([0, 1]);
});

test('the bound may change while they work', async () => {
  let most = 2;
  const limiter = new Limiter(() => most);
  const { started, ends, results } = jobs(limiter, 6);
  most = 1;
  ends[0]?.();
  await results[0];
  expect(started).toEqual([0, 1]);
  most = 3;
  ends[1]?.();
  await results[1];
  expect(started).toEqual([0, 1, 2, 3, 4]);
});
