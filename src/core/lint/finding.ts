/** What `belfry lint` looks for. The names are stable: scripts match them. */
export const LINT_RULES = {
  'broken-file': 'a job file that gives no job',
  'unplannable-schedule': 'a schedule whose fire times cannot be worked out',
  'never-fires': 'a schedule without fire times to come, or with none outside of its own blackouts',
  'minute-over-budget': 'a minute in which more schedules fire than the budget allows',
  'missing-owner': 'a job without an owner, where one is required',
  'both-day-fields': 'a cron expression that fires on days that match either of its two day fields',
  'clock-change': 'fire times that the next changes of the clock move, skip or repeat',
  'missing-timeout': 'a schedule whose runs wait for each other, without a timeout',
  'dense-catch-up': 'a schedule that would catch up on very many fire times',
  'deadline-below-delay': 'a start deadline that jitter and window can pass by themselves',
  'same-fairness-key': 'a fairness key that is the same for every run of its job',
  'shared-limit-differs': 'a key that several jobs share, with different limits',
  'shared-key-spans-shards': 'a limited key that jobs of different shards share',
} as const;

export type LintRule = keyof typeof LINT_RULES;

/** How the fire times of one job could be spread. */
export type SpreadProposal = {
  job: string;
  /** Cron text with `H`, where that keeps the rest of the schedule. */
  cron: string | undefined;
  /** A `window` in the words of a job file. */
  window: string | undefined;
};

/** An error keeps a job from running as its file says; a warning is worth a look. */
export type LintFinding = {
  rule: LintRule;
  level: 'error' | 'warning';
  /** The job, and the field of its file (such as `schedule.cron`); undefined where it is about several. */
  job: string | undefined;
  field: string | undefined;
  says: string;
  hint: string;
  proposals?: SpreadProposal[];
};
