import { connect } from 'node:net';

/** `absent`: nobody listens; `mute`: connected, but no answer in time; `loading`: it reads its AOF; `up`: it takes commands. */
export type ServerState = 'absent' | 'mute' | 'loading' | 'up';

/** Asks the server behind a unix socket how it does. Never throws. */
export async function probeServer(socket: string, timeoutMs: number): Promise<ServerState> {
  const { connected, answer } = await ask(socket, 'PING', timeoutMs);
  if (answer?.startsWith('+PONG') === true) return 'up';
  if (answer?.startsWith('-LOADING') === true) return 'loading';
  return connected ? 'mute' : 'absent';
}

/** Sends SHUTDOWN and waits for the connection to close, which is when the process ends. */
export async function shutDownServer(socket: string, timeoutMs: number): Promise<'down' | 'refused'> {
  const { answer } = await ask(socket, 'SHUTDOWN', timeoutMs);
  return answer === '' ? 'down' : 'refused';
}

/** The first bytes of an answer; empty when the connection was closed instead, undefined when nothing came in time. */
type Answer = { connected: boolean; answer: string | undefined };

function ask(socket: string, command: string, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const connection = connect({ path: socket });
    let connected = false;
    const settle = (answer: string | undefined): void => {
      clearTimeout(timer);
      connection.destroy();
      resolve({ connected, answer });
    };
    const timer = setTimeout(settle, timeoutMs, undefined);
    connection.once('connect', () => {
      connected = true;
      connection.write(`${command}\r\n`);
    });
    connection.once('data', (bytes) => {
      settle(bytes.toString());
    });
    connection.once('close', () => {
      settle('');
    });
    // An error is followed by `close`.
    connection.on('error', () => undefined);
  });
}
