// The engines over real datagrams: encoded, sealed with HMAC, admitted and decoded.
import { expect, test } from 'vitest';
import { opensslSegmentCrypto as crypto } from '#speaker/host/segment-crypto.ts';
import { admit, newAdmission, type AdmissionState } from '#speaker/segment/admission/admission.ts';
import { deriveSegmentKey, seal, type SegmentKey } from '#speaker/segment/admission/keys.ts';
import { sourceBytes } from '#speaker/segment/admission/source-address.ts';
import { encodeMessage } from '#speaker/segment/message/message.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { LanOfEngines } from './lan-of-engines.ts';
import type { Node } from './node-on-lan.ts';

const key = deriveSegmentKey(new Uint8Array(32).fill(9), crypto) as SegmentKey;

test('a cluster that speaks in sealed datagrams fails over, drops nothing and lets no recording in', () => {
  const admissions = new Map<Node, AdmissionState>();
  const dropped: string[] = [];
  const recorded: Uint8Array[] = [];
  const take = (from: Node, to: Node, bytes: Uint8Array, nowMs: number) => {
    const state = admissions.get(to) ?? newAdmission(nowMs);
    admissions.set(to, state);
    const { id, incarnation } = to;
    const random = randomFor(1, id);
    const self = { id, incarnation };
    const config = { self, keys: { current: key, previous: undefined }, crypto, random };
    return admit(state, bytes, from.ip, { ...config, isOwn: (ip) => ip === to.ip, isOnLink: () => true }, nowMs);
  };
  const lan: LanOfEngines = new LanOfEngines({
    seed: 3,
    nodes: 3,
    addresses: 9,
    lossPercent: 1,
    carry(from, to, header, message) {
      const bytes = encodeMessage({ ...header, keyId: key.id }, message);
      seal(bytes, sourceBytes(from.ip), key, crypto);
      if (to.index === 1 && !header.joining) recorded.push(bytes);
      const admission = take(from, to, bytes, lan.nowMs);
      if (admission.kind === 'message') return admission.message;
      dropped.push(admission.kind === 'dropped' ? admission.reason : admission.kind);
      return undefined;
    },
  });
  lan.settle();
  lan.crash(lan.nodes[2] as Node);
  lan.run(1_000);
  for (const { ip } of lan.desired) expect(lan.ownersOf(ip)).toHaveLength(1);
  expect(dropped).toEqual([]);
  const [first, second] = lan.nodes as [Node, Node];
  expect(recorded.length).toBeGreaterThan(50);
  for (const bytes of recorded.slice(0, 400)) {
    expect(take(second, first, bytes, lan.nowMs)).toMatchObject({ kind: 'dropped' });
  }
});
