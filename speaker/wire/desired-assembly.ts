// Puts the chunks of a desired state together (pure). Only whole generations take effect; a newer one overtakes what is still incomplete.
import { ipToNumber, type Ip } from '#shared/net/ip.ts';
import type { NumberedAddress } from '../l2/neighbour-protocol.ts';
import type { DesiredAddress } from '../segment/ownership/desired-address.ts';
import { desiredChunkAddresses, desiredMaxAddresses, type WireDesired } from '../seam.ts';

/** With its number, which many comparisons need. */
export type NumberedDesired = DesiredAddress & NumberedAddress;

export interface DesiredState {
  readonly generation: number;
  /** Most important first. */
  readonly addresses: readonly NumberedDesired[];
  /** Where each stands in that order. */
  readonly places: ReadonlyMap<Ip, number>;
}

/** What has come of the newest generation. */
export interface DesiredAssembly {
  readonly generation: number;
  readonly parts: ReadonlyMap<number, readonly NumberedDesired[]>;
}

export const emptyAssembly: DesiredAssembly = { generation: 0, parts: new Map() };

/** Each chunk is prepared as it comes, so that no turn has to prepare them all. */
export function addChunk(
  assembly: DesiredAssembly,
  chunk: WireDesired,
): { readonly assembly: DesiredAssembly; readonly complete: DesiredState | undefined } {
  if (chunk.generation < assembly.generation) return { assembly, complete: undefined };
  const parts = new Map(chunk.generation === assembly.generation ? assembly.parts : []);
  parts.set(
    chunk.chunk,
    chunk.addresses.map((address) => ({ ...address, value: ipToNumber(address.ip) })),
  );
  const next = { generation: chunk.generation, parts };
  if (parts.size < chunk.chunks) return { assembly: next, complete: undefined };
  const addresses = [...parts]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([, part]) => part)
    .slice(0, desiredMaxAddresses);
  const places = new Map(addresses.map(({ ip }, place) => [ip, place]));
  return {
    assembly: { ...next, parts: new Map() },
    complete: { generation: chunk.generation, addresses, places },
  };
}

/** In pieces that one turn can take up; at least one. */
export function piecesOf({ addresses }: DesiredState): readonly (readonly NumberedDesired[])[] {
  const pieces = [];
  for (let from = 0; from < addresses.length; from += desiredChunkAddresses) {
    pieces.push(addresses.slice(from, from + desiredChunkAddresses));
  }
  return pieces.length === 0 ? [[]] : pieces;
}
