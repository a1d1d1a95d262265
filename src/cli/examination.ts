/** What `doctor` looked at and what it found. An error is something that keeps runs from starting. */
export type Finding = { level: 'ok' | 'warning' | 'error'; check: string; says: string; hint?: string };

export type Examination = { config: [name: string, value: string][]; findings: Finding[] };
