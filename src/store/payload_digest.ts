import { createHash } from 'node:crypto';

/** 132 bits of SHA-256 as text: two payloads never share it by chance, nor by intent. */
export function digestText(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
