// What a BGP message says, in words that every decoder can be asked for. Prefixes, addresses and lists are in their order on the wire.

export type Meaning =
  | OpenMeaning
  | UpdateMeaning
  | { readonly type: 'endOfRib'; readonly family: string }
  | { readonly type: 'notification'; readonly code: number; readonly subcode: number; readonly text?: string }
  | { readonly type: 'keepalive' }
  | { readonly type: 'refresh'; readonly family: string; readonly subtype: number }
  | { readonly type: 'refused'; readonly why: string };

/** Families as `1/1`. */
export interface OpenMeaning {
  readonly type: 'open';
  /** Of the field of two octets. */
  readonly as: number;
  readonly holdSeconds: number;
  readonly identifier: string;
  /** Codes, ascending. */
  readonly capabilities: readonly number[];
  readonly families: readonly string[];
  /** `1/1:2` */
  readonly extendedNextHops: readonly string[];
  /** Of the capability. */
  readonly asn?: number;
  readonly restart?: {
    readonly restarting: boolean;
    readonly seconds: number;
    /** Families. */
    readonly forwarding: readonly string[];
  };
  readonly hostName?: string;
  readonly software?: string;
}

export interface AttributesMeaning {
  readonly origin?: string;
  /** As a speaker of four octets has it: together with AS4_PATH (RFC 6793 §4.2.3). */
  readonly asPath?: readonly number[];
  readonly multiExitDisc?: number;
  readonly localPref?: number;
  readonly communities?: readonly number[];
  /** The only extended community that we send: `64513:125000000`, AS and octets per second. */
  readonly linkBandwidths?: readonly string[];
  /** `1:2:3` */
  readonly largeCommunities?: readonly string[];
}

export interface UpdateMeaning extends AttributesMeaning {
  readonly type: 'update';
  readonly withdrawn: readonly string[];
  readonly announced: readonly string[];
  /** Of routes that are announced. */
  readonly nextHops: readonly string[];
}
