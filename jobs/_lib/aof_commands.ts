/** What was found in a stream of commands: how many are whole, where the last whole one ends, and what is wrong there. */
export type CommandScan = {
  commands: number;
  /** Bytes up to the end of the last whole command. */
  wholeBytes: number;
  /** A byte that no command could have there; undefined while all is well. */
  fault: { offset: number; reason: string } | undefined;
};

const CR = 0x0d;
const LF = 0x0a;
/** No line of a command is longer than a number; a timestamp line is not either. */
const LONGEST_LINE = 256;

/**
 * Checks the commands of an append-only file chunk by chunk: `*<n>\r\n`, then n times `$<length>\r\n<bytes>\r\n`; a
 * line that starts with `#` (a timestamp) may stand between two commands. The bytes of the words are skipped, not kept.
 */
export function createCommandScanner() {
  const scan: CommandScan = { commands: 0, wholeBytes: 0, fault: undefined };
  let offset = 0;
  let line = '';
  let wordsLeft = 0;
  // Bytes of the current word that are still to come, its closing CR LF included.
  let wordLeft = 0;

  const fail = (reason: string, at = offset - line.length): void => {
    scan.fault ??= { offset: at, reason };
  };
  const endWord = (): void => {
    wordsLeft -= 1;
    if (wordsLeft > 0) return;
    scan.commands += 1;
    scan.wholeBytes = offset;
  };
  const takeLine = (): void => {
    if (!line.endsWith('\r\n')) return fail('a line does not end with CR LF');
    const kind = line[0];
    const size = Number(line.slice(1, -2));
    if (wordsLeft === 0 && kind === '#') scan.wholeBytes = offset;
    else if (!/^\d+\r\n$/.test(line.slice(1))) fail(`${JSON.stringify(line.slice(0, 20))} is not a length`);
    else if (wordsLeft === 0 && kind === '*' && size > 0) wordsLeft = size;
    else if (wordsLeft > 0 && kind === '$') wordLeft = size + 2;
    else fail(wordsLeft === 0 ? 'a command should begin here' : 'a word of a command should begin here');
    line = '';
  };
  /** Skips what the chunk has of the current word, and looks at its last two bytes, CR and LF. */
  const takeWord = (chunk: Uint8Array, at: number): number => {
    const taken = Math.min(wordLeft, chunk.length - at);
    for (let back = Math.min(2, wordLeft); back > wordLeft - taken; back--) {
      const isRight = chunk[at + wordLeft - back] === (back === 1 ? LF : CR);
      if (!isRight) fail('a word does not end where its length says', offset + wordLeft - back);
    }
    wordLeft -= taken;
    offset += taken;
    if (wordLeft === 0) endWord();
    return at + taken;
  };

  const push = (chunk: Uint8Array): void => {
    let at = 0;
    while (at < chunk.length && scan.fault === undefined) {
      if (wordLeft > 0) {
        at = takeWord(chunk, at);
        continue;
      }
      const byte = chunk[at++] ?? 0;
      offset += 1;
      line += String.fromCharCode(byte);
      if (byte === LF) takeLine();
      else if (line.length > LONGEST_LINE) fail('a line has no end');
    }
  };
  return { push, scan };
}
