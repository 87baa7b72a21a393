// Regular expressions for interface names, as users write them in `announcedInterfacesToExclude`: unanchored.
export interface NamePatterns {
  readonly patterns: readonly RegExp[];
  /** One for each text that is no regular expression; it matches nothing. */
  readonly problems: readonly string[];
}

/** More patterns than this have no use; the rest match nothing. */
const maxPatterns = 256;

export function compileNamePatterns(texts: readonly string[]): NamePatterns {
  const patterns: RegExp[] = [];
  const problems: string[] = [];
  for (const text of texts.slice(0, maxPatterns)) {
    try {
      patterns.push(new RegExp(text));
    } catch {
      problems.push(
        `announcedInterfacesToExclude: "${text}" is no regular expression and excludes nothing: correct it`,
      );
    }
  }
  if (texts.length > maxPatterns) {
    problems.push(`announcedInterfacesToExclude: only the first ${maxPatterns} patterns are used: join some of them`);
  }
  return { patterns, problems };
}
