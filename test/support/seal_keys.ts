import { randomBytes } from 'node:crypto';
import type { SealKey } from '../../src/core/seal.ts';

/** A fresh key. */
export function sealKey(id: string): SealKey {
  return { id, secret: randomBytes(32).toString('base64') };
}
