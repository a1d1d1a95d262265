import type { Readiness, ReadinessQuestion } from '../cli/desk.ts';
import type { Config } from '../config.ts';
import { BelfryError, messageOf } from '../core/errors.ts';
import { formatDuration } from '../core/time/duration.ts';

/** A process listens on all addresses of its machine, and is asked on the one that never leaves it. */
const ASKED_AT: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

type Answer = { checks?: Readiness['checks'] };

/**
 * Asks `/readyz` of the process that has this configuration, or another address. That nobody answers is an outcome.
 * Throws BAD_CONFIG where the configuration does not tell the port.
 */
export async function askReadiness(
  { http }: Pick<Config, 'http'>,
  { url = ownUrl(http), timeoutMs }: ReadinessQuestion,
): Promise<Readiness> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    const { checks = [] } = readAnswer(await response.text());
    if (response.ok) return { url: url.href, ready: true, checks };
    const other = { name: 'http', ok: false, reason: `it answered ${response.status}` };
    return { url: url.href, ready: false, checks: checks.length === 0 ? [other] : checks };
  } catch (error) {
    return { url: url.href, ready: false, checks: [{ name: 'http', ok: false, reason: describe(error, timeoutMs) }] };
  }
}

function ownUrl({ host, port }: Config['http']): URL {
  if (port === 0) {
    throw new BelfryError('BAD_CONFIG', 'port is 0: it listens on any free port, which nobody else knows', {
      field: 'port',
      hint: 'set BELFRY_PORT, or name the address with --url',
    });
  }
  const address = ASKED_AT[host] ?? (host.includes(':') ? `[${host}]` : host);
  return new URL(`http://${address}:${port}/readyz`);
}

/** Whatever stands at an address of somebody's choice; only our own answer tells its checks. */
function readAnswer(text: string): Answer {
  try {
    const answer = JSON.parse(text) as Answer | null;
    return Array.isArray(answer?.checks) ? answer : {};
  } catch {
    return {};
  }
}

function describe(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${formatDuration(timeoutMs)}`;
  // fetch says "fetch failed", and why in the cause; with several addresses the cause holds one error for each.
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const [first = cause] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [];
  return messageOf(first);
}
