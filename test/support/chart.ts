import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { helm } from './tools.ts';

/** An object that the chart renders. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
};

export type Values = Readonly<Record<string, unknown>>;

export type RenderOptions = {
  release?: string;
  namespace?: string;
  /** What the cluster offers beside what every cluster has, such as `keda.sh/v1alpha1`. */
  apiVersions?: readonly string[];
  kubeVersion?: string;
  /** A chart other than ours, such as one that has ours as a dependency. */
  chart?: string;
};

export type HelmOutcome = { code: number; stdout: string; stderr: string };

export const CHART = fileURLToPath(new URL('../../charts/belfry', import.meta.url));

/** A cluster that has everything that the chart can make use of. */
const API_VERSIONS = ['monitoring.coreos.com/v1', 'keda.sh/v1alpha1', 'gateway.networking.k8s.io/v1'];
const KUBE_VERSION = '1.34.0';

const rendered = new Map<string, Promise<readonly Manifest[]>>();

/**
 * What `helm template` makes of the chart with these values, or with those of a file. Each set of values is rendered
 * once in a test file. Fails with helm's own words.
 */
export function renderChart(values: Values | string = {}, options: RenderOptions = {}): Promise<readonly Manifest[]> {
  const key = JSON.stringify([values, options]);
  const known = rendered.get(key);
  if (known !== undefined) return known;
  const asked = templateChart(values, options).then(({ code, stdout, stderr }) => {
    if (code !== 0) throw new Error(`helm template failed:\n${stderr}`);
    return readManifests(stdout);
  });
  rendered.set(key, asked);
  return asked;
}

/** What helm says about values that it must refuse. */
export async function renderRefusal(values: Values, options: RenderOptions = {}): Promise<string> {
  const { code, stderr } = await templateChart(values, options);
  if (code === 0) throw new Error(`helm took ${JSON.stringify(values)}`);
  return stderr;
}

/** The text that `helm install` shows at its end. */
export async function renderNotes(values: Values, { release = 'bt', namespace = 'ops' }: RenderOptions = {}) {
  const args = ['install', release, CHART, '--namespace', namespace, '--dry-run=client', '-f', '-'];
  const { code, stdout, stderr } = await runHelm(args, JSON.stringify(values));
  if (code !== 0) throw new Error(`helm install failed:\n${stderr}`);
  return stdout.slice(stdout.indexOf('\nNOTES:\n') + '\nNOTES:\n'.length);
}

/** Runs helm to its end, with `input` on its standard input. */
export function runHelm(args: readonly string[], input = ''): Promise<HelmOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(helm(), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** The one object of this kind and name; fails with the names that there are. */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = manifests.filter((manifest) => manifest.kind === kind).map((manifest) => manifest.metadata.name);
  throw new Error(`${String(found.length)} ${kind} called ${name}; there are: ${names.join(', ')}`);
}

/** Every object of these kinds. */
export function ofKind(manifests: readonly Manifest[], ...kinds: readonly string[]): readonly Manifest[] {
  return manifests.filter(({ kind }) => kinds.includes(kind));
}

function templateChart(values: Values | string, options: RenderOptions): Promise<HelmOutcome> {
  const { release = 'bt', namespace = 'ops', apiVersions = API_VERSIONS } = options;
  const { kubeVersion = KUBE_VERSION, chart = CHART } = options;
  const args = ['template', release, chart, '--namespace', namespace, '--kube-version', kubeVersion];
  const offered = apiVersions.flatMap((version) => ['--api-versions', version]);
  const [file, input] = typeof values === 'string' ? [values, ''] : ['-', JSON.stringify(values)];
  return runHelm([...args, ...offered, '-f', file], input);
}

function readManifests(text: string): Manifest[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  const broken = documents.flatMap(({ errors }) => errors.map(({ message }) => message));
  if (broken.length > 0) throw new Error(`helm rendered YAML that cannot be read:\n${broken.join('\n')}`);
  return documents.map((document) => document.toJS() as Manifest | null).filter((manifest) => manifest !== null);
}
