import { posix } from 'node:path';
import { findFunctions } from './functions.ts';
import type { FunctionSpan } from './functions.ts';
import { resolveImport } from './graph.ts';
import { countLines, lineAt } from './source_file.ts';
import type { SourceFile } from './source_file.ts';

/** What one file does against a rule: `path:line: what`. */
type Finding = { path: string; line: number; what: string };
export type Rule = (file: SourceFile) => Finding[];

const MAX_FILE_LINES = 300;
const MAX_FUNCTION_LINES = 60;
const MAX_PARAMETERS = 4;

const isScript = ({ path }: SourceFile): boolean => !path.endsWith('.lua');

/** Folder under src/, or the file's own name when it lies in src/ itself. */
function layerOf(path: string): string {
  return path.split('/')[1] ?? path;
}

/** Imports between the layers of src/ may only follow `edges`; `'*'` is anything. */
export const layering =
  (edges: Readonly<Record<string, readonly string[]>>): Rule =>
  (file) => {
    if (!file.path.startsWith('src/')) return [];
    const layer = layerOf(file.path);
    const allowed = edges[layer];
    if (allowed === undefined)
      return [{ path: file.path, line: 1, what: `src/${layer} is not in the table of layers` }];
    return file.imports.flatMap(({ specifier, offset }) => {
      if (!specifier.startsWith('.')) return [];
      const target = resolveImport(file.path, specifier);
      const to = layerOf(target);
      const isAllowed = target.startsWith('src/') && (to === layer || allowed.includes(to) || allowed.includes('*'));
      return isAllowed ? [] : [at(file, offset, `src/${layer} may not import ${target}`)];
    });
  };

/** Packages (and `node:` modules) that files below `folder` may import; `'node:'` stands for all of Node's own. */
export const packagesOf =
  (folder: string, allowed: readonly string[]): Rule =>
  (file) => {
    if (!file.path.startsWith(folder)) return [];
    return file.imports
      .filter(({ specifier }) => !specifier.startsWith('.'))
      .filter(({ specifier }) => !allowed.some((name) => specifier === name || specifier.startsWith(withSlash(name))))
      .map(({ specifier, offset }) => at(file, offset, `${folder} may not import '${specifier}'`));
  };

const withSlash = (name: string): string => (name.endsWith(':') ? name : `${name}/`);

/** A relative import may not leave `folder`. */
export const selfContained =
  (folder: string): Rule =>
  (file) => {
    if (!file.path.startsWith(folder)) return [];
    return file.imports
      .filter(({ specifier }) => specifier.startsWith('.') && !resolveImport(file.path, specifier).startsWith(folder))
      .map(({ specifier, offset }) => at(file, offset, `'${specifier}' leads out of ${folder}`));
  };

/** These packages may be imported only below the given folders. */
export const onlyIn =
  (names: readonly string[], places: readonly string[]): Rule =>
  (file) => {
    if (places.some((place) => file.path.startsWith(place))) return [];
    return file.imports
      .filter(({ specifier }) => names.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
      .map(({ specifier, offset }) => at(file, offset, `'${specifier}' belongs in ${places.join(', ')}`));
  };

/** In src/, `pattern` may be written only in `places`. */
export const textOnlyIn =
  (pattern: RegExp, places: readonly string[]): Rule =>
  (file) => {
    if (!file.path.startsWith('src/') || !isScript(file) || places.includes(file.path)) return [];
    return [...file.stripped.matchAll(pattern)].map((match) =>
      at(file, match.index, `\`${match[0].trim()}\` belongs in ${places.join(', ')}`),
    );
  };

export const fileLength: Rule = (file) => {
  const lines = countLines(file.text);
  if (lines <= MAX_FILE_LINES) return [];
  return [{ path: file.path, line: lines, what: `${String(lines)} lines, at most ${String(MAX_FILE_LINES)}` }];
};

/**
 * A `describe` groups tests, as a file does: its callback is measured by the file rule alone. A function is measured
 * without the functions inside it, which are measured one by one: a factory is this code's class, and its closures are
 * the methods.
 */
export const functionLength: Rule = (file) => {
  const spans = functionsOf(file);
  return spans
    .filter(({ argumentOf }) => argumentOf !== 'describe')
    .map((span) => ({ ...span, lines: ownLines(file, span, spans) }))
    .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
    .map(({ name, start, lines }) => at(file, start, `function ${name} has ${String(lines)} lines`));
};

function ownLines(file: SourceFile, span: FunctionSpan, all: FunctionSpan[]): number {
  const within = all.filter((other) => other.start > span.start && other.end <= span.end);
  const direct = within.filter((one) => !within.some((other) => other.start < one.start && other.end >= one.end));
  const breaks = ({ start, end }: FunctionSpan): number => countLines(file.text.slice(start, end + 1)) - 1;
  return breaks(span) + 1 - direct.reduce((sum, inner) => sum + breaks(inner), 0);
}

export const parameterCount: Rule = (file) =>
  functionsOf(file)
    .filter(({ parameters }) => parameters > MAX_PARAMETERS)
    .map(({ name, start, parameters }) => at(file, start, `function ${name} takes ${String(parameters)} parameters`));

export const noAny: Rule = (file) =>
  isScript(file)
    ? [...file.stripped.matchAll(/(?<![\w$.-])any(?![\w$:(])/g)].map((match) => at(file, match.index, 'type `any`'))
    : [];

const EMPTY_NAMES = /(?:^|[_.-])(?:utils?|helpers?|managers?|common|types|misc)(?:[_.-]|$)/i;

export const meaningfulName: Rule = ({ path }) =>
  EMPTY_NAMES.test(posix.basename(path)) ? [{ path, line: 1, what: 'the name says nothing of its duty' }] : [];

/** `-- <file name>: what it does`, then lines for KEYS, ARGV and Answers. */
export const luaContract: Rule = ({ path, text }) => {
  if (!path.endsWith('.lua')) return [];
  const header = (/^(?:--.*\n)*/.exec(text)?.[0] ?? '').split('\n');
  const missing = ['KEYS', 'ARGV', 'Answers'].filter((word) => !header.some((line) => line.startsWith(`-- ${word}`)));
  const first = `-- ${posix.basename(path, '.lua')}: `;
  const findings = missing.map((word) => ({ path, line: 1, what: `the contract header has no line \`-- ${word}\`` }));
  return header[0]?.startsWith(first) === true
    ? findings
    : [{ path, line: 1, what: `does not begin with \`${first}\`` }, ...findings];
};

const functionsOf = (file: SourceFile) => (isScript(file) ? findFunctions(file.stripped) : []);

function at(file: SourceFile, offset: number, what: string): Finding {
  return { path: file.path, line: lineAt(file.text, offset), what };
}
