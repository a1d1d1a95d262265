import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A fenced block of a guide. `job`: a job file. `app`: a program beside them. `test`: a test of an application. `sh`: lines
 * for a shell. `unmarked`: TypeScript that does not say what it is.
 */
export type Block = {
  kind: 'job' | 'app' | 'test' | 'sh' | 'unmarked';
  /** Where it is written: `limits.md:41`. */
  place: string;
  /** Below the folder of its guide: `jobs/partners/poll.ts`, `app_41.ts`. */
  file: string;
  text: string;
};

export type Guide = { name: string; blocks: Block[] };

const FOLDER = fileURLToPath(new URL('../../../docs/guides/', import.meta.url));
const FENCED = /^```(ts|sh)\n([^]*?)^```$/gm;

/** The guides of the documentation, with their blocks of TypeScript and shell. */
export function readGuides(): Guide[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
  return names.toSorted().map((name) => readGuide(name, readFileSync(join(FOLDER, name), 'utf8')));
}

export function readGuide(name: string, markdown: string): Guide {
  const blocks = [...markdown.matchAll(FENCED)].map(({ 1: language, 2: text = '', index }) => {
    const line = markdown.slice(0, index).split('\n').length;
    return { ...kindOf(language, text, line), place: `${name}:${String(line)}`, text };
  });
  return { name, blocks };
}

function kindOf(language: string | undefined, text: string, line: number): Pick<Block, 'kind' | 'file'> {
  if (language === 'sh') return { kind: 'sh', file: '' };
  const [, jobFile] = /^\/\/ (jobs\/\S+\.ts)$/m.exec(firstLine(text)) ?? [];
  if (jobFile !== undefined) return { kind: 'job', file: jobFile };
  const [, marker] = /^\/\/ (app|test)\.ts$/.exec(firstLine(text)) ?? [];
  return {
    kind: (marker as 'app' | 'test' | undefined) ?? 'unmarked',
    file: `${marker ?? 'unmarked'}_${String(line)}.ts`,
  };
}

const firstLine = (text: string): string => text.slice(0, text.indexOf('\n'));

/** Why a shell block is not run: `# doctest: skip <reason>` on its first line. */
export function skipReason({ text }: Pick<Block, 'text'>): string | undefined {
  return /^# doctest: skip (\S.*)$/.exec(firstLine(text))?.[1];
}

/** The command lines of a shell block that begin with `belfry`, each as its words; quotes hold words together. */
export function commandsOf({ text }: Pick<Block, 'text'>): string[][] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.filter((line) => line.startsWith('belfry ')).map((line) => wordsOf(line).slice(1));
}

function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(#.*)|[^\s'"]+/g)];
  return words.flatMap(([all, single, double, comment]) => (comment === undefined ? [single ?? double ?? all] : []));
}
