// The machine has not what the lab needs: one message that says what, and what to do about it. Programs end with exit code 3.

export const machineLacksExitCode = 3;

export class MachineLacks extends Error {
  readonly code = 'machineLacks';
}
