import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { BelfryError } from '../core/errors.ts';

/**
 * Lets a request pass that shows the token as `Authorization: Bearer …`. Throws UNAUTHENTICATED for another one, and
 * FORBIDDEN for all where no token is set. The comparison takes as long wherever two tokens differ.
 */
export function createAuthorize(token: string | undefined): (request: FastifyRequest) => void {
  if (token === undefined) {
    return () => {
      throw new BelfryError('FORBIDDEN', 'the API is closed: no token is set', {
        hint: 'set BELFRY_API_TOKEN (or BELFRY_API_TOKEN_FILE) and show it as `Authorization: Bearer TOKEN`',
      });
    };
  }
  const wanted = digestOf(token);
  return ({ headers }) => {
    const shown = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    if (timingSafeEqual(digestOf(shown), wanted)) return;
    throw new BelfryError('UNAUTHENTICATED', 'the request shows no token, or another one', {
      hint: 'Authorization: Bearer TOKEN, with the value of BELFRY_API_TOKEN',
    });
  };
}

/** Of one length, whatever was shown. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
