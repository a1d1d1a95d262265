import { BYTES } from './costs.ts';
import { MEASURED } from './measured.ts';
import type { CapacityRequest } from './request.ts';

/** Bytes that the masters of a cell hold. */
export type Memory = {
  schedulesBytes: number;
  backlogBytes: number;
  historyBytes: number;
  dataBytes: number;
  /** Of the machine of one master: the data twice, for what a rewrite of the AOF copies and for fragmentation. */
  machineBytes: number;
};

/** Of a cell, by all its masters. */
export type Traffic = { aofBytesPerDay: number; receivedBytesPerSecond: number; sentBytesPerSecond: number };

const DAY_MS = 86_400_000;
const SPARE = 2;

export function memoryOf(
  request: CapacityRequest,
  { peakPerSecond, masters }: { peakPerSecond: number; masters: number },
): Memory {
  const extra = extraPayload(request);
  const schedulesBytes = request.schedules * (BYTES.schedule + extra);
  const backlogBytes = peakPerSecond * (request.backlogMs / 1_000) * (BYTES.waitingRun + extra);
  const entries = Math.min((request.runsPerDay * request.historyAgeMs) / DAY_MS, request.jobs * request.historyCount);
  const historyBytes = Math.min(entries * (BYTES.historyEntry + extra), request.jobs * request.historyBytes);
  const dataBytes = schedulesBytes + backlogBytes + historyBytes + masters * BYTES.base;
  return { schedulesBytes, backlogBytes, historyBytes, dataBytes, machineBytes: (SPARE * dataBytes) / masters };
}

/** At the peak, except for the AOF, which is of a whole day and before it is rewritten. */
export function trafficOf(
  request: CapacityRequest,
  { runsPerSecond, peakPerSecond }: { runsPerSecond: number; peakPerSecond: number },
): Traffic {
  const extra = extraPayload(request);
  const fired = request.schedules > 0 ? 1 : 0;
  return {
    aofBytesPerDay: runsPerSecond * 86_400 * (BYTES.aofRun + fired * BYTES.aofFire + 2 * extra),
    receivedBytesPerSecond: peakPerSecond * (BYTES.receivedRun + fired * BYTES.receivedFire + extra),
    sentBytesPerSecond: peakPerSecond * (BYTES.sentRun + fired * BYTES.sentFire + extra),
  };
}

/** Beyond what the measured payload had. */
function extraPayload({ payloadBytes }: CapacityRequest): number {
  return Math.max(0, payloadBytes - MEASURED.payloadBytes);
}
