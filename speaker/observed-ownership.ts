// Whether two observations say the same of who owns what. Ten come in a second, with thousands of addresses, and most differ in counters only.
import type { ObservedAddress, ObservedOwnership } from './seam.ts';

type Addresses = readonly Pick<ObservedAddress, 'ip' | 'segments'>[];

export function sameOwnership(a: Addresses, b: Addresses): boolean {
  return (
    a.length === b.length &&
    a.every(({ ip, segments }, index) => {
      const other = b[index];
      return other !== undefined && ip === other.ip && sameSegments(segments, other.segments);
    })
  );
}

function sameSegments(a: readonly ObservedOwnership[], b: readonly ObservedOwnership[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ segment, epoch, minority, answering }, index) => {
      const other = b[index];
      return (
        other !== undefined &&
        segment === other.segment &&
        epoch === other.epoch &&
        minority === other.minority &&
        answering === other.answering
      );
    })
  );
}
