type Version = { numbers: readonly number[]; before: readonly string[] };

const SHAPE = /^v?(\d{1,9}(?:\.\d{1,9}){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** `1.4.0`, `v1.4`, `2.0.0-rc.1`. Undefined for what is no version, such as the `library` of a worker in an application. */
function readVersion(text: string): Version | undefined {
  const [, numbers, before] = SHAPE.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  return { numbers: numbers.split('.').map(Number), before: before === undefined ? [] : before.split('.') };
}

export function isVersion(text: string): boolean {
  return readVersion(text) !== undefined;
}

/** Whether a version comes before another one in the order of Semantic Versioning 2.0.0, §11. What is no version does not. */
export function isOlderVersion(version: string, than: string): boolean {
  const [one, other] = [readVersion(version), readVersion(than)];
  if (one === undefined || other === undefined) return false;
  for (let i = 0; i < 3; i += 1) {
    const difference = (one.numbers[i] ?? 0) - (other.numbers[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return comparePreReleases(one.before, other.before) < 0;
}

/** A pre-release comes before its release; identifiers are compared one by one, numbers below words. */
function comparePreReleases(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return other.length - one.length;
  for (let i = 0; i < Math.max(one.length, other.length); i += 1) {
    const [left, right] = [one[i], other[i]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    if (left === right) continue;
    const [isLeftNumber, isRightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (isLeftNumber && isRightNumber && Number(left) !== Number(right)) return Number(left) - Number(right);
    if (isLeftNumber !== isRightNumber) return isLeftNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}
