// The 8-byte id of a node (layer2 §8) as 16 hexadecimal digits: equal ids are equal strings, and a higher id is a higher string.

export type NodeId = string & { readonly brand: 'NodeId' };

const digits = 16;

export function nodeIdFromBytes(bytes: Uint8Array): NodeId {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text as NodeId;
}

export function nodeIdToBytes(id: NodeId): Uint8Array {
  const bytes = new Uint8Array(digits / 2);
  for (let index = 0; index < bytes.length; index++) bytes[index] = parseInt(id.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}
