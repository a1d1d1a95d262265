import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dockerfile, Instruction, Stage } from './dockerfile.ts';
import { readDockerIgnore } from './docker_ignore.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

const OF_EVERY_BASE = ['usr/local/bin', 'tmp'];

/** A folder that stands for `/` of a stage, and where its next instruction would run. */
export type Built = { root: string; workdir: string };

export type BuildOptions = {
  dockerfile: Dockerfile;
  /** The folder that COPY copies from, with its `.dockerignore` if it has one. */
  context: string;
  /** An empty folder, for a subfolder for each stage. */
  folder: string;
  /** Trees of images that FROM may name beside earlier stages. */
  images?: Readonly<Record<string, Built>>;
};

/**
 * Does what a Dockerfile says, with folders in the place of layers, so that the tree it makes can be run where there is no
 * Docker. Three things are stood in for: `apt-get` is left out, `npm ci` takes the packages that this repository has
 * installed (without the development ones where it says so), and `chown` is left out where we are not root.
 * Answers the last stage.
 */
export function buildImage({ dockerfile, context, folder, images = {} }: BuildOptions): Built {
  const built = new Map(Object.entries(images));
  for (const stage of dockerfile.stages) {
    const root = join(folder, stage.name);
    const from = built.get(stage.from);
    for (const expected of OF_EVERY_BASE) mkdirSync(join(root, expected), { recursive: true });
    chmodSync(root, 0o755);
    // A layer keeps its owners, which cpSync does not.
    if (from === undefined) symlinkSync(process.execPath, join(root, 'usr/local/bin/node'));
    else execFileSync('cp', ['-a', `${from.root}/.`, root]);
    built.set(stage.name, buildStage(stage, { root, workdir: from?.workdir ?? '/' }, { context, built }));
  }
  return built.get(dockerfile.stages.at(-1)?.name ?? '') ?? { root: folder, workdir: '/' };
}

type Sources = { context: string; built: ReadonlyMap<string, Built> };

function buildStage({ instructions }: Stage, start: Built, sources: Sources): Built {
  let { workdir } = start;
  const { root } = start;
  for (const instruction of instructions) {
    if (instruction.word === 'WORKDIR') {
      workdir = instruction.rest;
      mkdirSync(join(root, workdir), { recursive: true });
    } else if (instruction.word === 'COPY') copy(instruction, { root, workdir }, sources);
    else if (instruction.word === 'RUN') run(instruction, { root, workdir });
  }
  return { root, workdir };
}

function copy({ rest, line }: Instruction, { root, workdir }: Built, { context, built }: Sources): void {
  const words = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
  const [, stage] = /--from=(\S+)/.exec(rest) ?? [];
  const from = stage === undefined ? context : (built.get(stage)?.root ?? `no stage ${stage}`);
  const isLetIn = stage === undefined ? ignoreOf(context) : () => true;
  const target = words.pop() ?? '';
  const to = target.startsWith('/') ? join(root, target) : join(root, workdir, target);
  for (const word of words) {
    const source = join(from, word);
    if (!existsSync(source) || !isLetIn(relative(from, source)))
      throw new Error(`line ${String(line)}: no ${word} to copy`);
    const isInto = words.length > 1 || target.endsWith('/');
    cpSync(source, statSync(source).isFile() && isInto ? join(to, basename(source)) : to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => isLetIn(relative(from, path)),
    });
  }
}

function ignoreOf(context: string): (path: string) => boolean {
  const file = join(context, '.dockerignore');
  return existsSync(file) ? readDockerIgnore(readFileSync(file, 'utf8')) : () => true;
}

function run({ rest }: Instruction, { root, workdir }: Built): void {
  const command = rest.replaceAll(/--mount=\S+\s+/g, '');
  if (command.startsWith('apt-get ')) return;
  if (command.startsWith('npm ci ')) {
    installPackages(join(root, workdir), command.includes('--omit=dev') ? 'production' : 'all');
    return;
  }
  const inRoot = command.replaceAll(/(?<=\s)\/(?=\w)/g, `${root}/`);
  const asWhoWeAre = process.getuid?.() === 0 ? inRoot : `chown() { :; }; ${inRoot}`;
  execFileSync('sh', ['-c', asWhoWeAre], { cwd: join(root, workdir), stdio: 'pipe' });
}

type Lock = {
  packages: Readonly<Record<string, Readonly<Record<'dev' | 'optional' | 'devOptional' | 'peer', boolean>>>>;
};

/** What `npm ci` would install by the lock in the folder, taken from what this repository has installed. */
export function installPackages(folder: string, which: 'production' | 'all'): void {
  if (which === 'all') {
    symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    return;
  }
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as Lock;
  for (const [path, { dev, optional, devOptional, peer }] of Object.entries(packages)) {
    if (path === '' || dev || optional || devOptional || peer) continue;
    const own = join(REPOSITORY, path);
    // What lies in a package's own node_modules has a line of its own in the lock.
    cpSync(own, join(folder, path), {
      recursive: true,
      filter: (file) => !relative(own, file).split('/').includes('node_modules'),
    });
  }
}
