/** A reply of Redis, protocol version 2. */
export type Reply = string | number | null | Reply[];

/** The reply that begins at `start`, and where it ends; undefined while it is incomplete. An error reply is a value. */
export function readReply(bytes: Buffer, start: number): { value: Reply | Error; end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const kind = String.fromCharCode(bytes[start] ?? 0);
  if (kind === '+') return { value: line, end: lineEnd + 2 };
  if (kind === '-') return { value: new Error(line), end: lineEnd + 2 };
  if (kind === ':') return { value: Number(line), end: lineEnd + 2 };
  const size = Number(line);
  if (size < 0) return { value: null, end: lineEnd + 2 };
  if (kind === '$') {
    const end = lineEnd + 2 + size;
    return bytes.length < end + 2 ? undefined : { value: bytes.toString('utf8', lineEnd + 2, end), end: end + 2 };
  }
  const items: Reply[] = [];
  let end = lineEnd + 2;
  while (items.length < size) {
    const item = readReply(bytes, end);
    if (item === undefined) return undefined;
    items.push(item.value instanceof Error ? item.value.message : item.value);
    end = item.end;
  }
  return { value: items, end };
}
