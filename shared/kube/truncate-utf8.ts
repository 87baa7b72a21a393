// The apiserver counts bytes, JavaScript UTF-16 units.

const mostBytesPerUnit = 3;

/** The longest beginning of whole characters that takes no more than this many bytes as UTF-8. */
export function truncateUtf8(text: string, mostBytes: number): string {
  if (text.length * mostBytesPerUnit <= mostBytes) return text;
  // TextEncoder writes whole characters only.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(mostBytes));
  return text.slice(0, read);
}
