import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { renderChart, type Manifest } from '../chart.ts';
import { helmFault as unknownToHelm } from '../chart/helm_fault.ts';
import { ROOT } from './documents.ts';

/** Flags of kubectl that documents may use, and whether a value comes behind them. */
const KUBECTL_FLAGS: Readonly<Record<string, 'value' | 'none'>> = {
  '--all-namespaces': 'none',
  '--cascade': 'none',
  '--follow': 'none',
  '--force': 'none',
  '--from-literal': 'value',
  '--grace-period': 'value',
  '--namespace': 'value',
  '-n': 'value',
  '--output': 'value',
  '-o': 'value',
  '--previous': 'none',
  '--replicas': 'value',
  '--selector': 'value',
  '-l': 'value',
  '--since': 'value',
  '--timeout': 'value',
  '--watch': 'none',
};
/** In the singular, as kubectl takes them too. */
const KINDS =
  'configmap deploy deployment event hpa ingress job namespace pdb pod pvc secret service statefulset ' +
  'scaledobject prometheusrule servicemonitor podmonitor';
const VERBS = ['get', 'logs', 'exec', 'describe', 'delete', 'scale', 'rollout', 'port-forward', 'wait', 'create'];
/** Kinds whose objects have the names that the chart gives them. */
const NAMED: Readonly<Record<string, string>> = {
  deploy: 'Deployment',
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  service: 'Service',
};

export type Finding = { fault?: string; rest?: string[] };

/**
 * What is wrong with the words behind `kubectl`: an unknown verb, flag or kind, an object or a label that a release called
 * `belfry` does not have. `rest` is the command that runs in a container.
 */
export async function kubectlFault(words: readonly string[]): Promise<Finding> {
  const at = words.indexOf('--');
  const own = at === -1 ? [...words] : words.slice(0, at);
  const [verb = '', ...operands] = own.filter((word) => !word.startsWith('-'));
  if (!VERBS.includes(verb)) return { fault: `kubectl ${verb} is no form that documents use` };
  const manifests = await renderChart({}, { release: 'belfry', namespace: 'belfry' });
  const flags = own.filter((word) => word.startsWith('-'));
  const unknown = flags.find((flag) => KUBECTL_FLAGS[flag.split('=')[0] ?? ''] === undefined);
  if (unknown !== undefined) return { fault: `kubectl ${unknown} is no flag that documents use` };
  const fault = labelFault(own, manifests) ?? objectFault(withoutValues(own, operands), manifests);
  return { ...(fault !== undefined && { fault }), ...(at !== -1 && { rest: words.slice(at + 1) }) };
}

/** Operands that are no values of flags. */
function withoutValues(words: readonly string[], operands: readonly string[]): string[] {
  const values = words.filter((_, i) => KUBECTL_FLAGS[words[i - 1] ?? ''] === 'value');
  return operands.filter((word) => !values.includes(word) && !['restart', 'status', 'undo'].includes(word));
}

function labelFault(words: readonly string[], manifests: readonly Manifest[]): string | undefined {
  const selectors = words.filter((_, i) => ['--selector', '-l'].includes(words[i - 1] ?? ''));
  const text = JSON.stringify(manifests);
  const unknown = selectors
    .flatMap((selector) => selector.split(','))
    .find((label) => !text.includes(JSON.stringify(label.split('=')[0]) + ':' + JSON.stringify(label.split('=')[1])));
  return unknown === undefined ? undefined : `nothing in the chart has the label ${unknown}`;
}

function objectFault([first = '', name]: readonly string[], manifests: readonly Manifest[]): string | undefined {
  const [kinds = '', slashed] = first.split('/');
  if (first === '' || /^[A-Z]+$/.test(first)) return undefined;
  for (const kind of kinds.split(',')) {
    const singular = kind.replace(/s$/, '');
    if (!KINDS.split(' ').includes(singular)) return `documents name no objects of the kind ${kind}`;
    const object = slashed ?? name;
    const known = NAMED[singular];
    if (known === undefined || object === undefined || /^[A-Z]+$/.test(object)) continue;
    const names = manifests.filter((manifest) => manifest.kind === known).map(({ metadata }) => metadata.name);
    if (!names.includes(object)) return `a release belfry has no ${kind} ${object}; it has ${names.join(', ')}`;
  }
  return undefined;
}

/** What is wrong with the words behind `helm`: a command, a flag, a path or a value that there is not. */
export async function helmFault(words: readonly string[]): Promise<string | undefined> {
  // A plugin, of which helm itself knows nothing.
  if (words[0] === 'diff') return undefined;
  const unknown = await unknownToHelm(words);
  if (unknown !== undefined) return unknown;
  const path = words.find((word) => word.startsWith('charts/'));
  if (path !== undefined && !existsSync(join(ROOT, path))) return `there is no ${path}`;
  const settings = words.filter((_, i) => ['--set', '--set-string'].includes(words[i - 1] ?? ''));
  const values = parse(readFileSync(join(ROOT, 'charts/belfry/values.yaml'), 'utf8')) as Record<string, unknown>;
  const missing = settings.map((setting) => setting.split('=')[0] ?? '').find((key) => !hasValue(values, key));
  return missing === undefined ? undefined : `the chart has no value ${missing}`;
}

/** A pool has what `workers.defaults` has. */
function hasValue(values: Record<string, unknown>, key: string): boolean {
  const path = key.replace(/^workers\.pools\.[\w-]+\./, 'workers.defaults.').split('.');
  let at: unknown = values;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !(name in at)) return false;
    at = (at as Record<string, unknown>)[name];
  }
  return true;
}
