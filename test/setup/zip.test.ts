import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readZipEntry } from '../../scripts/setup/zip.mjs';

type Entry = { name: string; body: string; method: 0 | 8 | 12; extra?: string };

/** The parts of PKWARE's APPNOTE.TXT that count, with an extra field whose length differs in header and directory. */
function zipOf(entries: readonly Entry[], comment = ''): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, body, method, extra = '' } of entries) {
    const packed = method === 8 ? deflateRawSync(body) : Buffer.from(body);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    header.writeUInt16LE(extra.length, 28);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(method, 10);
    record.writeUInt32LE(packed.length, 20);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt16LE(extra.length + 1, 30);
    record.writeUInt32LE(offset, 42);
    files.push(header, Buffer.from(name + extra), packed);
    directory.push(record, Buffer.from(`${name}${extra}+`));
    offset += 30 + name.length + extra.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...files, ...directory, end, Buffer.from(comment)]);
}

const zip = zipOf(
  [
    { name: 'a/', body: '', method: 0 },
    { name: 'a/stored', body: 'as it is', method: 0, extra: 'times' },
    { name: 'a/packed', body: 'again and again '.repeat(1_000), method: 8, extra: 'xx' },
    { name: 'a/odd', body: '', method: 12 },
  ],
  'a comment at the end',
);

test('a file of a zip archive is read whether it is stored or packed', () => {
  expect(readZipEntry(zip, 'a/stored').toString()).toBe('as it is');
  expect(readZipEntry(zip, 'a/packed').toString()).toBe('again and again '.repeat(1_000));
});

test('what cannot be read is said', () => {
  expect(() => readZipEntry(zip, 'a/none')).toThrow('the archive has no a/none');
  expect(() => readZipEntry(zip, 'a/odd')).toThrow('a/odd is packed by method 12');
  expect(() => readZipEntry(Buffer.from('<html>not found</html>'), 'a')).toThrow('this is no zip archive');
});
