// Recovers the disks of a container in a directory store, with nothing but docs/object-format.md to go by.
//   node drva-reader.mjs DIR_CONTAINER OUT_DIR [LSN]
// Writes OUT_DIR/<vm>_<disk>.raw as of LSN (default: the end of the chain). Checks every checksum; any doubt is an error.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const [container, out, lsnText] = process.argv.slice(2);
const target = lsnText === undefined ? Infinity : Number(lsnText);
const WINDOW = 16, HEADER = 256, FOOTER = 64, MIB = 1 << 20;
const chainName = (n) => `chain/${String(n).padStart(16, '0')}`;
const must = (holds, object, what) => { if (!holds) throw new Error(`${object}: ${what}`); };
const u64 = (b, at) => { const v = Number(b.readBigUInt64BE(at)); must(v <= Number.MAX_SAFE_INTEGER, 'number', 'too large'); return v; };
const zeros = (b, from, to) => b.subarray(from, to).every((byte) => byte === 0);

const CRC = Uint32Array.from({ length: 256 }, (_, i) => { for (let k = 0; k < 8; k++) i = i & 1 ? (i >>> 1) ^ 0x82f63b78 : i >>> 1; return i; });
const crc32c = (b) => { let c = ~0; for (let i = 0; i < b.length; i++) c = CRC[(c ^ b[i]) & 255] ^ (c >>> 8); return ~c >>> 0; };

function lz4(src, rawLength, object) { // section 1: the LZ4 block format
  const dst = Buffer.alloc(rawLength);
  let i = 0, o = 0;
  const count = (n) => { if (n === 15) { let b; do { must(i < src.length, object, 'LZ4 block ends early'); b = src[i++]; n += b; } while (b === 255); } return n; };
  while (i < src.length) {
    const token = src[i++];
    let n = count(token >> 4);
    must(i + n <= src.length && o + n <= rawLength, object, 'LZ4 literals out of range');
    src.copy(dst, o, i, i + n);
    i += n; o += n;
    if (i === src.length) break;
    must(i + 2 <= src.length, object, 'LZ4 block ends early');
    const back = src.readUInt16LE(i);
    i += 2;
    n = count(token & 15) + 4;
    must(back > 0 && back <= o && o + n <= rawLength, object, 'LZ4 match out of range');
    for (const end = o + n; o < end; o++) dst[o] = dst[o - back];
  }
  must(o === rawLength, object, 'LZ4 block has another length');
  return dst;
}

function readObject(number) { // sections 4.1, 4.2, 4.4
  const name = chainName(number), b = fs.readFileSync(path.join(container, name));
  must(b.length >= HEADER + FOOTER && b.toString('latin1', 0, 8) === 'DRVACHN1', name, 'not a chain object');
  must(b.readUInt32BE(252) === crc32c(b.subarray(0, 252)), name, 'header checksum');
  must(b.readUInt16BE(8) === 1, name, 'version');
  const h = {
    name, kind: b[10], number: u64(b, 16), epoch: u64(b, 24), firstLsn: u64(b, 32), lastLsn: u64(b, 40), firstTime: u64(b, 48), lastTime: u64(b, 56),
    storedThrough: u64(b, 64), next: u64(b, 72), domain: b.toString('hex', 80, 96), previous: b.toString('hex', 96, 128),
    indexStored: b.readUInt32BE(140), indexRaw: b.readUInt32BE(144), dataAt: u64(b, 152), dataLength: u64(b, 160),
    records: b.readUInt32BE(168), chunks: b.readUInt32BE(172), disks: b.readUInt32BE(176), hosts: b.readUInt32BE(180), rawSum: u64(b, 192),
  };
  must(h.number === number && b[11] === 0 && zeros(b, 208, 252) && (h.kind === 1 ? zeros(b, 200, 208) : h.kind === 2), name, 'header');
  must(b.readUInt32BE(12) === HEADER && b.readUInt32BE(136) === HEADER && h.dataAt === HEADER + h.indexStored, name, 'offsets');
  must(u64(b, 128) === b.length && b.length === h.dataAt + h.dataLength + FOOTER && b.length <= 64 * MIB, name, 'length');
  must(h.records === h.lastLsn - h.firstLsn + 1 && h.records <= 65536 && h.indexRaw <= 8 * MIB, name, 'counts');
  must(h.next === number + 1 + (h.kind === 2 ? WINDOW : 0), name, 'next number');
  const stored = b.subarray(HEADER, h.dataAt), footer = b.subarray(b.length - FOOTER);
  must(crc32c(stored) === b.readUInt32BE(148), name, 'index checksum');
  h.digest = crypto.createHash('sha256').update(b.subarray(0, h.dataAt)).digest('hex');
  must(footer.toString('latin1', 0, 8) === 'DRVAEND1' && footer.readUInt32BE(60) === crc32c(footer.subarray(0, 60)), name, 'footer');
  must(u64(footer, 8) === number && u64(footer, 16) === b.length && footer.toString('hex', 24, 56) === h.digest && zeros(footer, 56, 60), name, 'footer');
  return { h, data: b.subarray(h.dataAt, h.dataAt + h.dataLength), index: h.indexStored === h.indexRaw ? stored : lz4(stored, h.indexRaw, name) };
}

const files = new Map(); // disk number -> { fd, capacity, end }: end is where written data ends, behind it the file is zeros
function apply({ h, data, index }) {
  let at = 0;
  const str = () => { const s = index.toString('utf8', at + 1, at + 1 + index[at]); at += 1 + index[at]; must(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(s), h.name, 'name'); return s; };
  const disks = [];
  for (let i = 0; i < h.disks; i++) {
    const disk = { number: index.readUInt32BE(at), sector: index.readUInt32BE(at + 4), capacity: u64(index, at + 8) };
    at += 17;
    disk.file = `${str()}_${str()}.raw`;
    disks.push(disk);
  }
  for (let i = 0; i < h.hosts; i++) { at += 24; str(); }
  const chunksAt = at, recordsAt = at + h.chunks * 32, chunks = [];
  must(recordsAt + h.records * 40 === index.length, h.name, 'index length');
  for (let i = 0, offset = 0, rawSum = 0; i < h.chunks; i++) {
    const c = chunksAt + i * 32, stored = index.readUInt32BE(c + 8), raw = index.readUInt32BE(c + 12), bytes = data.subarray(offset, offset + stored);
    must(u64(index, c) === offset && raw <= MIB && crc32c(bytes) === index.readUInt32BE(c + 16) && index[c + 20] <= 1, h.name, `chunk ${i}`);
    chunks.push({ disk: index.readUInt32BE(c + 24), raw: index[c + 20] === 1 ? lz4(bytes, raw, h.name) : bytes });
    must(chunks[i].raw.length === raw, h.name, `chunk ${i}`);
    offset += stored; rawSum += raw;
    if (i === h.chunks - 1) must(offset === data.length && rawSum === h.rawSum, h.name, 'chunks do not fill the data');
  }
  let time = h.firstTime;
  for (let i = 0; i < h.records; i++) {
    const r = recordsAt + i * 40, lsn = h.firstLsn + i, type = index[r + 36];
    must(type >= 1 && type <= 7 && u64(index, r + 8) >= time, h.name, `LSN ${lsn}`);
    time = u64(index, r + 8);
    if (lsn > target || type === 5 || type === 7) continue;
    const disk = disks[index.readUInt16BE(r + 32)], offset = u64(index, r), length = index.readUInt32BE(r + 16);
    let file = files.get(disk.number);
    if (type === 6) {
      if (!file) files.set(disk.number, file = { fd: fs.openSync(path.join(out, disk.file), 'wx'), capacity: 0, end: 0 });
      must(offset >= file.capacity, h.name, `LSN ${lsn}: the disk shrinks`);
      fs.ftruncateSync(file.fd, file.capacity = offset);
      continue;
    }
    must(file && length > 0 && offset % disk.sector === 0 && length % disk.sector === 0 && offset + length <= file.capacity, h.name, `LSN ${lsn}: extent`);
    if (type === 1 || type === 4) {
      const chunk = chunks[index.readUInt32BE(r + 20)], from = index.readUInt32BE(r + 24), bytes = chunk.raw.subarray(from, from + length);
      must(disks[chunk.disk] === disk && bytes.length === length && crc32c(bytes) === index.readUInt32BE(r + 28), h.name, `LSN ${lsn}: data`);
      must(fs.writeSync(file.fd, bytes, 0, length, offset) === length, h.name, 'short write');
      file.end = Math.max(file.end, offset + length);
    } else {
      const zero = Buffer.alloc(MIB), end = Math.min(offset + length, file.end);
      for (let p = offset; p < end; p += MIB) fs.writeSync(file.fd, zero, 0, Math.min(MIB, end - p), p);
    }
  }
  must(time === h.lastTime, h.name, 'last time');
}

const domain = fs.readFileSync(path.join(container, 'domain')); // section 3
must(domain.length === 512 && domain.toString('latin1', 0, 8) === 'DRVADOM1' && domain.readUInt32BE(508) === crc32c(domain.subarray(0, 508)), 'domain', 'descriptor');
must(domain.readUInt16BE(8) === 1 && domain.readUInt32BE(12) === WINDOW, 'domain', 'version or window');
fs.mkdirSync(out, { recursive: true });
let last = { epoch: 0, lastLsn: 0, lastTime: 0, digest: '0'.repeat(64) }, next = 1; // section 5
while (last.lastLsn < target && fs.existsSync(path.join(container, chainName(next)))) {
  const object = readObject(next), h = object.h;
  must(h.domain === domain.toString('hex', 16, 32) && h.previous === last.digest && h.firstLsn === last.lastLsn + 1, h.name, 'does not follow');
  must(h.epoch === last.epoch + (h.kind === 2 ? 1 : 0) && (h.kind === 2 || h.firstTime >= last.lastTime), h.name, 'epoch or time');
  if (h.kind === 1) apply(object);
  last = { ...h, lastTime: Math.max(h.lastTime, last.lastTime) };
  next = h.next;
}
const beyond = fs.existsSync(path.join(container, 'chain')) && fs.readdirSync(path.join(container, 'chain')).some((f) => Number(f) > next);
must(last.lastLsn >= target || (target === Infinity && !beyond), chainName(next), `missing; the chain is intact up to LSN ${last.lastLsn}`);
for (const file of files.values()) { fs.fsyncSync(file.fd); fs.closeSync(file.fd); }
console.log(`${files.size} disks at LSN ${Math.min(target, last.lastLsn)}`);
