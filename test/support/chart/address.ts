import type { Manifest } from '../chart.ts';

/** What the objects of release `bt` are called. */
const FULLNAME = 'bt-belfry';

/**
 * One field of what was rendered, or undefined: `Deployment/scheduler spec.replicas`. The name goes without the
 * release, `Kind/` alone is the object called like the release, and `Kind/=name` gives the name in full. An address
 * without a field tells whether there is such an object. `alerts` are the rules of all groups, by alert. `[x]` takes a key with dots out of a map, and out of a list the item at this place or of this name:
 * `spec.containers[belfry].env[REDIS_URL].value`.
 */
export function fieldAt(manifests: readonly Manifest[], address: string): unknown {
  const [object = '', path] = address.split(/ (.*)/s);
  const [kind = '', name = ''] = object.split('/');
  const manifest = manifests.find(
    (candidate) => candidate.kind === kind && candidate.metadata.name === fullNameOf(name),
  );
  if (path === undefined) return manifest === undefined ? undefined : 'there';
  return valueAt(path.startsWith('alerts') ? { alerts: alertsOf(manifest) } : manifest, path);
}

function fullNameOf(name: string): string {
  if (name.startsWith('=')) return name.slice(1);
  return name === '' ? FULLNAME : `${FULLNAME}-${name}`;
}

/** The alert rules of a PrometheusRule, or of a file of rules, whatever group they are in. */
function alertsOf(manifest: unknown): Readonly<Record<string, unknown>> {
  const groups = valueAt(manifest, 'spec.groups') ?? valueAt(manifest, 'groups');
  const rules: readonly unknown[] = Array.isArray(groups)
    ? groups.flatMap((group: unknown) => valueAt(group, 'rules'))
    : [];
  return Object.fromEntries(
    rules.flatMap((rule) => {
      const alert = valueAt(rule, 'alert');
      return typeof alert === 'string' ? [[alert, rule] as const] : [];
    }),
  );
}

/** The value at a path below `root`, in the words of `fieldAt`. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const [, key, quoted] of path.matchAll(/([^.[\]]+)|\[([^\]]+)\]/g)) {
    value = stepInto(value, key ?? quoted ?? '');
    if (value === undefined) return undefined;
  }
  return value;
}

/** The text at a path below `root`; fails where there is none. */
export function textAt(root: unknown, path: string): string {
  const value = valueAt(root, path);
  if (typeof value !== 'string') throw new Error(`there is no text at ${path}`);
  return value;
}

function stepInto(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return /^\d+$/.test(key) ? items[Number(key)] : items.find((item) => nameOf(item) === key);
  }
  return isRecord(value) ? value[key] : undefined;
}

function nameOf(item: unknown): unknown {
  return isRecord(item) ? item['name'] : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
