import { createConnection, type Socket } from 'node:net';

/** What a server answers to one statement. */
type Answer = { rows: Record<string, string | null>[]; error: Error | undefined };
type Waiting = { resolve(rows: Answer['rows']): void; reject(error: Error): void };

/** One connection to PostgreSQL. */
export type WireConnection = {
  query(sql: string, params?: readonly string[]): Promise<Record<string, string | null>[]>;
  end(): void;
};

const PROTOCOL = 196_608; // 3.0

/**
 * As much of PostgreSQL's protocol (documentation, chapter 55) as a test needs: a trusted user over a unix socket,
 * statements with text parameters, rows as text.
 */
export async function connectWire(path: string, user: string): Promise<WireConnection> {
  const socket = createConnection(path);
  const waiting: Waiting[] = [];
  let answer: Answer = { rows: [], error: undefined };
  let columns: string[] = [];

  const next = (): Promise<Answer['rows']> => new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  const receive: Record<string, (body: Buffer) => void> = {
    T: (body) => (columns = readColumns(body)),
    D: (body) => answer.rows.push(readRow(body, columns)),
    E: (body) => (answer.error = readError(body)),
    Z: () => {
      const { rows, error } = answer;
      answer = { rows: [], error: undefined };
      const call = waiting.shift();
      if (error === undefined) call?.resolve(rows);
      else call?.reject(error);
    },
  };
  readMessages(socket, (kind, body) => receive[kind]?.(body));
  socket.on('error', (error) => waiting.splice(0).forEach(({ reject }) => reject(error)));
  socket.on('close', () => waiting.splice(0).forEach(({ reject }) => reject(new Error('the connection was closed'))));

  const ready = next();
  const startup = Buffer.concat([
    int32(PROTOCOL),
    text('user'),
    text(user),
    text('database'),
    text('postgres'),
    Buffer.of(0),
  ]);
  socket.write(Buffer.concat([int32(startup.length + 4), startup]));
  await ready;
  return {
    query(sql, params = []) {
      const values = params.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]);
      const bind = [text(''), text(''), int16(0), int16(params.length), ...values, int16(0)];
      socket.write(
        Buffer.concat([
          message('P', [text(''), text(sql), int16(0)]),
          message('B', bind),
          message('D', [Buffer.from('P'), text('')]),
          message('E', [text(''), int32(0)]),
          message('S', []),
        ]),
      );
      return next();
    },
    end: () => socket.destroy(),
  };
}

function readMessages(socket: Socket, receive: (kind: string, body: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      receive(rest.toString('latin1', 0, 1), rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  });
}

function readColumns(body: Buffer): string[] {
  const names: string[] = [];
  let at = 2;
  for (let i = 0; i < body.readInt16BE(0); i += 1) {
    const end = body.indexOf(0, at);
    names.push(body.toString('utf8', at, end));
    at = end + 19;
  }
  return names;
}

function readRow(body: Buffer, columns: string[]): Record<string, string | null> {
  let at = 2;
  return Object.fromEntries(
    columns.map((name) => {
      const length = body.readInt32BE(at);
      at += 4 + Math.max(0, length);
      return [name, length < 0 ? null : body.toString('utf8', at - length, at)];
    }),
  );
}

function readError(body: Buffer): Error {
  const fields = body.toString('utf8').split('\0');
  return new Error(fields.find((field) => field.startsWith('M'))?.slice(1) ?? 'an error of PostgreSQL');
}

function message(kind: string, parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}
