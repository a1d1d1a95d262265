import { expect, test } from 'vitest';
import { belfryFault } from './belfry_fault.ts';

const typed = (line: string) => belfryFault(line.split(' '), { kind: 'typed' });

test.each([
  'jobs list --json',
  'jobs run JOB --payload={} --wait',
  'backfill JOB --from T --to T --dry-run',
  'backfill list',
  'dead redrive RUN RUN --rate 10/1s',
  'start --role worker --pool a --pool b',
  'workers --json',
  'schedules save -',
])('belfry %s is right', (line) => {
  expect(typed(line)).toBeUndefined();
});

test.each([
  ['jbos list', 'belfry has no command jbos'],
  ['jobs lsit', 'belfry jobs has no command lsit'],
  ['jobs list --jsno', 'belfry jobs list has no --jsno'],
  ['jobs list --json=yes', '--json takes no value'],
  ['jobs list JOB', 'belfry jobs list takes no JOB'],
  ['jobs show', 'belfry jobs show needs job'],
  ['jobs pause JOB --note', '--note needs a value'],
])('belfry %s is not: %s', (line, fault) => {
  expect(typed(line)).toBe(fault);
});

test('what is only mentioned may leave operands out, and put commands or operands side by side', () => {
  const mentioned = (first: string, instead?: string) =>
    belfryFault(first.split(' '), { kind: 'mentioned', ...(instead !== undefined && { instead: instead.split(' ') }) });
  expect(mentioned('runs cancel')).toBeUndefined();
  expect(mentioned('runs show RUN', 'logs RUN -f')).toBeUndefined();
  expect(mentioned('explain JOB', 'JOB@TIME')).toBeUndefined();
  expect(mentioned('runs show RUN', 'log RUN')).toBe('belfry runs show takes no RUN');
  expect(mentioned('runs show RUN', 'logs RUN -g')).toBe('belfry runs logs has no -g');
});
