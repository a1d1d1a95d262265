// @ts-check
import { unpackPackages } from './apt.mjs';
import { areInstalled, areReady, installWithBrew, linkFromPath } from './programs.mjs';
import { SetupError } from './say.mjs';

/** @typedef {import('./programs.mjs').Tool} Tool */

const PROGRAMS = ['prometheus', 'promtool'];
const WHY = 'the tests run the alert rules in it';

/** `keep_firing_for` is known from 2.42 on, which is Debian 12's. @type {Tool[]} */
const TOOLS = PROGRAMS.map((program) => ({ program, versionArgs: ['--version'], oldest: [2, 42, 0] }));

const BY_HAND = `The tests run the alert rules in a real Prometheus and found no prometheus and promtool, 2.42 or later. Install them:
  Debian, Ubuntu   sudo apt-get install prometheus
  Fedora           sudo dnf install golang-github-prometheus
  Alpine           sudo apk add prometheus
  Arch             sudo pacman -S prometheus
  macOS            brew install prometheus
Running Belfry (npm start) does not need them.`;

/** Whether Prometheus and its promtool are ready below `.belfry/bin`. @param {string} root */
export function hasPrometheus(root) {
  return areReady(root, PROGRAMS);
}

/**
 * Makes sure that there is a Prometheus for the tests: the one on the PATH, else the system's own package.
 * @param {string} root
 */
export async function ensurePrometheus(root) {
  if (await linkFromPath(root, TOOLS)) return;
  if (await areInstalled('apt-get', 'dpkg-deb')) {
    await unpackPackages(root, {
      name: 'Prometheus',
      why: WHY,
      packages: ['prometheus'],
      programs: PROGRAMS,
      // Its programs are static; what it depends on is for its web pages and its service.
      dependencies: 'none',
      byHand: BY_HAND,
    });
    return;
  }
  if (await areInstalled('brew')) {
    await installWithBrew({ formula: 'prometheus', words: `Prometheus: ${WHY}`, byHand: BY_HAND });
    if (await linkFromPath(root, TOOLS)) return;
  }
  throw new SetupError(BY_HAND);
}
