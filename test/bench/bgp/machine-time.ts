// A monotonic time that all processes of the machine have in common.

export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
