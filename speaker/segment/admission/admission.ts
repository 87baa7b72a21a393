// Which datagrams of a segment are believed (layer2 §8): checks from the cheapest to the dearest, each with a reason to count. The hop limit
// of 255 (RFC 5082) is the socket filter's business.
import { ByteReader } from '#shared/net/byte-reader.ts';
import type { Ip } from '#shared/net/ip.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { Random } from '#shared/runtime/random.ts';
import { headerBytes, maxDatagramBytes, readHeader, tagBytes, type Header } from '../message/header.ts';
import { decodeBody, type Message } from '../message/message.ts';
import type { NodeId } from '../node-id.ts';
import type { SegmentCrypto } from './crypto.ts';
import { isSealed, keysOfId, type SegmentKeys } from './keys.ts';
import { newRates, takeToken, type Rates } from './rates.ts';
import { acceptResponse, checkReplay, type Senders } from './senders.ts';
import { sourceBytes } from './source-address.ts';

export interface AdmissionState {
  readonly rates: Rates;
  readonly senders: Senders;
}

export interface AdmissionConfig {
  readonly self: { readonly id: NodeId; readonly incarnation: number };
  readonly keys: SegmentKeys;
  readonly crypto: SegmentCrypto;
  readonly random: Random;
  /** An address of this machine. */
  readonly isOwn: (ip: Ip) => boolean;
  /** In a prefix of the interface, or link-local. */
  readonly isOnLink: (ip: Ip) => boolean;
}

export type DropReason =
  | 'rate'
  | 'malformed'
  | 'version'
  | 'offLink'
  /** Another cluster's. */
  | 'key'
  | 'tag'
  | 'replay'
  | 'own'
  | 'unknownType'
  /** Our id, from elsewhere. */
  | 'duplicateId';

export type Admission =
  | { readonly kind: 'message'; readonly header: Header; readonly message: Message }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  /** Ask the sender whether it lives now; nothing of it was believed. */
  | { readonly kind: 'challenge'; readonly nonce: bigint }
  /** Sends what proves that this process lives now. */
  | { readonly kind: 'respond'; readonly nonce: bigint }
  /** A newer process of this node speaks: this one is done. */
  | { readonly kind: 'retired' };

export function newAdmission(nowMs: number): AdmissionState {
  return { rates: newRates(nowMs), senders: new Map() };
}

export function admit(
  state: AdmissionState,
  datagram: Uint8Array,
  source: Ip,
  config: AdmissionConfig,
  nowMs: number,
): Admission {
  if (!takeToken(state.rates, source, nowMs)) return dropped('rate');
  if (datagram.length < headerBytes + tagBytes || datagram.length > maxDatagramBytes) return dropped('malformed');
  try {
    const { type, header } = readHeader(new ByteReader(datagram));
    if (!config.isOnLink(source)) return dropped('offLink');
    const keys = keysOfId(config.keys, header.keyId);
    if (keys.length === 0) return dropped('key');
    if (!isSealed(datagram, sourceBytes(source), keys, config.crypto)) return dropped('tag');
    if (header.sender === config.self.id) return ownPacket(header, source, config);
    return fresh(state, header, type, datagram, config, nowMs);
  } catch (error) {
    if (error instanceof WireError) return dropped(error.code === 'unsupported' ? 'version' : 'malformed');
    throw error;
  }
}

function ownPacket(header: Header, source: Ip, { self, isOwn }: AdmissionConfig): Admission {
  if (!isOwn(source)) return dropped('duplicateId');
  return !header.joining && header.incarnation > self.incarnation ? { kind: 'retired' } : dropped('own');
}

function fresh(
  { senders }: AdmissionState,
  header: Header,
  type: number,
  datagram: Uint8Array,
  { random }: AdmissionConfig,
  nowMs: number,
): Admission {
  // Decoded first: what cannot be read leaves no trace.
  const message = decodeBody(type, datagram);
  if (message === undefined) return dropped('unknownType');
  if (message.kind === 'response') acceptResponse(senders, header, message.nonce);
  if (!header.joining) {
    const freshness = checkReplay(senders, header, random, nowMs);
    if (freshness === 'replayed') return dropped('replay');
    if (freshness !== 'fresh') {
      return freshness.challenge === undefined ? dropped('replay') : { kind: 'challenge', nonce: freshness.challenge };
    }
  }
  if (message.kind === 'challenge') return { kind: 'respond', nonce: message.nonce };
  return { kind: 'message', header, message };
}

function dropped(reason: DropReason): Admission {
  return { kind: 'dropped', reason };
}
