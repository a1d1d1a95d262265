import type { Api } from '../api/server.ts';
import { BelfryError } from '../core/errors.ts';

export type Listening = {
  host: string;
  port: number;
  /** `next-free`: a taken port is passed over, and `onTaken` told; for a person at a terminal. */
  whenTaken: 'fail' | 'next-free';
  onTaken: (port: number) => void;
};

const PORTS_TRIED = 20;

/** Listens, and answers the URL. Throws BAD_CONFIG with the field `port` when no port could be had. */
export async function listen(api: Pick<Api, 'listen'>, { host, port, whenTaken, onTaken }: Listening): Promise<string> {
  const last = whenTaken === 'fail' || port === 0 ? port : Math.min(port + PORTS_TRIED, 65_535);
  for (let candidate = port; ; candidate += 1) {
    try {
      return await api.listen(host, candidate);
    } catch (error) {
      const isTaken = error instanceof BelfryError && error.field === 'port' && candidate < last;
      if (!isTaken) throw error;
      onTaken(candidate);
    }
  }
}
