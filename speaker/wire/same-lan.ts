// Which of two interfaces of one machine speaks, when both are on one LAN (pure; layer2 §2).
import type { Range } from '#shared/net/range.ts';
import type { SegmentInterface } from './segment-runner.ts';

type Rank = Pick<SegmentInterface, 'name' | 'onLink' | 'gateways'>;

/** The one where more pool ranges are on-link, then the one of a default route, then the one of the lower name. */
export function speaksRather(a: Rank, b: Rank, ranges: readonly Range[]): boolean {
  const [rangesOfA, rangesOfB] = [rangesOn(a, ranges), rangesOn(b, ranges)];
  if (rangesOfA !== rangesOfB) return rangesOfA > rangesOfB;
  const [routesA, routesB] = [a.gateways.length > 0, b.gateways.length > 0];
  if (routesA !== routesB) return routesA;
  return a.name < b.name;
}

function rangesOn({ onLink }: Rank, ranges: readonly Range[]): number {
  return ranges.filter((range) => onLink.some((here) => overlaps(here, range))).length;
}

export function overlaps(a: Range, b: Range): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}
