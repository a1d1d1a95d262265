import path from 'node:path';
import { BelfryError, messageOf, type ErrorCode } from '../core/errors.ts';
import type { DuplicateFile } from './discover.ts';
import { filesOf, readSource } from './imports.ts';
import type { Importer } from './importer.ts';
import { findField, findText, firstFrame, syntaxError, toOriginal, type Position } from './position.ts';

/** A job file that gave no job. */
export type BrokenJob = {
  /** The job it would have been. */
  name: string;
  /** Absolute path of the file to mend: the job file, or a file that it imports. */
  file: string;
  /** Both count from 1; undefined where only the file is known. */
  line: number | undefined;
  column: number | undefined;
  /** `jobs/partners/poll.ts:12:3`, or without the numbers. */
  where: string;
  code: ErrorCode;
  reason: string;
  hint: string;
};

/** What is known of a failed load: the job file, and how its importer compiled it. */
type FailedLoad = { name: string; file: string; directory: string; compile: Importer['compile'] };

type Finding = { code: ErrorCode; reason: string; hint: string; position: Position | undefined };

/** Says in words what is wrong with a job file, and where: `thrown` is what its import or its check threw. */
export function describeBrokenJob(thrown: unknown, load: FailedLoad): BrokenJob {
  const finding = findSyntaxError(thrown) ?? findMissingModule(thrown) ?? findBadField(thrown, load);
  const { code, reason, hint, position } = finding ?? findThrow(thrown, load);
  const file = position?.file ?? load.file;
  const shown = shownPath(file, load.directory);
  return {
    name: load.name,
    file,
    line: position?.line,
    column: position?.column,
    where: position === undefined ? shown : `${shown}:${position.line}:${position.column}`,
    code,
    reason,
    hint,
  };
}

/** Two files cannot be one job: the second is reported, whatever it holds. */
export function describeDuplicate({ name, file, first }: DuplicateFile, directory: string): BrokenJob {
  return {
    name,
    file,
    line: undefined,
    column: undefined,
    where: shownPath(file, directory),
    code: 'BAD_JOB',
    reason: `is the job "${name}" a second time: ${shownPath(first, directory)} is already`,
    hint: 'rename or remove one of the two files',
  };
}

/** `jobs/partners/poll.ts`: short enough to read, long enough to find. */
export function shownPath(file: string, directory: string): string {
  return path.join(path.basename(directory), path.relative(directory, file));
}

function findSyntaxError(thrown: unknown): Finding | undefined {
  const found = syntaxError(thrown);
  if (found === undefined) return undefined;
  return {
    code: 'BAD_JOB',
    ...found,
    reason: `syntax error: ${found.reason}`,
    hint: 'correct the syntax at this place',
  };
}

function findMissingModule(thrown: unknown): Finding | undefined {
  const error = thrown as { code?: unknown; requireStack?: unknown };
  if (!(thrown instanceof Error) || error.code !== 'MODULE_NOT_FOUND') return undefined;
  const module = /Cannot find module '([^']+)'/.exec(thrown.message)?.[1] ?? '?';
  const importer = Array.isArray(error.requireStack) ? String(error.requireStack[0]) : undefined;
  const source = importer === undefined ? undefined : readSource(importer);
  return {
    code: 'BAD_JOB',
    reason: `cannot find the module "${module}"`,
    hint: /^[./]/.test(module)
      ? 'check the path; a relative import starts at the file that it is written in'
      : `add the package to the project of the jobs folder: npm install ${module}`,
    position: source && (findText(`'${module}'`, source) ?? findText(`"${module}"`, source)),
  };
}

/** An error of the check of a job: it names the field, which is looked for in the file. */
function findBadField(thrown: unknown, load: FailedLoad): Finding | undefined {
  if (!(thrown instanceof BelfryError)) return undefined;
  const { code, message: reason, field, column, hint = 'see the fields of defineJob' } = thrown;
  const source = readSource(load.file);
  const written = field === undefined || source === undefined ? undefined : findField(field, source, column);
  return { code, reason, hint, position: written ?? findFrame(thrown, load) };
}

function findThrow(thrown: unknown, load: FailedLoad): Finding {
  return {
    code: 'BAD_JOB',
    reason: `threw while it was loaded: ${describeThrown(thrown)}`,
    hint: 'a job file must load on any machine: move what may fail into run()',
    position: findFrame(thrown, load),
  };
}

/** The first line of the user's own code on the stack. */
function findFrame(thrown: unknown, load: FailedLoad): Position | undefined {
  const files = new Set(filesOf(load.file));
  const frame = firstFrame(thrown, (file) => files.has(file));
  const source = frame && readSource(frame.file);
  return frame && source && toOriginal(frame, load.compile(source));
}

function describeThrown(thrown: unknown): string {
  return thrown instanceof Error && thrown.name !== 'Error' ? `${thrown.name}: ${thrown.message}` : messageOf(thrown);
}
