import { BelfryError } from './errors.ts';
import { packExtras, unpackExtras, type Extras } from './extras.ts';
import { packBody, scheduleOf, type Run } from './run.ts';
import type { EpochMs } from './time/units.ts';

/** A key by its id; the secret as base64, and never anywhere but in the memory of a process that was given it. */
export type SealKey = { readonly id: string; readonly secret: string };

export type SealKeys = {
  /** AES-256 keys of 32 bytes. The first encrypts, all decrypt. */
  readonly payload: readonly SealKey[];
  /** HMAC keys of 32 bytes or more. The first signs, all verify. */
  readonly signing: readonly SealKey[];
  /** `required`: a worker refuses a run without a valid signature. */
  readonly signatures: 'optional' | 'required';
};

export const NO_SEAL_KEYS: SealKeys = { payload: [], signing: [], signatures: 'optional' };

/** Why a run was refused; the label of `belfry_refused_runs_total`. */
export const REFUSALS = ['unsigned', 'unknown_signing_key', 'bad_signature', 'no_payload_key', 'bad_payload'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** A run whose payload must not or cannot be used. Its code is FORGED or PAYLOAD_KEY_MISSING. */
export class RefusedRunError extends BelfryError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string, hint: string) {
    super(refusal === 'no_payload_key' ? 'PAYLOAD_KEY_MISSING' : 'FORGED', message, { field: 'payload', hint });
    this.name = 'RefusedRunError';
    this.refusal = refusal;
  }
}

/** What encryption and signature are bound to. None of the first three holds a line break, so the parts cannot run into each other. */
export type Envelope = {
  /** See subjectOf. */
  subject: string;
  job: string;
  deadline: EpochMs | undefined;
  payloadJson: string;
};

export type Sealed = { payloadJson: string; encrypted?: string; signature?: string };

/** Encrypts, signs, verifies and decrypts payloads with the keys of this process. */
export type Seal = {
  /** Whether new runs are encrypted or signed here. */
  readonly closes: boolean;
  readonly signs: boolean;
  close(envelope: Envelope): Sealed;
  /** Signs the payload of a schedule's runs; undefined without a signing key. The same payload has the same signature. */
  signSchedule(schedule: string, payloadJson: string): string | undefined;
  /** Whether a signature of a schedule's payload is one of `signSchedule`, with any of the keys. */
  vouchesFor(schedule: string, payloadJson: string, signature: string | undefined): boolean;
  /** JSON of the payload. Throws RefusedRunError. */
  open(run: Run): string;
  /** JSON of the payload of an encrypted run, whether or not it is signed. Throws RefusedRunError. */
  decrypt(run: Run): string;
  /** A stored run for a new id of its own. What was not signed stays so: no retry makes a forged run a signed one. Throws RefusedRunError. */
  reseal(run: Run, newId: string): Pick<Run, 'extras' | 'payloadJson'>;
};

type Bound = Pick<Extras, 'unique' | 'origin'>;

/**
 * What a run's seal is bound to, so that it cannot be moved to another: the id that it had from the beginning, which is
 * what idempotency keys begin with; or its unique key, whose holder takes over the payload of the next.
 */
export function subjectOf(id: string, { unique, origin = id }: Bound): string {
  return unique === undefined ? `run ${origin}` : `key ${unique}`;
}

/** The runs of a schedule share a signature, which is made before their fire times are known. */
export function scheduleSubject(schedule: string): string {
  return `schedule ${schedule}`;
}

/**
 * What the seal of a stored run may be bound to. A run of a schedule may have taken over the payload of an enqueued one,
 * and a run that follows other jobs has the payload that its job was registered with.
 */
export function subjectsOf({ id, job }: Pick<Run, 'id' | 'job'>, extras: Bound): string[] {
  const schedule = scheduleOf(extras.origin ?? id);
  return schedule === undefined
    ? [subjectOf(id, extras), scheduleSubject(job)]
    : [scheduleSubject(schedule), ...(extras.unique === undefined ? [] : [subjectOf(id, extras)])];
}

/** What follows the head of a scheduled run: its payload, with the signature of its schedule in front where there is one. */
export function scheduledBody({
  signature,
  payloadJson,
}: {
  signature: string | undefined;
  payloadJson: string;
}): string {
  return signature === undefined ? payloadJson : packBody({ extras: packExtras({ signature }), payloadJson });
}

/** Extras and payload of a new run as they are stored. */
export function sealRun(
  seal: Pick<Seal, 'close'>,
  { id, job, extras }: { id: string; job: string; extras: Extras },
  payloadJson: string,
): { extras: string; payloadJson: string } {
  const sealed = seal.close({ subject: subjectOf(id, extras), job, deadline: extras.deadline, payloadJson });
  const { encrypted, signature } = sealed;
  return { extras: packExtras({ ...extras, ...defined({ encrypted, signature }) }), payloadJson: sealed.payloadJson };
}

/** Id of the key that a stored payload is encrypted with, or undefined. */
export function encryptedWith({ extras }: Pick<Run, 'extras'>): string | undefined {
  return extras === '' ? undefined : unpackExtras(extras).encrypted;
}

function defined(values: { encrypted: string | undefined; signature: string | undefined }): Partial<Extras> {
  return {
    ...(values.encrypted === undefined ? {} : { encrypted: values.encrypted }),
    ...(values.signature === undefined ? {} : { signature: values.signature }),
  };
}
