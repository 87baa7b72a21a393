// The error codes and subcodes of NOTIFICATION: one table for encoding and for words.
// RFC 4271 §4.5 and §6, with those of RFC 4486, 5492, 6608, 7313, 8538, 9234, 9384 and 9687.

export const errorCodes = {
  header: 1,
  open: 2,
  update: 3,
  holdTimerExpired: 4,
  fsm: 5,
  cease: 6,
  routeRefresh: 7,
  sendHoldTimerExpired: 8,
} as const;

export const headerErrors = { notSynchronized: 1, badLength: 2, badType: 3 } as const;

export const openErrors = {
  unspecific: 0,
  unsupportedVersion: 1,
  badPeerAs: 2,
  badIdentifier: 3,
  unsupportedParameter: 4,
  unacceptableHoldTime: 6,
  unsupportedCapability: 7,
  roleMismatch: 11,
} as const;

export const updateErrors = {
  malformedAttributeList: 1,
  unrecognizedWellKnown: 2,
  missingWellKnown: 3,
  attributeFlags: 4,
  attributeLength: 5,
  invalidOrigin: 6,
  optionalAttribute: 9,
  invalidNetworkField: 10,
  malformedAsPath: 11,
} as const;

export const ceaseReasons = {
  prefixLimit: 1,
  shutdown: 2,
  peerDeleted: 3,
  reset: 4,
  connectionRejected: 5,
  configurationChange: 6,
  collision: 7,
  outOfResources: 8,
  hardReset: 9,
  bfdDown: 10,
} as const;

interface Words {
  readonly name: string;
  readonly subcodes: readonly (string | undefined)[];
}

/** By code; the names are IANA's. Subcode 0 is "unspecific" everywhere. */
const words: readonly (Words | undefined)[] = [
  undefined,
  {
    name: 'Message Header Error',
    subcodes: [undefined, 'Connection Not Synchronized', 'Bad Message Length', 'Bad Message Type'],
  },
  {
    name: 'OPEN Message Error',
    subcodes: [
      undefined,
      'Unsupported Version Number',
      'Bad Peer AS',
      'Bad BGP Identifier',
      'Unsupported Optional Parameter',
      'Authentication Failure',
      'Unacceptable Hold Time',
      'Unsupported Capability',
      undefined,
      undefined,
      undefined,
      'Role Mismatch',
    ],
  },
  {
    name: 'UPDATE Message Error',
    subcodes: [
      undefined,
      'Malformed Attribute List',
      'Unrecognized Well-known Attribute',
      'Missing Well-known Attribute',
      'Attribute Flags Error',
      'Attribute Length Error',
      'Invalid ORIGIN Attribute',
      'AS Routing Loop',
      'Invalid NEXT_HOP Attribute',
      'Optional Attribute Error',
      'Invalid Network Field',
      'Malformed AS_PATH',
    ],
  },
  { name: 'Hold Timer Expired', subcodes: [] },
  {
    name: 'Finite State Machine Error',
    subcodes: [
      undefined,
      'Receive Unexpected Message in OpenSent State',
      'Receive Unexpected Message in OpenConfirm State',
      'Receive Unexpected Message in Established State',
    ],
  },
  {
    name: 'Cease',
    subcodes: [
      undefined,
      'Maximum Number of Prefixes Reached',
      'Administrative Shutdown',
      'Peer De-configured',
      'Administrative Reset',
      'Connection Rejected',
      'Other Configuration Change',
      'Connection Collision Resolution',
      'Out of Resources',
      'Hard Reset',
      'BFD Down',
    ],
  },
  { name: 'ROUTE-REFRESH Message Error', subcodes: [undefined, 'Invalid Message Length'] },
  { name: 'Send Hold Timer Expired', subcodes: [] },
];

/** For people: `Cease/Administrative Shutdown`, `error 9/3`. */
export function errorWords(code: number, subcode: number): string {
  const known = words[code];
  if (known === undefined) return `error ${code}/${subcode}`;
  if (subcode === 0) return known.name;
  return `${known.name}/${known.subcodes[subcode] ?? subcode}`;
}

/** `6/2`, for counting: what nobody has defined is `other`, or a peer could have 65,536 of them counted. */
export function errorNumbers(code: number, subcode: number): string {
  const known = words[code];
  if (known === undefined) return 'other/other';
  return `${code}/${subcode === 0 || known.subcodes[subcode] !== undefined ? subcode : 'other'}`;
}
