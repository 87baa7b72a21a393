// One copy of each text that many objects share (namespaces, node names, label values): ten thousand views hold it once.

/** Longer texts are rarely shared. */
const longestLength = 64;
const mostTexts = 20_000;

const texts = new Map<string, string>();

/** A text equal to this one. */
export function intern(text: string): string {
  if (text.length > longestLength) return text;
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= mostTexts) texts.clear();
  texts.set(text, text);
  return text;
}
