// A verifier of bundles in another language, from docs/spec/ alone: no packages, Node 18 or newer.
//
//   node verify_claimledger.mjs BUNDLE.zip [LEDGER_ID]        prints {"status", "codes", "findings"} as JSON
//
// It is kept as a test: where it, verify_claimledger.py and the library disagree about a bundle, the specification is not enough.
// ML-DSA-44 is checked where this Node has it; elsewhere the line must be there, and `remarks` says that it was not checked.

import { createHash, createPublicKey, verify as cryptoVerify } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as zlib from 'node:zlib';

class Malformed extends Error {}
class Unknown extends Error {}
class Stop extends Error {
  constructor(code, what = '') {
    super(what);
    this.code = code;
  }
}

const require = (holds, what = 'not of its form') => {
  if (!holds) throw new Malformed(what);
};
const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const hex = (bytes) => bytes.toString('hex');
const isHex = (value, length = 64) => typeof value === 'string' && value.length === length && /^[0-9a-f]*$/.test(value);
const isWhole = (value, low, high = Number.MAX_SAFE_INTEGER) => Number.isSafeInteger(value) && value >= low && value <= high;
const isText = (value, most = 8000) => typeof value === 'string' && value !== '' && [...value].length <= most;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isUuid = (value) => typeof value === 'string' && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value);
const isEventId = (value) => isUuid(value) && value[14] === '4' && '89ab'.includes(value[19]);
const isSlot = (value) => typeof value === 'string' && /^[a-z][a-z0-9_.]*$/.test(value);
const hasMembers = (value, ...names) =>
  isObject(value) && Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));

// CRC-32: node:zlib has it from 20.15 on; a table of our own serves older ones.
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
const crc32 =
  zlib.crc32 ??
  ((data, value = 0) => {
    let crc = ~value;
    for (const byte of data) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
    return ~crc >>> 0;
  });

// --- page 1: strict JSON

function spell(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    require(Number.isSafeInteger(value), 'a number is not whole, or out of range');
    return String(value);
  }
  if (typeof value === 'string') {
    require(!/\p{Surrogate}/u.test(value), 'a lone surrogate');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(spell).join(',')}]`;
  const names = Object.keys(value).sort(); // ASCII: the order of UTF-16 is that of bytes
  require(names.every((name) => /^[\x00-\x7f]*$/.test(name)), 'the name of a member is not ASCII');
  return `{${names.map((name) => `${JSON.stringify(name)}:${spell(value[name])}`).join(',')}}`;
}

const utf8 = (bytes) => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed('not UTF-8');
  }
};

function strict(bytes, longest = 32768) {
  require(bytes !== null && bytes.length <= longest, 'a line is too long, or has no end');
  let depth = 0;
  let inside = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inside) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inside = false;
    } else if (byte === 0x22) inside = true;
    else if (byte === 0x5b || byte === 0x7b) require(++depth <= 16, 'nested too deep');
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  const text = utf8(bytes);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed('not JSON');
  }
  require(spell(value) === text, 'not the one spelling');
  return value;
}

function unbase64(text, length = null) {
  require(typeof text === 'string', 'not base64');
  const bytes = Buffer.from(text, 'base64');
  require(bytes.toString('base64') === text && (length === null || bytes.length === length), 'not base64 in its one spelling');
  return bytes;
}

// --- page 2: keys, events

const SPKI = { ed25519: '302a300506032b6570032100', 'ml-dsa-44': '30820532300b06096086480165030403110382052100' };
const publicKeys = new Map();

// true, false, or null where this Node has not the algorithm
function holds(algorithm, raw, signature, message) {
  const name = `${algorithm} ${hex(raw)}`;
  if (!publicKeys.has(name)) {
    try {
      const key = Buffer.concat([Buffer.from(SPKI[algorithm], 'hex'), raw]);
      publicKeys.set(name, createPublicKey({ key, format: 'der', type: 'spki' }));
    } catch {
      publicKeys.set(name, null);
    }
  }
  const key = publicKeys.get(name);
  if (key === null) return algorithm === 'ed25519' ? false : null;
  try {
    return cryptoVerify(null, message, key, signature);
  } catch {
    return algorithm === 'ed25519' ? false : null;
  }
}

const P = 2n ** 255n - 19n;
const SMALL = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const mod = (n) => ((n % P) + P) % P;
function power(base, exponent) {
  let result = 1n;
  for (base = mod(base); exponent > 0n; exponent >>= 1n, base = mod(base * base)) if (exponent & 1n) result = mod(result * base);
  return result;
}
const D = mod(-121665n * power(121666n, P - 2n));

function isWeak(raw) {
  const y = BigInt(`0x${hex(Buffer.from(raw).reverse())}`) & (2n ** 255n - 1n);
  if (y >= P || [0n, 1n, P - 1n, SMALL, P - SMALL].includes(y)) return true;
  const [above, below] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  return power(above * below, (P - 1n) / 2n) !== 1n;
}

const PAYLOAD_TYPE = 'application/vnd.claimledger.event+json';
const keyidOf = (algorithm, raw) => hex(sha256(Buffer.from(`${algorithm}\0`), raw));

function isTime(text) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z$/.exec(text);
  if (!parts || text.endsWith('\n')) return false;
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && hour <= 23 && minute <= 59 && second <= 59;
}

function readEvent(envelope) {
  require(hasMembers(envelope, 'payload', 'payloadType', 'signatures') && envelope.payloadType === PAYLOAD_TYPE);
  require(Buffer.byteLength(spell(envelope)) <= 49152, 'the envelope is too long');
  const listed = envelope.signatures;
  require(Array.isArray(listed) && listed.length >= 1 && listed.length <= 16, 'signatures');
  const signatures = listed.map((each) => {
    require(hasMembers(each, 'keyid', 'sig') && isHex(each.keyid), 'a signature');
    return { keyid: each.keyid, bytes: unbase64(each.sig, 64) };
  });
  require(signatures.every((each, at) => at === 0 || signatures[at - 1].keyid < each.keyid), 'keyids do not ascend');
  const payload = unbase64(envelope.payload);
  const event = strict(payload);
  require(
    hasMembers(event, 'type', 'version', 'ledger', 'stream', 'sequence', 'previous', 'id', 'recorded_at', 'body', 'commitments'),
    'members of the payload',
  );
  require(typeof event.type === 'string' && /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/.test(event.type), 'type');
  require(isWhole(event.version, 1) && isWhole(event.sequence, 1) && isUuid(event.stream) && isEventId(event.id), 'header');
  require(event.type === 'ledger.opened' ? event.ledger === null : isHex(event.ledger), 'ledger');
  require(event.sequence === 1 ? event.previous === null : isHex(event.previous), 'previous');
  require(typeof event.recorded_at === 'string' && isTime(event.recorded_at), 'recorded_at');
  require(isObject(event.body) && isObject(event.commitments), 'body or commitments');
  require(Object.entries(event.commitments).every(([slot, digest]) => isSlot(slot) && isHex(digest)), 'commitments');
  const signed = Buffer.concat([Buffer.from(`DSSEv1 38 ${PAYLOAD_TYPE} ${payload.length} `), payload]);
  const entry = [sha256(signed), ...signatures.flatMap(({ keyid, bytes }) => [Buffer.from(keyid, 'hex'), bytes])];
  return { event, payload, signatures, signed, leaf: sha256(Buffer.from([0]), ...entry) };
}

// --- page 3: who may sign what

const READABLE = ['ledger.opened', 'key.added', 'key.revoked', 'roots.changed'];
const MENDS = { 'claim.amended': 'amends', 'claim.withdrawn': 'withdraws' };
const governs = (type) => READABLE.includes(type) || type.startsWith('key.');
const isActive = (key, index) => key.added < Math.max(index, 1) && (key.ended === null || index <= key.ended);

function keysIn({ type, body }, index) {
  const keys = new Map();
  const bring = (role, algorithm, each, succeeds = null) => {
    const length = { ed25519: 64, 'ml-dsa-44': role === 'log' ? 2624 : -1 }[algorithm] ?? -1;
    require(isText(each.holder) && isHex(each.key, length), 'a key');
    const raw = Buffer.from(each.key, 'hex');
    const keyid = keyidOf(algorithm, raw);
    require(!keys.has(keyid), 'a key stands there twice');
    keys.set(keyid, { role, algorithm, raw, holder: each.holder, added: index, ended: null, size: null, succeeds });
  };
  if (type === 'ledger.opened' || type === 'roots.changed') {
    const names = type === 'ledger.opened' ? ['origin', 'roots', 'threshold', 'logs'] : ['roots', 'threshold'];
    require(hasMembers(body, ...names) && Array.isArray(body.roots) && body.roots.length >= 1 && body.roots.length <= 8);
    for (const each of body.roots) {
      require(hasMembers(each, 'holder', 'key'), 'a root');
      bring('root', 'ed25519', each);
    }
    require(isWhole(body.threshold, 1, body.roots.length), 'threshold');
    if (type === 'ledger.opened') {
      require(isText(body.origin, 200) && !/[\s+]/.test(body.origin) && Array.isArray(body.logs), 'origin or logs');
      for (const each of body.logs) {
        require(hasMembers(each, 'holder', 'algorithm', 'key'), 'a log key');
        bring('log', each.algorithm, each);
      }
    }
  } else if (type === 'key.added') {
    const more = body.role === 'recorder' && Object.hasOwn(body, 'succeeds');
    require(hasMembers(body, 'holder', 'role', 'algorithm', 'key', ...(more ? ['succeeds'] : [])), 'members');
    require(['root', 'recorder', 'log', 'witness'].includes(body.role) && (!more || isHex(body.succeeds)), 'role or succeeds');
    bring(body.role, body.algorithm, body, more ? body.succeeds : null);
  } else {
    require(hasMembers(body, 'key', 'reason', 'size', 'root') && isHex(body.key) && isText(body.reason), 'key.revoked');
    require(isWhole(body.size, 0) && isHex(body.root), 'size or root');
  }
  return keys;
}

class Trust {
  keys = new Map();
  threshold = 0;
  origin = '';
  stream = null;
  broken = false;
  constructor(records) {
    this.records = records;
  }

  // the code of the first thing that is wrong with who signed; null where nothing is
  judge(index, { event, signatures, signed }) {
    const { type, body } = event;
    this.stream ??= event.stream;
    let brought = new Map();
    let malformed = index === 0 && (type !== 'ledger.opened' || event.sequence !== 1);
    try {
      if (READABLE.includes(type) && event.version === 1 && (index === 0 || type !== 'ledger.opened')) brought = keysIn(event, index);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      malformed = true;
    }
    if (Object.hasOwn(MENDS, type) && typeof body[MENDS[type]] !== 'string') malformed = true;
    for (const key of brought.values()) if (key.algorithm === 'ed25519' && isWeak(key.raw)) return 'keys.weak';
    for (const { keyid, bytes } of signatures) {
      const key = this.keys.get(keyid) ?? brought.get(keyid);
      if (key?.algorithm === 'ed25519' && !holds('ed25519', key.raw, bytes, signed)) return 'signature.wrong';
    }
    if (malformed) return 'event.malformed';
    const signers = signatures.map(({ keyid }) => keyid);
    try {
      if (this.allows(index, event, signers, brought)) return null;
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      return 'unchecked.keys';
    }
    const unknown = signers.filter((keyid) => !this.keys.has(keyid) && !brought.has(keyid));
    const others = signers.filter((keyid) => this.keys.has(keyid));
    const lost = this.broken && unknown.length > 0 && others.every((keyid) => isActive(this.keys.get(keyid), index));
    return lost ? 'unchecked.keys' : 'key.not_allowed';
  }

  allows(index, { type, version, body, stream }, signers, brought) {
    const { keys, threshold } = this;
    const may = (role) => signers.filter((keyid) => keys.get(keyid)?.role === role && isActive(keys.get(keyid), index));
    const roots = may('root');
    const recorded = may('recorder').length === signers.length;
    const enough = roots.length >= threshold;
    const only = (...allowed) => signers.every((keyid) => allowed.includes(keyid));
    if (governs(type) !== (stream === this.stream)) return false;
    if (type === 'ledger.opened' && index > 0) return false;
    if (governs(type) && (!READABLE.includes(type) || version !== 1)) {
      if (index > 0 && !enough) return false;
      throw new Unknown();
    }
    if (type === 'ledger.opened') {
      return signers.every((keyid) => brought.get(keyid)?.role === 'root') && signers.length >= body.threshold;
    }
    if (type === 'key.added') {
      const [[keyid, key]] = brought;
      if (keys.has(keyid) || !enough || !only(...roots, keyid)) return false;
      if (['root', 'recorder'].includes(key.role) && !signers.includes(keyid)) return false;
      return key.succeeds === null || keys.get(key.succeeds)?.role === 'recorder';
    }
    if (type === 'key.revoked') {
      const key = keys.get(body.key);
      if (!key || !enough || !only(...roots) || body.size > index) return false;
      if (!isActive(key, index)) return key.size === null || body.size < key.size;
      const left = [...keys.values()].filter((each) => each !== key && each.role === key.role && isActive(each, index + 1));
      return left.length >= ({ root: threshold, recorder: 1 }[key.role] ?? 0);
    }
    if (type === 'roots.changed') {
      const fresh = [...brought.keys()].filter((keyid) => !keys.has(keyid));
      if (!enough || !only(...roots, ...fresh) || !fresh.every((keyid) => signers.includes(keyid))) return false;
      if (signers.filter((keyid) => brought.has(keyid)).length < body.threshold) return false;
      return [...brought].every(([keyid, { holder }]) => {
        const old = keys.get(keyid);
        return !old || (old.role === 'root' && isActive(old, index) && old.holder === holder);
      });
    }
    if (!Object.hasOwn(MENDS, type)) return recorded;
    if (enough && only(...roots)) return true;
    if (!recorded) return false;
    const mended = this.records.get(body[MENDS[type]]);
    if (!mended) throw new Unknown();
    return signers.some((keyid) => {
      for (let each = keyid; each !== null; each = keys.get(each).succeeds) if (mended.signers.includes(each)) return true;
      return false;
    });
  }

  fold(index, event) {
    const { type, body } = event;
    const brought = keysIn(event, index);
    if (type === 'key.revoked') {
      const key = this.keys.get(body.key);
      key.ended ??= index;
      key.size = body.size;
    }
    if (type === 'roots.changed') {
      for (const [keyid, key] of this.keys) if (key.role === 'root' && !brought.has(keyid)) key.ended ??= index;
    }
    for (const [keyid, key] of brought) if (!this.keys.has(keyid)) this.keys.set(keyid, key);
    if (type === 'ledger.opened' || type === 'roots.changed') this.threshold = body.threshold;
    if (type === 'ledger.opened') this.origin = body.origin;
  }

  isDisputed(index, signers) {
    return signers.some((keyid) => {
      const key = this.keys.get(keyid);
      return key && key.size !== null && Math.max(key.size, key.added + 1) <= index && index < key.ended;
    });
  }
}

// --- page 6: the archive

class Archive {
  files = new Map();
  constructor(path) {
    this.fd = openSync(path, 'r');
    this.total = fstatSync(this.fd).size;
    this.list();
    for (const [name, file] of this.files) {
      const hash = createHash('sha256');
      let crc = 0;
      for (let at = 0; at < file.size; at += 1 << 20) {
        const part = this.at(file.start + at, Math.min(1 << 20, file.size - at));
        hash.update(part);
        crc = crc32(part, crc);
      }
      if (crc !== file.crc) throw new Stop('bundle.malformed', `bytes of ${name} were changed`);
      file.digest = hash.digest('hex');
    }
  }

  at(start, length) {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.total - start)));
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(this.fd, bytes, done, bytes.length - done, start + done);
      if (read === 0) throw new Stop('bundle.malformed', 'the file ends too early');
      done += read;
    }
    return bytes;
  }

  list() {
    const malformed = (what) => new Stop('bundle.malformed', what);
    const end = this.total >= 22 ? this.at(this.total - 22, 22) : null;
    if (end === null || end.readUInt32LE(0) !== 0x06054b50 || end.readUInt32LE(4) !== 0) throw malformed('no end of an archive');
    const count = end.readUInt16LE(8);
    const [length, start] = [end.readUInt32LE(12), end.readUInt32LE(16)];
    if (count > 10_000) throw new Stop('bundle.unsafe', 'more than 10,000 files');
    if (end.readUInt16LE(10) !== count || end.readUInt16LE(20) !== 0 || start + length + 22 !== this.total || count === 0 || length > 1 << 22) {
      throw malformed('the end of the archive');
    }
    const listing = this.at(start, length);
    const seen = new Set();
    let place = 0;
    const entries = [];
    while (entries.length < count && place + 46 <= length && listing.readUInt32LE(place) === 0x02014b50) {
      const u16 = (offset) => listing.readUInt16LE(place + offset);
      const u32 = (offset) => listing.readUInt32LE(place + offset);
      const raw = listing.subarray(place + 46, place + 46 + u16(28));
      const entry = { raw, name: raw.toString('latin1'), crc: u32(16), size: u32(24), offset: u32(42), place };
      const kind = u32(38) >>> 28;
      const parts = entry.name.split('/');
      if (
        !/^[ -[\]-~]+$/.test(entry.name) || entry.name[1] === ':' || parts.some((part) => ['', '.', '..'].includes(part)) ||
        seen.has(entry.name.toLowerCase()) || u16(8) & 1 || u16(10) !== 0 || (kind !== 0 && kind !== 8) ||
        u32(20) !== entry.size || entry.offset + 30 + raw.length + entry.size > start
      ) {
        throw new Stop('bundle.unsafe', 'a name, a kind, a packing or a size');
      }
      seen.add(entry.name.toLowerCase());
      entries.push(entry);
      place += 46 + raw.length + u16(30) + u16(32);
    }
    if (entries.length !== count || place !== length || this.total >= 2 ** 32 - 1) throw malformed('the list of files');
    let here = 0;
    for (const [at, { raw, name, crc, size, offset, place: from }] of entries.entries()) {
      const common = Buffer.alloc(26); // from "version needed" to the length of "extra"
      [20, 0, 0, 0, 33].forEach((value, n) => common.writeUInt16LE(value, 2 * n));
      [crc, size, size].forEach((value, n) => common.writeUInt32LE(value, 10 + 4 * n));
      common.writeUInt16LE(raw.length, 22);
      const tail = Buffer.alloc(14);
      tail.writeUInt32LE(0o100644 * 65536, 6);
      tail.writeUInt32LE(here, 10);
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, raw]);
      const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, raw]);
      if (offset !== here || !listing.subarray(from, from + central.length).equals(central) || !this.at(here, local.length).equals(local)) {
        throw malformed('not the one spelling of an archive');
      }
      if (raw.length > 200 || (at > 0 && entries[at - 1].name >= name)) throw malformed('names');
      this.files.set(name, { start: here + local.length, size, crc });
      here += local.length + size;
    }
    if (here !== start) throw malformed('bytes before the list of files');
  }

  read(name, longest) {
    const { start, size } = this.files.get(name);
    require(size <= longest, `${name} is too long`);
    return this.at(start, size);
  }

  // each line without its newline; null for one that is too long or has no newline
  *lines(name, longest) {
    const { start, size } = this.files.get(name);
    let held = Buffer.alloc(0);
    let skipping = false;
    for (let at = 0; at < size; at += 65536) {
      held = Buffer.concat([held, this.at(start + at, Math.min(65536, size - at))]);
      for (let end; (end = held.indexOf(10)) >= 0; held = held.subarray(end + 1)) {
        if (!skipping) yield end <= longest ? held.subarray(0, end) : null;
        skipping = false;
      }
      if (held.length > longest) {
        if (!skipping) yield null;
        skipping = true;
        held = Buffer.alloc(0);
      }
    }
    if (held.length > 0 && !skipping) yield null;
  }
}

// --- page 5: the log

function leadsTo(root, leaf, index, size, hashes) {
  let [inner, border] = [0, 0];
  for (let n = BigInt(index) ^ BigInt(size - 1); n > 0n; n >>= 1n) inner++;
  for (let n = BigInt(index) >> BigInt(inner); n > 0n; n >>= 1n) border += Number(n & 1n);
  if (hashes.length !== inner + border) return false;
  let node = leaf;
  hashes.forEach((other, level) => {
    const left = level < inner && ((BigInt(index) >> BigInt(level)) & 1n) === 0n;
    node = sha256(Buffer.from([1]), ...(left ? [node, other] : [other, node]));
  });
  return node.equals(root);
}

function readNote(bytes, name, most) {
  require(bytes.length <= 1_000_000, 'a note is too long');
  const note = utf8(bytes);
  const middle = note.lastIndexOf('\n\n');
  require(middle >= 0 && !/[\x00-\x09\x0b-\x1f]/.test(note), 'no note');
  const text = note.slice(0, middle + 1);
  const block = note.slice(middle + 2);
  require(block.endsWith('\n'), 'signature lines');
  const signatures = block.slice(0, -1).split('\n').map((line) => {
    const found = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    require(found, 'a signature line');
    const bytesOf = unbase64(found[2]);
    require(bytesOf.length > 4, 'a signature line');
    return { name: found[1], keyid: hex(bytesOf.subarray(0, 4)), bytes: bytesOf.subarray(4) };
  });
  require(signatures.length <= 100, 'too many signature lines');
  const lines = text.slice(0, -1).split('\n');
  require(lines.length >= 3 && lines.length <= most && lines[0] === name && /^(0|[1-9][0-9]{0,18})$/.test(lines[1]), 'text');
  require(BigInt(lines[1]) < 2n ** 63n, 'size');
  return { size: Number(lines[1]), root: unbase64(lines[2], 32), lines: lines.slice(3), text: Buffer.from(text), signatures };
}

// --- page 7: verifying

const NEEDED = [
  'bagit.txt', 'bag-info.txt', 'manifest-sha256.txt', 'tagmanifest-sha256.txt', 'data/README.txt', 'data/bundle.json',
  'data/events.jsonl', 'data/disclosures.jsonl', 'data/withheld.jsonl', 'data/proofs.jsonl',
];
const ALLOWED = /^data\/(checkpoint|verify_claimledger\.py|(heads|timestamps|sources)\/[0-9a-f]{64})$/;
const LABELS = [
  'Source-Organization', 'Organization-Address', 'Contact-Name', 'Contact-Email', 'External-Description', 'Bagging-Date',
  'External-Identifier', 'Payload-Oxum',
];
const REGISTER = Buffer.from('7f1c2a526c0b5d0e9a430d1f6a1f2b77', 'hex');

function registerOf(ledger) {
  const bytes = createHash('sha1').update(REGISTER).update(ledger).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

class Check {
  findings = [];
  remarks = new Set();
  disputed = [];
  slots = {};
  records = new Map(); // event id to index, signers, believed
  streams = new Map(); // stream to sequence and leaf of its last event
  ends = new Map(); // the same, below the size of the checkpoint
  cases = new Map();
  erased = new Map();
  named = new Set();
  skipped = new Set();
  about = null;
  note = null;

  say(code, what = '', index = null) {
    this.findings.push({ code, index, what });
  }

  run(path, pin) {
    try {
      this.bag = new Archive(path);
      this.names();
      this.manifests();
      this.readCheckpoint();
      this.events();
      this.stageSlots();
      if (this.trust.threshold > 0) this.whole();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      if (error.code) this.say(error.code, error.message);
    } finally {
      if (this.bag) closeSync(this.bag.fd);
    }
    if (this.about && pin && pin !== this.about.ledger) this.say('ledger.other', 'not the ledger that was named');
    const codes = [...new Set(this.findings.map(({ code }) => code))].sort();
    const wrong = codes.some((code) => !code.startsWith('unchecked.'));
    const { findings, slots, disputed } = this;
    return { status: wrong ? 1 : codes.length > 0 || !pin || disputed.length > 0 ? 3 : 0, codes, findings, slots, disputed, remarks: [...this.remarks] };
  }

  names() {
    const folder = this.bag.files.keys().next().value.split('/')[0];
    const files = new Map();
    for (const [name, file] of this.bag.files) files.set(name.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : `?${name}`, file);
    this.bag.files = files;
    for (const name of files.keys()) if (!NEEDED.includes(name) && !ALLOWED.test(name)) this.say('bundle.extra', name);
    let whole = NEEDED.every((name) => files.has(name));
    if (files.has('data/bundle.json')) {
      try {
        const data = this.bag.read('data/bundle.json', 1_048_576);
        require(data.at(-1) === 10, 'no newline');
        const about = strict(data.subarray(0, -1), 1_048_576);
        require(hasMembers(about, 'cases', 'format', 'ledger', 'origin', 'size') && about.format === 'claimledger-bundle/1');
        require(Array.isArray(about.cases) && about.cases.length > 0 && about.cases.every((name) => typeof name === 'string'));
        require(about.cases.every((name, at) => at === 0 || Buffer.compare(Buffer.from(about.cases[at - 1]), Buffer.from(name)) < 0));
        require(isHex(about.ledger) && isText(about.origin, 200) && !/[\s+]/.test(about.origin));
        require(about.size === null || isWhole(about.size, 0));
        require(folder === `bundle-${about.ledger.slice(0, 16)}`, 'the folder is of another ledger');
        this.about = about;
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        whole = false;
      }
    }
    if (!whole) throw new Stop('bundle.malformed', 'a file is missing, or bundle.json or the folder is not right');
  }

  manifests() {
    const { files } = this.bag;
    const payload = [...files.keys()].filter((name) => name.startsWith('data/')).sort();
    const listed = (names) => names.map((name) => `${files.get(name).digest}  ${name}\n`).join('');
    const expected = {
      'bagit.txt': 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n',
      'manifest-sha256.txt': listed(payload),
      'tagmanifest-sha256.txt': listed(['bag-info.txt', 'bagit.txt', 'manifest-sha256.txt']),
    };
    for (const [name, text] of Object.entries(expected)) {
      if (files.get(name).digest !== hex(sha256(Buffer.from(text, 'latin1')))) this.say('bundle.manifest', name);
    }
    try {
      const lines = utf8(this.bag.read('bag-info.txt', 32768)).split('\n');
      require(lines.pop() === '', 'the last line does not end');
      const fields = lines.map((line) => /^([A-Za-z-]+): ([^\x00-\x1f\x7f]+)$/.exec(line));
      require(fields.every((field) => field && field[2] === field[2].replace(/^ +| +$/g, '') && [...field[2]].length <= 500), 'a line');
      const labels = fields.map((field) => field[1]);
      require(labels.join() === LABELS.filter((label) => labels.includes(label)).join(), 'labels');
      const value = Object.fromEntries(fields.map((field) => [field[1], field[2]]));
      require(/^\d{4}-\d\d-\d\d$/.test(value['Bagging-Date']) && isTime(`${value['Bagging-Date']}T00:00:00.000000Z`), 'date');
      const size = payload.reduce((sum, name) => sum + files.get(name).size, 0);
      require(value['External-Identifier'] === this.about.ledger && value['Payload-Oxum'] === `${size}.${payload.length}`);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.say('bundle.manifest', 'bag-info.txt');
    }
    for (const name of payload) {
      if (ALLOWED.test(name) && name.split('/').length === 3 && !name.endsWith(files.get(name).digest)) this.say('bundle.manifest', name);
    }
  }

  readCheckpoint() {
    this.noted = this.bag.files.has('data/checkpoint'); // or something in its place was found wrong
    try {
      const note = this.noted ? readNote(this.bag.read('data/checkpoint', 1_000_000), this.about.origin, 3) : null;
      require((note?.size ?? null) === this.about.size, 'another size');
      this.note = note;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.noted = true;
      this.lost = true;
      this.say('checkpoint.wrong', error.message);
    }
  }

  *proofs() {
    let last = -1;
    for (const line of this.lost ? [] : this.bag.lines('data/proofs.jsonl', 4096)) {
      try {
        const value = strict(line, 4096);
        require(hasMembers(value, 'hashes', 'index') && isWhole(value.index, 0) && Array.isArray(value.hashes), 'a proof');
        require(value.hashes.length <= 63 && value.index > last, 'out of order');
        const hashes = value.hashes.map((each) => unbase64(each, 32));
        last = value.index;
        yield { index: value.index, hashes };
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.say('proof.wrong', error.message);
      }
    }
    for (;;) yield { index: Infinity, hashes: null };
  }

  events() {
    this.trust = new Trust(this.records);
    this.register = registerOf(this.about.ledger);
    const size = this.note?.size ?? 0;
    const proofs = this.proofs();
    let proof = proofs.next().value;
    let [last, place, unsealed, unopened] = [-1, -1, 0, false];
    const passOver = (index) => {
      for (; proof.index < index; proof = proofs.next().value) this.say('proof.wrong', 'of what is not here', proof.index);
    };
    for (const line of this.bag.lines('data/events.jsonl', 49280)) {
      place++;
      let read = null;
      const tail = line === null ? null : /,"index":(0|[1-9][0-9]{0,15})\}$/.exec(line.subarray(-30).toString('latin1'));
      const index = tail ? Number(tail[1]) : null;
      try {
        const value = strict(line, 49280);
        require(hasMembers(value, 'envelope', 'index') && isWhole(value.index, 0), 'not envelope and index');
        read = readEvent(value.envelope);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.say('event.malformed', error.message, index);
      }
      if (read && index <= last) {
        this.say('chain.broken', 'a line out of order', index);
        this.skipped.add(place);
        continue;
      }
      let hashes = null;
      if (index !== null) {
        passOver(index);
        last = Math.max(last, index);
        if (proof.index === index) {
          hashes = proof.hashes;
          proof = proofs.next().value;
          if (read && index >= size) this.say('proof.wrong', 'of what is not sealed', index);
        }
      }
      if (!read) {
        this.skipped.add(place);
        continue;
      }
      if (index >= size) unsealed++;
      if (!this.oneEvent(index, read, hashes, size)) this.skipped.add(place);
    }
    passOver(Infinity);
    if (this.trust.threshold === 0) this.say('unchecked.keys', 'no opening that holds');
    else if (this.note && unsealed > 0) this.say('unchecked.sealed', String(unsealed));
  }

  // whether it is believed
  oneEvent(index, read, hashes, size) {
    const { event, leaf, payload, signatures } = read;
    const { type, body, stream, sequence } = event;
    if (index > 0 && type !== 'ledger.opened' && event.ledger !== this.about.ledger) this.say('ledger.other', '', index);
    let code = null;
    if (index === 0 || this.trust.threshold > 0) code = this.trust.judge(index, read);
    if (code) this.say(code, type, index);
    if (index === 0 && !code) {
      this.trust.fold(0, event);
      if (hex(sha256(payload)) !== this.about.ledger || body.origin !== this.about.origin) this.say('ledger.other', '', 0);
    }
    const believed = this.trust.threshold > 0 && code !== 'signature.wrong';
    const before = this.streams.get(stream) ?? { sequence: 0, leaf: null };
    const end = { sequence, leaf: believed ? leaf : null };
    this.streams.set(stream, end);
    if (index < size) this.ends.set(stream, end);
    const isNew = !this.records.has(event.id);
    if (isNew) this.records.set(event.id, { index, believed, signers: signatures.map(({ keyid }) => keyid) });
    const inKeys = stream === this.trust.stream;
    let fault = code !== null;
    const chain = (wrong, found, what) => {
      if (!wrong) return;
      fault = true;
      this.say(found, what, index);
    };
    if (believed) {
      chain(sequence > before.sequence + 1, 'event.left_out', stream);
      chain(sequence <= before.sequence, 'chain.broken', 'its place is taken');
      const follows = sequence === before.sequence + 1 && before.leaf !== null;
      chain(follows && event.previous !== hex(before.leaf), 'chain.broken', 'it follows another');
      if (type === 'case.opened') {
        const name = typeof body.case === 'string' ? body.case : null;
        const wrong = sequence !== 1 || inKeys || stream === this.register || (name !== null && this.cases.has(name));
        chain(wrong, 'chain.broken', 'a case opened out of its place, or twice');
        if (!wrong && name !== null) this.cases.set(name, stream);
      }
      if (!isNew) this.say('chain.broken', 'its id was there before', index);
      if (this.note && index < size) {
        if (hashes === null) this.say('unchecked.proof', '', index);
        else if (!leadsTo(this.note.root, leaf, index, size, hashes)) this.say('proof.wrong', '', index);
      }
      if (type === 'disclosure.erased' && Array.isArray(body.slots)) {
        for (const slot of body.slots) this.erased.set(JSON.stringify([stream, body.event, slot]), index);
      }
      if (type === 'source.registered' && isObject(body.source)) this.named.add(body.source.sha256);
      if (type === 'evidence.attached') this.named.add(body.sha256);
    }
    if (inKeys && fault) this.trust.broken = true;
    if (index > 0 && inKeys && !this.trust.broken) this.trust.fold(index, event);
    return believed;
  }

  // lines that name an event and a slot, in order; what is not so is told
  *placed(name, code, elsewhere, read) {
    let last = { index: -1, slot: '' };
    for (const line of this.bag.lines(name, 32768)) {
      let found;
      try {
        found = read(strict(line));
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.say(code, error.message);
        continue;
      }
      const record = this.records.get(found.event);
      if (!record) this.say(elsewhere, 'of an event that is not here');
      else if (record.believed) {
        const { index } = record;
        if (index < last.index || (index === last.index && found.slot <= last.slot)) this.say(code, 'out of order', index);
        else yield (last = { index, slot: found.slot, line, ledger: found.ledger });
      }
    }
    for (;;) yield { index: Infinity };
  }

  stageSlots() {
    const given = this.placed('data/disclosures.jsonl', 'disclosure.malformed', 'disclosure.elsewhere', (value) => {
      require(Array.isArray(value) && value.length === 6 && value[0] === 'claimledger-disclosure/1', 'no disclosure');
      const [, ledger, event, slot, salt] = value;
      require(isHex(ledger) && isEventId(event) && isSlot(slot) && isHex(salt, 32), 'no disclosure');
      return { ledger, event, slot };
    });
    const kept = this.placed('data/withheld.jsonl', 'bundle.withheld', 'bundle.withheld', (value) => {
      require(Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'string'), 'not an event and a slot');
      return { event: value[0], slot: value[1] };
    });
    const next = new Map([[given, given.next().value], [kept, kept.next().value]]);
    const take = (source, index, commitments, code) => {
      const here = new Map();
      for (; next.get(source).index === index; next.set(source, source.next().value)) {
        const { slot } = next.get(source);
        if (Object.hasOwn(commitments, slot)) here.set(slot, next.get(source));
        else this.say(code, slot, index);
      }
      return here;
    };
    const count = (status) => (this.slots[status] = (this.slots[status] ?? 0) + 1);
    let place = -1;
    for (const line of this.bag.lines('data/events.jsonl', 49280)) {
      if (this.skipped.has(++place)) continue;
      const { envelope, index } = JSON.parse(line.toString());
      const { id, stream, commitments } = JSON.parse(unbase64(envelope.payload).toString());
      if (this.trust.isDisputed(index, envelope.signatures.map(({ keyid }) => keyid))) this.disputed.push(index);
      if (this.records.get(id).index !== index) continue;
      const disclosures = take(given, index, commitments, 'disclosure.elsewhere');
      const withheld = take(kept, index, commitments, 'bundle.withheld');
      for (const [slot, commitment] of Object.entries(commitments)) {
        const disclosure = disclosures.get(slot);
        const erased = (this.erased.get(JSON.stringify([stream, id, slot])) ?? -1) > index;
        if (disclosure) {
          const fits = hex(sha256(disclosure.line)) === commitment && disclosure.ledger === this.about.ledger;
          if (erased) this.say('disclosure.erased', slot, index);
          if (!fits) this.say('disclosure.wrong', slot, index);
          count(fits ? 'disclosed' : 'wrong');
        } else count(erased ? 'erased' : withheld.has(slot) ? 'withheld' : 'missing');
        if (withheld.has(slot) && (disclosure || erased)) this.say('bundle.withheld', slot, index);
        if (!disclosure && !withheld.has(slot) && !erased) this.say('unchecked.disclosure', slot, index);
      }
    }
  }

  // every log key that is active there has signed the note under this name
  signedByLog(name, note, algorithms) {
    const active = [...this.trust.keys.values()].filter((key) => key.role === 'log' && isActive(key, note.size));
    require(active.some(({ algorithm }) => algorithm === 'ed25519'), 'there is no log key');
    for (const { algorithm, raw } of active.filter((key) => algorithms.includes(key.algorithm))) {
      const type = algorithm === 'ed25519' ? 1 : 6;
      const keyid = hex(sha256(Buffer.from(`${name}\n`), Buffer.from([type]), raw).subarray(0, 4));
      const mine = note.signatures.filter((each) => each.name === name && each.keyid === keyid);
      require(mine.length > 0, 'a key of the log did not sign');
      for (const { bytes } of mine) {
        let [signature, message] = [bytes, note.text];
        if (type === 6) {
          require(bytes.length === 2428 && bytes.subarray(0, 8).every((byte) => byte === 0), 'the ML-DSA-44 line');
          signature = bytes.subarray(8);
          const [eight, size] = [Buffer.alloc(8), Buffer.alloc(8)];
          size.writeBigUInt64BE(BigInt(note.size));
          const named = Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name)]);
          message = Buffer.concat([Buffer.from('subtree/v1\n\0'), named, eight, named, eight, size, note.root]);
        }
        const right = holds(algorithm, raw, signature, message);
        require(right !== false, 'a signature of the log does not fit');
        if (right === null) this.remarks.add('The ML-DSA-44 line of the log could not be checked here.');
      }
    }
  }

  whole() {
    const { cases } = this.about;
    for (const name of cases) if (!this.cases.has(name)) this.say('bundle.cases', name);
    const asked = new Set([this.trust.stream, this.register, ...cases.map((name) => this.cases.get(name))]);
    for (const stream of this.streams.keys()) if (!asked.has(stream)) this.say('bundle.cases', stream);
    if (!this.noted) this.say('unchecked.checkpoint');
    if (this.note) {
      try {
        this.signedByLog(this.trust.origin, this.note, ['ed25519', 'ml-dsa-44']);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.say('checkpoint.wrong', error.message);
      }
      this.heads();
    }
    for (const name of this.bag.files.keys()) {
      if (/^data\/sources\/[0-9a-f]{64}$/.test(name) && !this.named.has(name.slice(13))) this.say('bundle.extra', name);
    }
  }

  heads() {
    const notes = [...this.bag.files.keys()].filter((name) => /^data\/heads\/[0-9a-f]{64}$/.test(name));
    if (notes.length === 0) this.say('unchecked.heads');
    const named = new Map();
    let wrong = false;
    for (const path of notes) {
      try {
        const name = `${this.trust.origin}/heads`;
        const note = readNote(this.bag.read(path, 1_000_000), name, 1_000_000);
        require(note.size === this.note.size && note.root.equals(this.note.root) && note.lines.length > 0, 'another state');
        this.signedByLog(name, note, ['ed25519']);
        const here = note.lines.map((line) => {
          const parts = line.split(' ');
          require(parts.length === 3 && isUuid(parts[0]) && /^[1-9][0-9]{0,15}$/.test(parts[1]) && isHex(parts[2]), 'a line');
          require(Number(parts[1]) <= note.size, 'a sequence beyond the size');
          return { stream: parts[0], sequence: Number(parts[1]), leaf: parts[2], line };
        });
        require(here.every((each, at) => at === 0 || here[at - 1].stream < each.stream), 'out of order');
        require(here.every((each) => !named.has(each.stream) || named.get(each.stream).line === each.line), 'two say different things');
        for (const each of here) named.set(each.stream, each);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        wrong = true;
        this.say('heads.wrong', error.message);
      }
    }
    for (const { stream, sequence, leaf } of named.values()) {
      const last = this.ends.get(stream) ?? { sequence: 0, leaf: null };
      if (last.sequence < sequence) this.say('tail.cut', stream);
      else if (last.sequence > sequence || (last.leaf !== null && hex(last.leaf) !== leaf)) this.say('heads.wrong', stream);
    }
    if (notes.length > 0 && !wrong) for (const stream of this.ends.keys()) if (!named.has(stream)) this.say('heads.wrong', stream);
  }
}

export const verify = (path, pin) => new Check().run(path, pin);

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path, pin] = process.argv.slice(2);
  if (!path || (pin && !isHex(pin))) {
    process.stderr.write('usage: node verify_claimledger.mjs BUNDLE.zip [LEDGER_ID]\n');
    process.exit(2);
  }
  const result = verify(path, pin);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = result.status;
}
