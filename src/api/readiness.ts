/** One thing that must make progress. */
export type Probe = {
  name: string;
  /** Answers what is wrong, or undefined when nothing is. */
  check: () => Promise<string | undefined> | string | undefined;
  /** What is worth knowing while nothing is wrong. */
  detail?: () => string | undefined;
};

export type Readiness = { ready: boolean; checks: { name: string; ok: boolean; reason?: string; detail?: string }[] };

/** Asks each probe; one that throws counts as not ready. */
export async function readReadiness(probes: readonly Probe[]): Promise<Readiness> {
  const checks = await Promise.all(
    probes.map(async ({ name, check, detail }) => {
      const reason = await ask(check);
      if (reason !== undefined) return { name, ok: false, reason };
      const more = detail?.();
      return { name, ok: true, ...(more === undefined ? {} : { detail: more }) };
    }),
  );
  return { ready: checks.every(({ ok }) => ok), checks };
}

async function ask(check: Probe['check']): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
