/** Lines of many series as bytes. They are kept, in spans, and only spans with a line that changed are made anew. */
export type Sheet = {
  /** The text of each row, in order, as bytes that nobody writes to again. A `textOf` that answers the same string is cheap. */
  write<Row>(rows: readonly Row[], textOf: (row: Row) => string): readonly Buffer[];
};

/** Small enough that little is made anew for one line, and large enough that the socket gets few pieces. */
const SPAN_CHARACTERS = 32_768;

/** @param rowCharacters about how long a row is */
export function createSheet(rowCharacters: number): Sheet {
  const perSpan = Math.max(1, Math.floor(SPAN_CHARACTERS / rowCharacters));
  const lines: string[] = [];
  const spans: (Buffer | undefined)[] = [];
  const truncate = (length: number): void => {
    lines.length = length;
    spans.length = Math.ceil(length / perSpan);
    if (spans.length > 0) spans[spans.length - 1] = undefined;
  };
  return {
    write(rows, textOf) {
      if (rows.length < lines.length) truncate(rows.length);
      for (let i = 0; i < rows.length; i += 1) {
        const line = textOf(rows[i] as (typeof rows)[number]);
        if (lines[i] === line) continue;
        lines[i] = line;
        spans[Math.floor(i / perSpan)] = undefined;
      }
      return Array.from(
        { length: Math.ceil(lines.length / perSpan) },
        (_, i) => (spans[i] ??= Buffer.from(lines.slice(i * perSpan, (i + 1) * perSpan).join(''))),
      );
    },
  };
}
