import type { Command } from 'commander';
import type { Finding } from '../examination.ts';
import { withOutput, type OutputWords } from '../options.ts';
import type { Paint } from '../paint.ts';
import type { Counter } from '../counter.ts';

const MARKS = { ok: ['green', 'ok'], warning: ['yellow', 'warning'], error: ['red', 'wrong'] } as const;

export function addDoctor(program: Command, counter: Counter): void {
  withOutput(
    program
      .command('doctor')
      .description('look at configuration, Redis, jobs, schedulers and workers; exit 1 when something is wrong'),
  ).action((words: OutputWords) => examine(words, counter));
}

async function examine(words: OutputWords, { desk, file, exit }: Counter): Promise<void> {
  const { config, findings } = await desk.examine(file());
  const wrong = findings.filter(({ level }) => level === 'error').length;
  const doubtful = findings.filter(({ level }) => level === 'warning').length;
  if (wrong > 0) exit(1);
  if (words.json === true) {
    desk.out(`${JSON.stringify({ ok: wrong === 0, config: Object.fromEntries(config), findings })}\n`);
    return;
  }
  const width = Math.max(...config.map(([name]) => name.length), ...findings.map(({ check }) => check.length));
  for (const [name, value] of config) desk.out(`${desk.paint('dim', name.padEnd(width))}  ${value}\n`);
  desk.out('\n');
  for (const finding of findings) desk.out(describeFinding(finding, width, desk.paint));
  desk.out(`\n${wrong} wrong, ${doubtful} to think about\n`);
}

function describeFinding({ level, check, says, hint }: Finding, width: number, paint: Paint): string {
  const [colour, mark] = MARKS[level];
  const margin = ' '.repeat(width + 11);
  const line = `${check.padEnd(width)}  ${paint(colour, mark.padEnd(7))}  ${says.replaceAll('\n', `\n${margin}`)}\n`;
  return hint === undefined ? line : `${line}${margin}${paint('dim', 'hint:')} ${hint}\n`;
}
