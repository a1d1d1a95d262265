import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest } from '../chart.ts';
import { GATEWAY_API, moduleOf } from './models.ts';

const repo = fileURLToPath(new URL('../../..', import.meta.url));
const OPTIONS = '--noEmit --strict --skipLibCheck --module nodenext --target es2023 --types node --pretty false';

/** Dashboards and the like: what a long text says is no matter of types. */
const LONG_TEXT = 200;

/**
 * Compiles objects as values of their TypeScript types, which finds the unknown fields that validation lets pass.
 * Answers one line for each fault: which object, where, and what the compiler says.
 */
export async function compileFaults(objects: Readonly<Record<string, readonly Manifest[]>>): Promise<string[]> {
  const all = Object.entries(objects).flatMap(([source, manifests]) =>
    manifests.filter(({ apiVersion }) => apiVersion !== GATEWAY_API).map((manifest) => ({ source, manifest })),
  );
  const folder = mkdtempSync(join(tmpdir(), 'belfry-manifests-'));
  try {
    symlinkSync(join(repo, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const lines: string[] = [];
    const owners: string[] = [];
    for (const { source, manifest } of all) {
      const text = sourceOf(manifest).split('\n');
      lines.push(...text);
      owners.push(...text.map(() => `${source}: ${manifest.kind} ${manifest.metadata.name}`));
    }
    writeFileSync(join(folder, 'manifests.ts'), `${lines.join('\n')}\n`);
    const output = await compile(folder);
    return output.map((line) => withOwner(line, owners, lines));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One line a field, so that the compiler's line names it. */
function sourceOf(manifest: Manifest): string {
  const short = (_: string, value: unknown): unknown =>
    typeof value === 'string' && value.length > LONG_TEXT ? `${value.slice(0, LONG_TEXT)}…` : value;
  const { apiVersion, kind } = manifest;
  const type = `import(${JSON.stringify(moduleOf(apiVersion))}).I${kind}`;
  return `(${JSON.stringify(manifest, short, 1)}) satisfies ${type};`;
}

function withOwner(line: string, owners: readonly string[], lines: readonly string[]): string {
  const at = /^manifests\.ts\((\d+),\d+\): (.*)$/.exec(line);
  if (at === null) return line;
  const index = Number(at[1]) - 1;
  return `${owners[index] ?? '?'}: at \`${(lines[index] ?? '').trim()}\`: ${at[2] ?? ''}`;
}

/** The faults that the compiler finds; an indented line goes on with the one before it. */
function compile(folder: string): Promise<string[]> {
  const tsc = join(repo, 'node_modules/.bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(tsc, [...OPTIONS.split(' '), 'manifests.ts'], { cwd: folder }, (error, stdout, stderr) => {
      if (error === null) resolve([]);
      else if (stdout === '') reject(new Error(`tsc failed: ${stderr}`));
      else resolve(stdout.trimEnd().split(/\n(?! )/));
    });
  });
}
