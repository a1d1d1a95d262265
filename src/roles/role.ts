export type Role = 'scheduler' | 'worker' | 'api';

/** `dev`: for a person who edits jobs. `start`: for a process manager. */
export type Manners = 'dev' | 'start';
