// @ts-check
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const FILE_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * Reads one file of a zip archive: a bare system has tar, but no unzip. Offsets are those of PKWARE's APPNOTE.TXT
 * 4.3.7, 4.3.12 and 4.3.16; no Zip64, no encryption.
 * @param {Buffer} zip the whole archive
 * @param {string} name
 * @returns {Buffer}
 */
export function readZipEntry(zip, name) {
  const entry = entriesOf(zip).find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`the archive has no ${name}`);
  const { method, packedBytes, offset } = entry;
  if (zip.readUInt32LE(offset) !== FILE_HEADER) throw new Error(`the archive has no file at the place of ${name}`);
  const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
  const packed = zip.subarray(start, start + packedBytes);
  if (method === STORED) return packed;
  if (method === DEFLATED) return inflateRawSync(packed);
  throw new Error(`${name} is packed by method ${String(method)}, which is not read here`);
}

/** The central directory, which stands at the end. @param {Buffer} zip */
function entriesOf(zip) {
  const end = zip.lastIndexOf(Buffer.from(Uint32Array.of(END_OF_DIRECTORY).buffer));
  if (end === -1) throw new Error('this is no zip archive');
  const entries = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error('the directory of the archive is broken');
    const nameBytes = zip.readUInt16LE(at + 28);
    entries.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameBytes),
      method: zip.readUInt16LE(at + 10),
      packedBytes: zip.readUInt32LE(at + 20),
      offset: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}
