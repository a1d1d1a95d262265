/** How IANA names its releases: the year and a letter, `2025b`; after `z` comes `za`. As text they are in order. */
const RELEASE = /^\d{4}[a-z]+$/;

/** A version that does not look like a release (an ICU of the system may not say) is older than any that does. */
export function tzReleaseOf(version: string): string {
  return RELEASE.test(version) ? version : '';
}

/** The newest release among some tzdata versions; empty where none of them says. */
export function newestTzRelease(versions: readonly string[]): string {
  return versions.map(tzReleaseOf).reduce((newest, release) => (release > newest ? release : newest), '');
}
