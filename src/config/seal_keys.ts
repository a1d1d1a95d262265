import { BelfryError } from '../core/errors.ts';
import type { SealKey, SealKeys } from '../core/seal.ts';
import { secretFrom } from './environment.ts';

/** Of AES-256; a key for HMAC-SHA-256 may be longer. */
const KEY_BYTES = 32;
const FORM = 'id:key,id:key, newest first, with each key the answer of: openssl rand -base64 32';

/**
 * The keys that payloads are encrypted and signed with, from BELFRY_PAYLOAD_KEYS and BELFRY_SIGNING_KEYS or their files.
 * @throws BelfryError BAD_CONFIG, which never shows a key.
 */
export function readSealKeys(variables: ReadonlyMap<string, string>, requireSigned: 'yes' | 'no'): SealKeys {
  const payload = secretFrom(variables, 'BELFRY_PAYLOAD_KEYS');
  const signing = secretFrom(variables, 'BELFRY_SIGNING_KEYS');
  return checkSealKeys({
    payload: payload === undefined ? [] : parsePayloadKeys(payload.value, payload.place),
    signing: signing === undefined ? [] : parseSigningKeys(signing.value, signing.place),
    signatures: requireSigned === 'yes' ? 'required' : 'optional',
  });
}

/** Throws BAD_CONFIG where signatures are required of which none can be verified. */
export function checkSealKeys(keys: SealKeys): SealKeys {
  if (keys.signatures === 'optional' || keys.signing.length > 0) return keys;
  throw new BelfryError('BAD_CONFIG', 'signatures are required, and there is no key to verify them with', {
    field: 'BELFRY_SIGNING_KEYS',
    hint: 'set BELFRY_SIGNING_KEYS, or unset BELFRY_REQUIRE_SIGNED',
  });
}

export function parsePayloadKeys(text: string, place: string): SealKey[] {
  return parseKeys(text, place, (bytes) => bytes === KEY_BYTES);
}

export function parseSigningKeys(text: string, place: string): SealKey[] {
  return parseKeys(text, place, (bytes) => bytes >= KEY_BYTES);
}

function parseKeys(text: string, place: string, isLength: (bytes: number) => boolean): SealKey[] {
  const keys = text
    .split(/[,\s]+/)
    .filter((part) => part !== '')
    .map((part, i) => {
      const colon = part.indexOf(':');
      const id = part.slice(0, Math.max(0, colon));
      const secret = part.slice(colon + 1);
      const where = `${place}: key ${String(i + 1)}`;
      if (!/^[A-Za-z0-9_-]{1,20}$/.test(id))
        throw refused(place, `${where} has no id of 1 to 20 letters, digits, _ or -`);
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret)) throw refused(place, `${where}, ${id}, is not base64`);
      const bytes = Buffer.from(secret, 'base64').length;
      if (!isLength(bytes))
        throw refused(place, `${where}, ${id}, has ${String(bytes)} bytes instead of ${String(KEY_BYTES)}`);
      return { id, secret };
    });
  const twice = keys.find(({ id }, i) => keys.findIndex((other) => other.id === id) !== i);
  if (twice !== undefined) throw refused(place, `${place} has two keys with the id ${twice.id}`);
  if (keys.length === 0) throw refused(place, `${place} has no key`);
  return keys;
}

function refused(place: string, what: string): BelfryError {
  return new BelfryError('BAD_CONFIG', what, { field: place, hint: FORM });
}
