import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readReply, type Reply } from './resp.ts';

export type Call = (...words: (string | number)[]) => Promise<Reply>;

/** Opens a connection to the Redis that Belfry runs on, hands its `call` to `work`, and closes it. RESP 2, pipelined. */
export async function withRedis<T>(work: (call: Call) => Promise<T>, signal: AbortSignal): Promise<T> {
  const { socket, login } = openSocket();
  const waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  const fail = (error: Error): void => waiting.splice(0).forEach(({ reject }) => reject(error));
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let found = readReply(received, 0); found !== undefined; found = readReply(received, 0)) {
      received = received.subarray(found.end);
      const call = waiting.shift();
      if (found.value instanceof Error) call?.reject(found.value);
      else call?.resolve(found.value);
    }
  });
  socket.on('error', fail).on('close', () => fail(new Error('Redis closed the connection')));
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  const call: Call = (...words) => {
    const bulks = words.map(String).map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${bulks.join('')}`);
    return new Promise((resolve, reject) =>
      socket.destroyed ? reject(new Error('no connection')) : waiting.push({ resolve, reject }),
    );
  };
  try {
    if (login.length > 0) await call('AUTH', ...login);
    return await work(call);
  } finally {
    socket.destroy();
  }
}

function openSocket(): { socket: Socket; login: string[] } {
  const address = process.env['BELFRY_REDIS_SOCKET'] ?? process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
  const secret = process.env['REDIS_PASSWORD'] ?? '';
  const fallback = secret === '' ? [] : [secret];
  if (address.startsWith('/')) return { socket: connect(address), login: fallback };
  const { protocol, hostname, port, pathname, username, password } = new URL(address);
  const login = password === '' ? fallback : [username, password].filter((word) => word !== '').map(decodeURIComponent);
  if (protocol === 'unix:') return { socket: connect(pathname), login };
  if (!/^rediss?:$/.test(protocol))
    throw new Error(`this job needs one Redis address, and REDIS_URL is ${protocol}//…`);
  const target = { host: hostname, port: Number(port || 6379) };
  return { socket: protocol === 'rediss:' ? connectTls(target) : connect(target), login };
}
