import { expect, test } from 'vitest';
import { newestTzRelease, tzReleaseOf } from '../../../src/core/time/tz_version.ts';

test.each([
  [['2024b', '2025a'], '2025a'],
  [['2025b', '2025a', '2025c'], '2025c'],
  [['1996z', '1996za'], '1996za'],
  [['2025b'], '2025b'],
  [['of the system', '2024a'], '2024a'],
  [['of the system', ''], ''],
  [[], ''],
])('the newest of %j is %j', (versions, newest) => {
  expect(newestTzRelease(versions)).toBe(newest);
});

test('a version that is no release of IANA counts as none', () => {
  expect(tzReleaseOf('2025b')).toBe('2025b');
  expect(tzReleaseOf('of the system')).toBe('');
  expect(tzReleaseOf('2025')).toBe('');
});

test('the tzdata of this Node is a release', () => {
  expect(tzReleaseOf(process.versions['tz'] ?? '')).not.toBe('');
});
