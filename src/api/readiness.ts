/** One thing that must make progress. Answers what is wrong, or undefined when nothing is. */
export type Probe = { name: string; check: () => Promise<string | undefined> | string | undefined };

export type Readiness = { ready: boolean; checks: { name: string; ok: boolean; reason?: string }[] };

/** Asks each probe; one that throws counts as not ready. */
export async function readReadiness(probes: readonly Probe[]): Promise<Readiness> {
  const checks = await Promise.all(
    probes.map(async ({ name, check }) => {
      const reason = await ask(check);
      return reason === undefined ? { name, ok: true } : { name, ok: false, reason };
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
