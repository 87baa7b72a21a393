// Syntax of label keys and values, as the apiserver checks them on every object's metadata (apimachinery: qualified names, label values).

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const longestName = 63;
const longestPrefix = 253;

export function isLabelKey(text: string): boolean {
  const parts = text.split('/', 3);
  const own = parts.at(-1) ?? '';
  if (parts.length > 2 || own.length > longestName || !name.test(own)) return false;
  const [prefix] = parts;
  return parts.length === 1 || (prefix !== undefined && prefix.length <= longestPrefix && dnsSubdomain.test(prefix));
}

export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= longestName && name.test(text));
}
