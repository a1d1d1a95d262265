import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { enqueueOptionsOf, withEnqueueFlags, type EnqueueWords } from '../../src/cli/enqueue_flags.ts';

function optionsOf(...flags: string[]) {
  const command = withEnqueueFlags(new Command().exitOverride());
  command.parse(flags, { from: 'user' });
  return enqueueOptionsOf(command.opts<EnqueueWords>());
}

describe('the flags of a run', () => {
  test('are the options of an enqueue', () => {
    expect(optionsOf('--delay', '5m', '--priority', '9', '--id', 'x', '--deadline', '1h', '--expiry', '2h')).toEqual({
      delay: '5m',
      priority: 9,
      id: 'x',
      deadline: '1h',
      expiry: '2h',
    });
  });

  test('are none where none is given', () => {
    expect(optionsOf()).toBeUndefined();
  });

  test.each([
    [['--unique'], {}],
    [['--unique-key', 'invoice:7'], { key: 'invoice:7' }],
    [
      ['--unique', 'debounce', '--unique-for', '5s', '--max-wait', '1m'],
      { mode: 'debounce', for: '5s', maxWait: '1m' },
    ],
  ])('name a unique key: %j', (flags, unique) => {
    expect(optionsOf(...flags)).toEqual({ unique });
  });

  test.each([
    [['--priority', '10'], '--priority'],
    [['--unique', 'onec'], '--unique'],
    [['--unique-for', '5s'], '--unique-for'],
    [['--max-wait', '5s'], '--max-wait'],
  ])('are refused by name: %j', (flags, field) => {
    expect(() => optionsOf(...flags)).toThrow(expect.objectContaining({ code: 'BAD_USAGE', field }));
  });
});
