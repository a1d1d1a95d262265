import { packExtras, unpackExtras } from '../core/extras.ts';
import type { Run } from '../core/run.ts';
import { RefusedRunError, type Seal } from '../core/seal.ts';

/**
 * The run with its payload in clear, where this process has the key; else as it is stored. Whether it is still
 * encrypted is told by `encryptedWith`. Signatures are the workers' business: a forged run can be looked at.
 */
export function revealed(seal: Pick<Seal, 'decrypt'>, run: Run): Run {
  if (run.extras === '') return run;
  const { encrypted, ...extras } = unpackExtras(run.extras);
  if (encrypted === undefined) return run;
  try {
    return { ...run, payloadJson: seal.decrypt(run), extras: packExtras(extras) };
  } catch (error) {
    if (error instanceof RefusedRunError) return run;
    throw error;
  }
}
