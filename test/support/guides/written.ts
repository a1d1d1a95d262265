import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Block, Guide } from './blocks.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const TSC = join(root, 'node_modules/typescript/bin/tsc');
const RUNNER = fileURLToPath(new URL('./run_block.mjs', import.meta.url));
const PROGRAM_LIMIT_MS = 20_000;

/** The blocks of all guides as files, in a folder of the repository, so that they find what it has installed. */
export type WrittenGuides = {
  folderOf(guide: Guide): string;
  /** What the type checker says of each block, by place; checked once, all together. */
  check(): Promise<Map<string, string[]>>;
  /** Runs a block as a program of its own. */
  run(guide: Guide, block: Block, redisUrl: string): Promise<Ended>;
  remove(): void;
};

export type Ended = { code: number | null; stdout: string; stderr: string };

/** Throws for two blocks of a guide that are the same file. */
export function writeGuides(guides: readonly Guide[]): WrittenGuides {
  mkdirSync(join(root, '.belfry'), { recursive: true });
  const folder = mkdtempSync(join(root, '.belfry/guides-'));
  const folderOf = ({ name }: Guide): string => join(folder, name.replace('.md', ''));
  const places = new Map<string, string>();
  for (const guide of guides) {
    mkdirSync(join(folderOf(guide), 'jobs'), { recursive: true });
    for (const { kind, file, text, place } of guide.blocks) {
      if (kind === 'sh') continue;
      const path = join(folderOf(guide), file);
      if (places.has(path)) throw new Error(`${place} is ${file}, and so is ${places.get(path) ?? ''}`);
      places.set(path, place);
      mkdirSync(dirname(path), { recursive: true });
      // A block without imports is a script to the type checker: names of two of them would meet.
      writeFileSync(path, /^(?:import|export) /m.test(text) ? text : `${text}export {};\n`);
    }
  }
  const config = { extends: '../../tsconfig.json', include: ['**/*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return {
    folderOf,
    check: async () =>
      sortFindings(await start(TSC, ['-p', '.', '--pretty', 'false'], { cwd: folder }), { folder, places }),
    run: (guide, { file }, redisUrl) =>
      start(RUNNER, [join(folderOf(guide), file)], { cwd: folderOf(guide), redisUrl, limitMs: PROGRAM_LIMIT_MS }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What is wrong in the sources under test is not of the guides. */
function sortFindings({ stdout }: Ended, { folder, places }: { folder: string; places: Map<string, string> }) {
  const findings = new Map<string, string[]>();
  for (const [, file = '', line = '0', words = ''] of stdout.matchAll(/^(\S+?)\((\d+),\d+\): (.*(?:\n {2}.*)*)/gm)) {
    const place = places.get(join(folder, file));
    if (place === undefined) continue;
    findings.set(place, [...(findings.get(place) ?? []), `line ${line} of the block: ${words}`]);
  }
  if (!/error|^$/.test(stdout)) throw new Error(`the type checker says ${stdout}`);
  return findings;
}

type StartOptions = { cwd: string; redisUrl?: string; limitMs?: number };

function start(script: string, args: string[], { cwd, redisUrl, limitMs }: StartOptions): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:BELFRY|REDIS|VITEST|NODE)_/.test(name));
  const env = { ...Object.fromEntries(inherited), ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }) };
  const child = spawn(process.execPath, [script, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const killing = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(killing);
      if (code === null) stderr += `it had not ended after ${String(limitMs)} ms: does it close what it opens?`;
      resolve({ code, stdout, stderr });
    });
  });
}
