import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { packExtras, unpackExtras, type Extras } from '../core/extras.ts';
import type { Run } from '../core/run.ts';
import { jobOf } from '../core/schedule_id.ts';
import {
  RefusedRunError,
  scheduleSubject,
  subjectOf,
  subjectsOf,
  type Envelope,
  type Seal,
  type Sealed,
  type SealKey,
  type SealKeys,
} from '../core/seal.ts';

/** AES-256-GCM with a random nonce (NIST SP 800-38D): 2^32 payloads a key at the most, so rotate long before. */
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The seal of a process. An encrypted payload is stored as a JSON string: base64 of nonce, ciphertext and tag, with
 * subject and job as additional data. A signature is `<key id>.<HMAC-SHA-256, base64url>` over subject, job, deadline,
 * payload key and the payload as it is stored.
 */
export function createSeal(keys: SealKeys): Seal {
  const payloadKeys = secretsOf(keys.payload);
  const signingKeys = secretsOf(keys.signing);
  const [payloadKey] = keys.payload;
  const [signingKey] = keys.signing;
  const ring: Ring = { payloadKeys, signingKeys };

  const scheduled = (schedule: string, payloadJson: string): string =>
    signedText({ subject: scheduleSubject(schedule), job: jobOf(schedule), deadline: undefined, payloadJson });

  const sign = (text: string): string | undefined =>
    signingKey === undefined ? undefined : `${signingKey.id}.${macOf(signingKeys.get(signingKey.id) as Buffer, text)}`;

  const close = (envelope: Envelope, key: SealKey | undefined): Sealed => {
    const payloadJson = key === undefined ? envelope.payloadJson : encrypt(payloadKeys.get(key.id) as Buffer, envelope);
    const signature = sign(signedText({ ...envelope, payloadJson }, key?.id));
    return {
      payloadJson,
      ...(key === undefined ? {} : { encrypted: key.id }),
      ...(signature === undefined ? {} : { signature }),
    };
  };

  return {
    closes: payloadKey !== undefined || signingKey !== undefined,
    signs: signingKey !== undefined,
    close: (envelope) => close(envelope, payloadKey),
    signSchedule: (schedule, payloadJson) => sign(scheduled(schedule, payloadJson)),
    vouchesFor: (schedule, payloadJson, signature = '') => isValid(ring, signature, scheduled(schedule, payloadJson)),
    open(run) {
      if (run.extras === '' && keys.signatures === 'optional') return run.payloadJson;
      const extras = unpackExtras(run.extras);
      if (keys.signatures === 'required') verify(ring, run, extras);
      return extras.encrypted === undefined ? run.payloadJson : decrypt(ring, run, extras);
    },
    decrypt: (run) => decrypt(ring, run, unpackExtras(run.extras)),
    reseal(run, newId) {
      const extras = unpackExtras(run.extras);
      const { encrypted, signature, origin: _, notes: __, ...rest } = extras;
      if (signature !== undefined || keys.signatures === 'required') verify(ring, run, extras);
      if (encrypted === undefined && signature === undefined) return run;
      const payloadJson = encrypted === undefined ? run.payloadJson : decrypt(ring, run, extras);
      const envelope = { subject: subjectOf(newId, rest), job: run.job, deadline: rest.deadline, payloadJson };
      const sealed = close(envelope, encrypted === undefined ? undefined : payloadKey);
      const kept = signature === undefined ? {} : { signature: sealed.signature as string };
      const again = sealed.encrypted === undefined ? {} : { encrypted: sealed.encrypted };
      return { extras: packExtras({ ...rest, ...again, ...kept }), payloadJson: sealed.payloadJson };
    },
  };
}

type Ring = { payloadKeys: ReadonlyMap<string, Buffer>; signingKeys: ReadonlyMap<string, Buffer> };

function secretsOf(keys: readonly SealKey[]): Map<string, Buffer> {
  return new Map(keys.map(({ id, secret }) => [id, Buffer.from(secret, 'base64')]));
}

function signedText({ subject, job, deadline, payloadJson }: Envelope, payloadKey = ''): string {
  return `belfry\n${subject}\n${job}\n${deadline ?? ''}\n${payloadKey}\n${payloadJson}`;
}

function macOf(secret: Buffer, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}

function verify(ring: Ring, { id, job, payloadJson }: Run, extras: Extras): void {
  const { signature, encrypted, deadline } = extras;
  if (signature === undefined) {
    throw new RefusedRunError(
      'unsigned',
      `run ${id} is not signed`,
      'every process that enqueues or registers needs BELFRY_SIGNING_KEYS before BELFRY_REQUIRE_SIGNED is set',
    );
  }
  const keyId = keyIdOf(signature);
  if (!ring.signingKeys.has(keyId)) {
    throw new RefusedRunError(
      'unknown_signing_key',
      `run ${id} is signed with the key ${keyId.slice(0, 40)}, which this process does not have`,
      'add the key to BELFRY_SIGNING_KEYS and retry the run',
    );
  }
  for (const subject of subjectsOf({ id, job }, extras)) {
    if (isValid(ring, signature, signedText({ subject, job, deadline, payloadJson }, encrypted))) return;
  }
  throw new RefusedRunError(
    'bad_signature',
    `run ${id} was changed, or made by somebody without the signing key`,
    'find out who can write to this Redis',
  );
}

function keyIdOf(signature: string): string {
  return signature.slice(0, signature.indexOf('.'));
}

function isValid({ signingKeys }: Ring, signature: string, text: string): boolean {
  const keyId = keyIdOf(signature);
  const secret = signingKeys.get(keyId);
  if (secret === undefined) return false;
  const expected = Buffer.from(macOf(secret, text));
  const given = Buffer.from(signature.slice(keyId.length + 1));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function encrypt(secret: Buffer, { subject, job, payloadJson }: Envelope): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret, nonce).setAAD(additionalData(subject, job));
  const sealed = Buffer.concat([nonce, cipher.update(payloadJson, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `"${sealed.toString('base64')}"`;
}

function decrypt({ payloadKeys }: Ring, { id, job, payloadJson }: Run, extras: Extras): string {
  const keyId = extras.encrypted as string;
  const secret = payloadKeys.get(keyId);
  if (secret === undefined) {
    throw new RefusedRunError(
      'no_payload_key',
      `the payload of run ${id} is encrypted with the key ${keyId.slice(0, 40)}, which this process does not have`,
      'add the key to BELFRY_PAYLOAD_KEYS and retry the run',
    );
  }
  for (const subject of subjectsOf({ id, job }, extras)) {
    const opened = decryptAs(secret, { subject, job, payloadJson });
    if (opened !== undefined) return opened;
  }
  throw new RefusedRunError(
    'bad_payload',
    `the payload of run ${id} cannot be decrypted: it was changed, or moved from another run`,
    'find out who can write to this Redis, and whether another secret has the same key id',
  );
}

/** Undefined for what was not encrypted so, whatever is wrong with it. */
function decryptAs(secret: Buffer, { subject, job, payloadJson }: Omit<Envelope, 'deadline'>): string | undefined {
  try {
    const sealed = Buffer.from(JSON.parse(payloadJson) as string, 'base64');
    const tagAt = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, secret, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(additionalData(subject, job)).setAuthTag(sealed.subarray(tagAt));
    return decipher.update(sealed.subarray(NONCE_BYTES, tagAt), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

function additionalData(subject: string, job: string): Buffer {
  return Buffer.from(`${subject}|${job}`);
}
