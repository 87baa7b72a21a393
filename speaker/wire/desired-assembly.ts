// Puts the chunks of a desired state together (pure). Only whole generations take effect; a newer one overtakes what is still incomplete.
import { ipToNumber } from '#shared/net/ip.ts';
import type { OwnedAddress } from '../l2/answered-addresses.ts';
import { desiredMaxAddresses, type DesiredAddress, type WireDesired } from '../seam.ts';

export interface DesiredState {
  readonly generation: number;
  /** Most important first. */
  readonly owned: readonly OwnedAddress[];
  readonly excludedInterfaces: readonly string[];
}

/** What has come of the newest generation. */
export interface DesiredAssembly {
  readonly generation: number;
  readonly parts: ReadonlyMap<number, readonly OwnedAddress[]>;
}

export const emptyAssembly: DesiredAssembly = { generation: 0, parts: new Map() };

/** Each chunk is prepared as it comes, so that no turn has to prepare them all. */
export function addChunk(
  assembly: DesiredAssembly,
  chunk: WireDesired,
): { readonly assembly: DesiredAssembly; readonly complete: DesiredState | undefined } {
  if (chunk.generation < assembly.generation) return { assembly, complete: undefined };
  const parts = new Map(chunk.generation === assembly.generation ? assembly.parts : []);
  parts.set(chunk.chunk, ownedAddresses(chunk.addresses));
  const next = { generation: chunk.generation, parts };
  if (parts.size < chunk.chunks) return { assembly: next, complete: undefined };
  const owned = [...parts].toSorted(([a], [b]) => a - b).flatMap(([, part]) => part);
  const { generation, excludedInterfaces } = chunk;
  return {
    assembly: { ...next, parts: new Map() },
    complete: { generation, owned: owned.slice(0, desiredMaxAddresses), excludedInterfaces },
  };
}

function ownedAddresses(desired: readonly DesiredAddress[]): readonly OwnedAddress[] {
  return desired.filter(({ owned }) => owned).map(({ ip, interfaces }) => ({ ip, value: ipToNumber(ip), interfaces }));
}
