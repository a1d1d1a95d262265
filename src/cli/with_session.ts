import type { Session } from './desk.ts';
import type { Counter } from './counter.ts';

/** Connects for the length of `work`. */
export async function withSession<T>({ desk, file }: Counter, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await desk.connect(file());
  try {
    return await work(session);
  } finally {
    session.close();
  }
}
