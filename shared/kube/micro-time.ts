// MicroTime of the apiserver: RFC 3339 with six digits of the second. Our clocks know three.

export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
