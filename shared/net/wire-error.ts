// What a decoder throws at bytes that are not what they claim to be. The engine that asked for the decoding catches it, in one place.

/** `truncated`: ends too early; `unsupported`: well-formed, but nothing we speak; `malformed`: contradicts itself. */
export type WireErrorCode = 'truncated' | 'unsupported' | 'malformed';

export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
