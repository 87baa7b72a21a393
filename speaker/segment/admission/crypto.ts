// The cryptography of segment messages, injected: SHA-256, HKDF and HMAC come from the machine, or from the simulator as something cheaper.

export interface SegmentCrypto {
  sha256(bytes: Uint8Array): Uint8Array;
  /** HKDF-SHA256 without salt, 32 bytes. */
  deriveKey(secret: Uint8Array, info: string): Uint8Array;
  /** HMAC-SHA256 of the parts one after the other. */
  hmac(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array;
}
