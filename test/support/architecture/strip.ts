/** A `/` after one of these begins a regular expression; after anything else it divides. */
const REGEX_MAY_FOLLOW = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))$/;

/**
 * The text with the insides of comments, strings, templates and regular expressions blanked out.
 * Length, line breaks and quotes stay, so an offset in the answer is an offset in the source.
 */
export function stripTypeScript(source: string): string {
  const out = source.split('');
  /** Depth of braces at which each open `${` of a template ends. */
  const templates: number[] = [];
  let braces = 0;
  let at = 0;
  const blankTo = (end: number): void => {
    for (; at < end; at += 1) if (out[at] !== '\n') out[at] = ' ';
  };
  const skipTemplate = (): void => {
    const stop = templateStop(source, at);
    blankTo(stop);
    if (source[at] === '`') at += 1;
    else if (source[at] === '$') {
      templates.push(braces);
      braces += 1;
      at += 2;
    }
  };
  while (at < source.length) {
    const char = source[at] ?? '';
    const two = source.slice(at, at + 2);
    if (two === '//') blankTo(endOf(source, '\n', at));
    else if (two === '/*') blankTo(endOf(source, '*/', at + 2) + 2);
    else if (char === "'" || char === '"') {
      at += 1;
      blankTo(quoteStop(source, at, char));
      at += 1;
    } else if (char === '`') {
      at += 1;
      skipTemplate();
    } else if (
      char === '/' &&
      REGEX_MAY_FOLLOW.test(
        out
          .slice(Math.max(0, at - 40), at)
          .join('')
          .trimEnd(),
      )
    ) {
      at += 1;
      blankTo(regexStop(source, at));
      at += 1;
    } else {
      if (char === '{') braces += 1;
      if (char === '}') braces -= 1;
      at += 1;
      if (char === '}' && templates.at(-1) === braces) {
        templates.pop();
        skipTemplate();
      }
    }
  }
  return out.join('');
}

function endOf(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from);
  return end === -1 ? source.length : end;
}

function quoteStop(source: string, from: number, quote: string): number {
  let at = from;
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return at;
}

function templateStop(source: string, from: number): number {
  let at = from;
  while (at < source.length && source[at] !== '`' && source.slice(at, at + 2) !== '${') {
    at += source[at] === '\\' ? 2 : 1;
  }
  return at;
}

/** A `/` inside a character class does not end the expression. */
function regexStop(source: string, from: number): number {
  let at = from;
  let inClass = false;
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at;
}
