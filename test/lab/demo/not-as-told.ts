// Something was seen that the demo does not promise: the demo has failed.

export class NotAsTold extends Error {
  readonly code = 'notAsTold';

  constructor(expected: string, seen: string) {
    super(`expected: ${expected}\nseen:     ${seen}`);
  }
}
