// For specs about allocation: to make objects, and to wait for what the status of a Service says.
import { expect } from 'vitest';
import type { KubeObject } from '../control-plane/admin-client.ts';
import type { Lab } from '../lab.ts';
import { allocationOf, nothingSaid, type Allocation } from './seen.ts';

const timeout = 10_000;

/** All of it for the lab of a file. */
export function useAllocations(lab: () => Lab) {
  return {
    apply: async (...objects: readonly KubeObject[]): Promise<void> => {
      for (const object of objects) await lab().admin.apply(object);
    },

    /** Of those created within the same second nobody knows whose turn comes first. */
    create: async (...objects: readonly KubeObject[]): Promise<void> => {
      for (const object of objects) await lab().admin.create(object);
    },

    /** Waits until this is said of a Service. */
    expectAllocation: async (name: string, expected: Partial<Allocation>): Promise<void> => {
      await expect.poll(() => allocationOf(lab(), name), { timeout }).toMatchObject(expected);
    },
  };
}

export function from(pool: string, ...addresses: readonly string[]): Allocation {
  return { addresses, pool, allocated: 'True', reason: 'Allocated', message: `from pool ${pool}` };
}

export function refused(reason: string, message: string): Allocation {
  return { ...nothingSaid, allocated: 'False', reason, message };
}
