// The Services behind an address, with where the traffic of each has somewhere to go.
import type { Holder } from './holders.ts';
import type { UsableNodes } from './service-endpoints.ts';

export interface AnnouncedHolder extends Holder {
  readonly usable: UsableNodes;
}

/** Services without a usable endpoint have no say in where the address is, as long as another one behind it has some. */
export function decidingHolders(holders: readonly AnnouncedHolder[]): readonly AnnouncedHolder[] {
  if (holders.length === 1) return holders;
  return canAnswer(holders) ? holders.filter(({ usable }) => usable !== 'none') : holders;
}

export function canAnswer(holders: readonly AnnouncedHolder[]): boolean {
  return holders.some(({ usable }) => usable !== 'none');
}
