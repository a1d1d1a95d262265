// @ts-check

/** Milliseconds on a clock that all processes of a machine share. */
export const sharedNowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** The time and the CPU that something takes. @param {() => Promise<unknown>} act */
export async function timed(act) {
  const started = sharedNowMs();
  const cpuBefore = process.cpuUsage();
  await act();
  return { seconds: (sharedNowMs() - started) / 1_000, cpuSeconds: cpuSecondsSince(cpuBefore) };
}

/** User and system time of this process. @param {NodeJS.CpuUsage} before */
export function cpuSecondsSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
