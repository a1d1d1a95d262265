/** One instruction of a Dockerfile, with its continuation lines joined, such as `COPY` and `bin ./bin`. */
export type Instruction = { word: string; rest: string; line: number };

/** `from` is the name of an earlier stage, or of an image. */
export type Stage = { from: string; name: string; instructions: Instruction[] };

export type Dockerfile = { args: Readonly<Record<string, string>>; stages: Stage[] };

/** Reads what this project's Dockerfiles use of the format: no heredocs, no escape directive, no ONBUILD. */
export function parseDockerfile(text: string): Dockerfile {
  const args: Record<string, string> = {};
  const stages: Stage[] = [];
  for (const instruction of readInstructions(text)) {
    const { word, rest } = instruction;
    const stage = stages.at(-1);
    if (word === 'FROM') {
      const [, from = '', name = String(stages.length)] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? [];
      stages.push({ from: expand(from, args), name, instructions: [] });
    } else if (stage === undefined) {
      if (word !== 'ARG') throw new Error(`line ${String(instruction.line)}: ${word} before the first FROM`);
      Object.assign(args, Object.fromEntries(readPairs(rest)));
    } else stage.instructions.push(instruction);
  }
  return { args, stages };
}

function readInstructions(text: string): Instruction[] {
  const found: Instruction[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const joined: { text: string; line: number } =
      open === undefined ? { text: line, line: index + 1 } : { ...open, text: `${open.text} ${line.trim()}` };
    open = joined.text.endsWith('\\') ? { ...joined, text: joined.text.slice(0, -1).trimEnd() } : undefined;
    if (open !== undefined) continue;
    const [, word = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(joined.text) ?? [];
    if (word === '') throw new Error(`line ${String(joined.line)} is no instruction: ${joined.text}`);
    found.push({ word: word.toUpperCase(), rest: rest.trim(), line: joined.line });
  }
  return found;
}

/** `NAME=value NAME="a value"` of ARG, ENV and LABEL. */
export function readPairs(rest: string): [string, string][] {
  return [...rest.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S*))/g)].map(([, name = '', quoted, plain]) => [
    name,
    quoted ?? plain ?? '',
  ]);
}

/** The words of an instruction in JSON form. Throws for the shell form. */
export function readWords(rest: string): string[] {
  return JSON.parse(rest.slice(rest.indexOf('['))) as string[];
}

/** `$NAME`, `${NAME}` and `${NAME:+word}`. */
function expand(text: string, args: Readonly<Record<string, string>>): string {
  return text
    .replaceAll(/\$\{(\w+):\+([^}]*)\}/g, (_, name: string, word: string) => ((args[name] ?? '') === '' ? '' : word))
    .replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => args[name] ?? '');
}

export function instructionsOf({ instructions }: Stage, word: string): Instruction[] {
  return instructions.filter((instruction) => instruction.word === word);
}

/** The last value of an instruction that is replaced and not added to, such as USER. */
export function lastOf(stage: Stage, word: string): string {
  return instructionsOf(stage, word).at(-1)?.rest ?? '';
}

export function environmentOf(stage: Stage): Record<string, string> {
  return Object.fromEntries(instructionsOf(stage, 'ENV').flatMap(({ rest }) => readPairs(rest)));
}
