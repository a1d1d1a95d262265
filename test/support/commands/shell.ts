/** `>file`, `2>/dev/null`, `<file`; `<a placeholder>` is a word. */
const TOKEN =
  /(?<blank>\s+)|(?<comment>#.*)|(?<joint>&&|\|\||[|;])|(?<redirect>\d?>{1,2}\s*[^\s;|&]+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<bare><[^<>\s][^<>]*>|\\.|[^\s'";|&\\])/gsy;

/**
 * The simple commands of a block for a shell, each as its words: without comments, redirections and assignments in front.
 * Lines that end in a backslash go on; `&&`, `|` and `;` part commands. Throws for a quote that is not closed.
 */
export function commandsOf(text: string): string[][] {
  const lines = text.replaceAll(/\\\n\s*/g, ' ').split('\n');
  return lines
    .flatMap((line) => commandsOfLine(line))
    .map(withoutAssignments)
    .filter((words) => words.length > 0);
}

function commandsOfLine(line: string): string[][] {
  const commands: string[][] = [[]];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) commands.at(-1)?.push(word);
    word = undefined;
  };
  let end = 0;
  for (const { groups = {}, index, 0: all } of line.matchAll(TOKEN)) {
    end = index + all.length;
    const { blank, comment, joint, redirect, single, double, bare } = groups;
    const text = single ?? double ?? bare;
    if (text !== undefined) {
      // Within a word `#` is a letter.
      word = (word ?? '') + text;
      continue;
    }
    if (comment !== undefined && word !== undefined) {
      word += comment.split(/\s/)[0] ?? '';
      continue;
    }
    if (blank === undefined && comment === undefined && redirect === undefined && joint === undefined) continue;
    endWord();
    if (joint !== undefined) commands.push([]);
  }
  endWord();
  if (end < line.length) throw new Error(`not a line for a shell: ${line}`);
  return commands;
}

function withoutAssignments(words: string[]): string[] {
  const first = words.findIndex((word) => !/^[A-Z_][A-Z0-9_]*=/.test(word));
  return first === -1 ? [] : words.slice(first);
}
