// A part of the mutants: each has to be caught, by the invariant that it is for.
import { expect, test } from 'vitest';
import { mutants } from '#test/simulation/mutations/all.ts';
import { hunted } from '#test/simulation/mutations/mutate.ts';

export function testMutants(part: number, parts: number): void {
  const own = mutants.filter((_, index) => index % parts === part);
  test.each(own)('$name', (mutant) => {
    const caught = hunted(mutant);
    expect(caught.map(({ invariant }) => invariant)).toContainEqual(expect.toBeOneOf([...mutant.caughtBy]));
  });
}
