import { countRestart, type Member, type Restart } from '../core/restart/restart.ts';
import type { EpochMs } from '../core/time/units.ts';

const isoOf = (at: EpochMs | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** A restart in waves as the API and `--json` answer it: times are ISO 8601, null where there is none. */
export function restartJson(restart: Restart) {
  const { id, by, note, status, beganAt, updatedAt, terms, members } = restart;
  const { olderThan = null, deployment = null, ...rest } = terms;
  return {
    id,
    by,
    note: note ?? null,
    status,
    beganAt: isoOf(beganAt),
    updatedAt: isoOf(updatedAt),
    terms: { ...rest, versionOlderThan: olderThan, deployment },
    counts: countRestart(restart),
    processes: members.map(memberJson),
  };
}

function memberJson(member: Member) {
  return {
    process: member.process,
    workers: member.workers,
    part: member.part,
    toldAt: isoOf(member.toldAt),
    goneAt: isoOf(member.goneAt),
    replaced: member.isReplaced === true,
    failure: member.failure ?? null,
  };
}
