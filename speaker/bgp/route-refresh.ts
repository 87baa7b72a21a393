// ROUTE-REFRESH (RFC 2918 §3), with the subtypes of Enhanced Route Refresh (RFC 7313 §4).
//
//  +-------------------------------+---------------+---------------+
//  |             AFI               |    subtype    |     SAFI      |
//  +-------------------------------+---------------+---------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { BgpError } from './bgp-error.ts';
import { errorCodes } from './error-codes.ts';
import type { AfiSafi } from './family.ts';
import { encodeFrame } from './message.ts';
import { notification } from './notification.ts';

/** Request; beginning (BoRR) and end (EoRR) of what answers one. */
export const refreshSubtypes = { request: 0, begin: 1, end: 2 } as const;

export interface RouteRefreshMessage extends AfiSafi {
  readonly kind: 'routeRefresh';
  /** One of `refreshSubtypes`, or any other number that came from the wire. */
  readonly subtype: number;
  /** What follows a request are Outbound Route Filters (RFC 5291), which we never offer to keep. */
  readonly filters: Uint8Array;
}

const plainOctets = 4;
const invalidLength = 1;

export function encodeRouteRefreshBody({ afi, subtype, safi, filters }: RouteRefreshMessage): Uint8Array {
  return new ByteWriter(plainOctets + filters.length).u16(afi).u8(subtype).u8(safi).bytes(filters).finish();
}

/** `enhanced`: the peer offered Enhanced Route Refresh. Throws BgpError. */
export function decodeRouteRefreshBody(body: Uint8Array, enhanced: boolean): RouteRefreshMessage {
  const reader = new ByteReader(body);
  const [afi, subtype, safi] = [reader.u16(), reader.u8(), reader.u8()];
  const filters = reader.bytes(reader.remaining);
  const marksAnEnd = subtype === refreshSubtypes.begin || subtype === refreshSubtypes.end;
  if (enhanced && marksAnEnd && filters.length > 0) {
    const whole = encodeFrame({ kind: 'routeRefresh', body });
    throw new BgpError(
      notification(errorCodes.routeRefresh, invalidLength, whole),
      `ROUTE-REFRESH of subtype ${subtype} with ${body.length} octets instead of ${plainOctets}`,
    );
  }
  return { kind: 'routeRefresh', afi, subtype, safi, filters };
}
