// A verifier of bundles in another language, from docs/spec/ alone: no packages, Node 18 or newer.
//
//   node verify_claimledger.mjs BUNDLE.zip [LEDGER_ID]        prints {"status", "codes", "findings"} as JSON
//
// It is kept as a test: where it, verify_claimledger.py and the library disagree about a bundle, the specification is not enough.
// It does what page 7 asks of every verifier, hence no anchors; it reads archives, not folders; it writes nothing.
// ML-DSA-44 is checked where this Node has it; elsewhere the line must be there, and `remarks` says that it was not checked.

import { isUtf8 } from 'node:buffer';
import { createHash, createPublicKey, verify as cryptoVerify } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

// What is not of its form. No Error: a hostile file throws one for each of many millions of lines, and a stack costs more than a line.
class Malformed {
  constructor(message) {
    this.message = message;
  }
}
const require = (holds, what) => {
  if (!holds) throw new Malformed(what);
};
const attempt = (read, otherwise) => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return otherwise(error.message);
  }
};

const digest = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hex = (bytes) => bytes.toString('hex');
const unhex = (text) => Buffer.from(text, 'hex');
const isHex = (value, length = 64) => typeof value === 'string' && value.length === length && /^[0-9a-f]*$/.test(value);
const isWhole = (value, low, high = Number.MAX_SAFE_INTEGER) => Number.isSafeInteger(value) && value >= low && value <= high;
const isText = (value, most = 8000) => typeof value === 'string' && value !== '' && [...value].length <= most;
const isUuid = (value) => typeof value === 'string' && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value);
const isEventId = (value) => isUuid(value) && value[14] === '4' && '89ab'.includes(value[19]);
const isSlot = (value) => typeof value === 'string' && /^[a-z][a-z0-9_.]*$/.test(value);
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value, low, high, holds = () => true) => Array.isArray(value) && isWhole(value.length, low, high) && value.every(holds);
const hasMembers = (value, ...names) =>
  isObject(value) && Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));

// --- page 1: strict JSON

function spell(value, deepest = 16) {
  if (Array.isArray(value)) {
    require(deepest > 0, 'nested too deep');
    return `[${value.map((each) => spell(each, deepest - 1)).join(',')}]`;
  }
  if (isObject(value)) {
    const names = Object.keys(value).sort(); // ASCII: the order of UTF-16 is that of bytes
    require(deepest > 0 && names.every((name) => /^[\x00-\x7f]*$/.test(name)), 'nested too deep, or the name of a member is not ASCII');
    return `{${names.map((name) => `${JSON.stringify(name)}:${spell(value[name], deepest - 1)}`).join(',')}}`;
  }
  require(typeof value !== 'number' || Number.isSafeInteger(value), 'a number is not whole, or out of range');
  require(typeof value !== 'string' || !/\p{Surrogate}/u.test(value), 'a lone surrogate');
  return JSON.stringify(value);
}

// depth is looked at when it is written again: this parser does not recurse
function strict(bytes, longest = 32768, deepest = 16) {
  require(bytes !== null && bytes.length > 0 && bytes.length <= longest && isUtf8(bytes), 'too long, without an end, empty or not UTF-8');
  const text = bytes.toString();
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed('not JSON');
  }
  require(spell(value, deepest) === text, 'not the one spelling');
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

// true, false, or null where this Node has not the algorithm
function verifies(algorithm, raw, signature, message) {
  try {
    const key = createPublicKey({ key: Buffer.concat([unhex(SPKI[algorithm]), raw]), format: 'der', type: 'spki' });
    return cryptoVerify(null, message, key, signature);
  } catch {
    return algorithm === 'ed25519' ? false : null;
  }
}

const P = 2n ** 255n - 19n;
const SMALL = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
function power(base, exponent) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n, base = (base * base) % P) if (exponent & 1n) result = (result * base) % P;
  return result;
}
const D = ((P - 121665n) * power(121666n, P - 2n)) % P;

// of small order, or no point: x is a root of (y^2 - 1) / (D y^2 + 1), and there is one where their product has one
function isWeak({ algorithm, raw }) {
  if (algorithm !== 'ed25519') return raw.subarray(32).every((byte) => byte === 0);
  const y = BigInt(`0x${hex(Buffer.from(raw).reverse())}`) & (2n ** 255n - 1n);
  if (y >= P || [0n, 1n, P - 1n, SMALL, P - SMALL].includes(y)) return true;
  return power(((y * y - 1n) * (D * y * y + 1n)) % P, (P - 1n) / 2n) !== 1n;
}

function isTime(text) {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text) || text < '0001') return false;
  const short = `${text.slice(0, 23)}Z`; // as Date writes it; it takes some days and hours that are none, and writes them otherwise
  return !Number.isNaN(Date.parse(short)) && new Date(short).toISOString() === short;
}

const LINE = 16_777_216;
const PAYLOAD_TYPE = 'application/vnd.claimledger.event+json';
const MEMBERS = ['type', 'version', 'ledger', 'stream', 'sequence', 'previous', 'id', 'recorded_at', 'body', 'commitments'];

// a line of events.jsonl: what it holds, and what follows from that
function readEvent(line) {
  const value = strict(line, LINE, 18);
  require(hasMembers(value, 'envelope', 'index', 'proof', 'slots'), 'members of the line');
  const { envelope, index, proof, slots } = value;
  require(isWhole(index, 0) && isObject(slots) && (proof === null || isListOf(proof, 0, 63)), 'index, slots or proof');
  const hashes = proof?.map((each) => unbase64(each, 32)) ?? null;
  require(hasMembers(envelope, 'payload', 'payloadType', 'signatures') && envelope.payloadType === PAYLOAD_TYPE, 'envelope');
  require(Buffer.byteLength(spell(envelope)) <= 49152, 'the envelope is too long');
  const isSigned = (each) => hasMembers(each, 'keyid', 'sig') && isHex(each.keyid);
  require(isListOf(envelope.signatures, 1, 16, isSigned), 'signatures');
  const signatures = envelope.signatures.map(({ keyid, sig }) => ({ keyid, bytes: unbase64(sig, 64) }));
  require(signatures.every(({ keyid }, at) => at === 0 || signatures[at - 1].keyid < keyid), 'keyids do not ascend');

  const payload = unbase64(envelope.payload);
  const event = strict(payload);
  require(hasMembers(event, ...MEMBERS), 'members of the payload');
  const { type, version, ledger, stream, sequence, previous, id, recorded_at: time, body, commitments } = event;
  require(typeof type === 'string' && /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/.test(type), 'type');
  require(isWhole(version, 1) && isWhole(sequence, 1) && isUuid(stream) && isEventId(id) && isTime(time), 'header');
  require(type === 'ledger.opened' ? ledger === null : isHex(ledger), 'ledger');
  require(sequence === 1 ? previous === null : isHex(previous), 'previous');
  require(isObject(body) && isObject(commitments), 'body or commitments');
  require(Object.entries(commitments).every(([slot, commitment]) => isSlot(slot) && isHex(commitment)), 'commitments');
  require(index > 0 || (type === 'ledger.opened' && sequence === 1), 'no opening');
  require(!mends(event) || typeof mends(event).id === 'string', 'it mends nothing');

  const brings = isRead(event) && (index === 0 || type !== 'ledger.opened') ? keysIn(event, index) : new Map();
  const signed = Buffer.concat([Buffer.from(`DSSEv1 38 ${PAYLOAD_TYPE} ${payload.length} `), payload]);
  const leaf = digest('\0', digest(signed), ...signatures.flatMap(({ keyid, bytes }) => [unhex(keyid), bytes]));
  return { ...event, index, hashes, slots, signatures, signed, brings, leaf, ledger: ledger ?? hex(digest(payload)) };
}

// --- page 3: who may sign what

const mends = ({ type, body }) =>
  type === 'claim.amended' ? { id: body.amends } : type === 'claim.withdrawn' ? { id: body.withdraws } : null;
const isOfKeys = (type) => ['ledger.opened', 'roots.changed'].includes(type) || type.startsWith('key.');
const isRead = ({ type, version }) => ['ledger.opened', 'key.added', 'key.revoked', 'roots.changed'].includes(type) && version === 1;
const isActive = (key, index) => key.added < (index > 0 ? index : 1) && (key.ended === null || index <= key.ended);

// the keys that a body brings, by keyid
function keysIn({ type, body, commitments }, index) {
  require(hasMembers(commitments), 'it commits to something');
  const keys = new Map();
  const bring = (role, algorithm, { holder, key }, succeeds = null) => {
    const length = { ed25519: 64, 'ml-dsa-44': role === 'log' ? 2624 : -1 }[algorithm] ?? -1;
    require(isText(holder) && isHex(key, length), 'a key');
    const raw = unhex(key);
    const keyid = hex(digest(`${algorithm}\0`, raw));
    require(!keys.has(keyid), 'a key stands there twice');
    keys.set(keyid, { keyid, role, algorithm, raw, succeeds, added: index, ended: null, size: null });
  };
  if (type === 'ledger.opened' || type === 'roots.changed') {
    const { roots, threshold, origin, logs } = body;
    require(hasMembers(body, 'roots', 'threshold', ...(type === 'ledger.opened' ? ['origin', 'logs'] : [])), 'members of the body');
    require(isListOf(roots, 1, 8, (each) => hasMembers(each, 'holder', 'key')) && isWhole(threshold, 1, roots.length), 'roots');
    for (const each of roots) bring('root', 'ed25519', each);
    if (type === 'roots.changed') return keys;
    require(typeof origin === 'string' && /^[!-*,-~]{1,200}$/.test(origin), 'origin');
    require(isListOf(logs, 0, Infinity, (each) => hasMembers(each, 'holder', 'algorithm', 'key')), 'logs');
    for (const each of logs) bring('log', each.algorithm, each);
  } else if (type === 'key.added') {
    const { role, algorithm, succeeds } = body;
    require(hasMembers(body, 'holder', 'role', 'algorithm', 'key', ...(succeeds === undefined ? [] : ['succeeds'])), 'members of the body');
    require(['root', 'recorder', 'log', 'witness'].includes(role), 'role');
    require(succeeds === undefined || (role === 'recorder' && isHex(succeeds)), 'succeeds');
    bring(role, algorithm, body, succeeds);
  } else {
    require(hasMembers(body, 'key', 'reason', 'size', 'root') && isHex(body.key) && isText(body.reason), 'key.revoked');
    require(isWhole(body.size, 0) && isHex(body.root), 'size or root');
  }
  return keys;
}

class Keys {
  known = new Map();
  roots = new Set(); // that are active
  logs = []; // all
  threshold = Infinity; // until an opening is folded in
  origin = null;
  stream = null;

  // whether those who signed may sign it: true, false, or null where nobody can tell; `mended` is the record that it mends, if it is here
  allows({ index, type, version, body, stream, signatures, brings }, mended) {
    const { known, threshold } = this;
    const signers = signatures.map(({ keyid }) => keyid);
    const only = (...allowed) => signers.every((keyid) => allowed.includes(keyid));
    const may = (role) => signers.filter((keyid) => known.get(keyid)?.role === role && isActive(known.get(keyid), index));
    const roots = may('root');
    const enough = roots.length >= threshold;
    if (isOfKeys(type) !== (stream === this.stream) || (type === 'ledger.opened' && index > 0)) return false;
    if (isOfKeys(type) && !isRead({ type, version })) return enough || index === 0 ? null : false;
    if (type === 'ledger.opened') return signers.length >= body.threshold && signers.every((keyid) => brings.get(keyid)?.role === 'root');
    if (type === 'key.added') {
      const [[keyid, { role, succeeds }]] = brings;
      if (!enough || !only(...roots, keyid) || known.has(keyid)) return false;
      if (['root', 'recorder'].includes(role) && !signers.includes(keyid)) return false;
      return succeeds === null || known.get(succeeds)?.role === 'recorder';
    }
    if (type === 'key.revoked') return enough && only(...roots) && known.has(body.key);
    if (type === 'roots.changed') {
      const listed = [...brings.keys()];
      const fresh = listed.filter((keyid) => !known.has(keyid));
      const stay = listed.every((keyid) => fresh.includes(keyid) || this.roots.has(known.get(keyid)));
      const agreed = fresh.every((keyid) => signers.includes(keyid)) && signers.filter((keyid) => brings.has(keyid)).length >= body.threshold;
      return enough && only(...roots, ...fresh) && stay && agreed;
    }
    const recorded = may('recorder').length === signers.length;
    if (!mends({ type, body })) return recorded;
    if (!recorded) return enough && only(...roots);
    if (!mended) return null;
    return signers.some((keyid) => mended.signers.some((other) => this.succeeds(known.get(keyid), known.get(other))));
  }

  // whether a recorder's key is `other` or succeeds it; by jumps, since the way may be as long as a bundle
  succeeds(key, other) {
    if (other?.role !== 'recorder') return false;
    while (key.depth > other.depth) key = key.jump.depth >= other.depth ? key.jump : key.parent;
    return key === other;
  }

  fold({ index, type, body, brings }) {
    const end = (key) => {
      key.ended ??= index;
      this.roots.delete(key);
    };
    if (type === 'key.revoked') {
      end(this.known.get(body.key));
      this.known.get(body.key).size = body.size;
    }
    if (type === 'roots.changed') [...this.roots].filter(({ keyid }) => !brings.has(keyid)).forEach(end);
    for (const key of brings.values()) {
      if (this.known.has(key.keyid)) continue; // a root that stays
      const parent = this.known.get(key.succeeds) ?? null;
      const even = parent && parent.depth - parent.jump.depth === parent.jump.depth - parent.jump.jump.depth;
      Object.assign(key, { parent, depth: parent ? parent.depth + 1 : 0, jump: even ? parent.jump.jump : parent ?? key });
      this.known.set(key.keyid, key);
      if (key.role === 'root') this.roots.add(key);
      if (key.role === 'log') this.logs.push(key);
    }
    if (body.threshold !== undefined) this.threshold = body.threshold;
    if (type === 'ledger.opened') this.origin = body.origin;
  }

  isDisputed({ index, signers }) {
    const revoked = (key) => key && key.size !== null && Math.max(key.size, key.added + 1) <= index && index < key.ended;
    return signers.some((keyid) => revoked(this.known.get(keyid)));
  }
}

// --- page 5: the log

function leadsTo(root, leaf, index, size, hashes) {
  const bits = (number) => (number === 0n ? '' : number.toString(2));
  const inner = bits(BigInt(index) ^ (size - 1n)).length;
  const border = bits(BigInt(index) >> BigInt(inner)).replaceAll('0', '').length;
  if (hashes.length !== inner + border) return false;
  const isLeft = (level) => level < inner && ((BigInt(index) >> BigInt(level)) & 1n) === 0n;
  return hashes.reduce((node, other, level) => digest('\x01', ...(isLeft(level) ? [node, other] : [other, node])), leaf).equals(root);
}

// the stream of the shared register: RFC 9562, version 5
function registerOf(ledger) {
  const made = createHash('sha1').update(Buffer.from('7f1c2a526c0b5d0e9a430d1f6a1f2b77', 'hex')).update(ledger).digest();
  made[6] = (made[6] & 0x0f) | 0x50;
  made[8] = (made[8] & 0x3f) | 0x80;
  return hex(made.subarray(0, 16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

// a note whose text has so many lines, those of origin, size and root first
function readNote(bytes, lines) {
  require(isUtf8(bytes), 'a note is not UTF-8');
  const note = bytes.toString();
  const middle = note.lastIndexOf('\n\n');
  require(middle >= 0 && note.endsWith('\n') && !/[\x00-\x09\x0b-\x1f]/.test(note), 'no note');
  const below = note.slice(middle + 2).split('\n').slice(0, -1);
  require(below.length >= 1 && below.length <= 100, 'too few or too many signature lines');
  const signatures = below.map((line) => {
    const [, name, text] = /^\u2014 ([^\p{White_Space}+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const signed = unbase64(text);
    require(signed.length > 4, 'a signature line');
    return { name, mark: hex(signed.subarray(0, 4)), bytes: signed.subarray(4) };
  });
  const [origin, size, root, ...more] = note.slice(0, middle).split('\n');
  require(more.length === lines - 3 && /^(0|[1-9][0-9]{0,18})$/.test(size) && BigInt(size) < 2n ** 63n, 'lines or size');
  return { origin, size: BigInt(size), root: unbase64(root, 32), last: more[0], text: Buffer.from(note.slice(0, middle + 1)), signatures };
}

// each of these log keys has a line under this name, and every such line verifies; null where one could not be checked
function checkSigned({ size, root, text, signatures }, name, logs) {
  require(logs.some(({ algorithm }) => algorithm === 'ed25519'), 'the log has no Ed25519 key');
  const eight = (number) => unhex(number.toString(16).padStart(16, '0'));
  let checked = true;
  for (const { algorithm, raw } of logs) {
    const isPlain = algorithm === 'ed25519';
    const mark = hex(digest(`${name}\n`, isPlain ? '\x01' : '\x06', raw)).slice(0, 8);
    const lines = signatures.filter((line) => line.name === name && line.mark === mark);
    require(lines.length > 0, 'a key of the log did not sign');
    const named = Buffer.from(`.${name}`);
    named[0] = named.length - 1;
    const subtree = Buffer.concat([Buffer.from('subtree/v1\n\0'), named, eight(0), named, eight(0), eight(size), root]);
    for (const { bytes } of lines) {
      require(isPlain || (bytes.length === 2428 && bytes.subarray(0, 8).equals(eight(0))), 'a line of ML-DSA-44');
      const holds = isPlain ? verifies(algorithm, raw, bytes, text) : verifies(algorithm, raw, bytes.subarray(8), subtree);
      require(holds !== false, 'a signature of the log does not verify');
      checked &&= holds;
    }
  }
  return checked;
}

// --- page 6: the archive

const FOLDER = 'claimledger-bundle-1/';
const latin = (text) => Buffer.from(text, 'latin1');
const little = (width, ...values) =>
  Buffer.concat(values.map((value) => unhex(value.toString(16).padStart(2 * width, '0')).reverse()));

// The files of an archive, by their names, in which a character stands for a byte.
class Bag {
  files = new Map();

  constructor(fd) {
    this.fd = fd;
    const total = fstatSync(fd).size;
    require(total < 2 ** 32, 'the archive is too large');
    const central = [];
    let [here, last] = [0, ''];
    for (;;) {
      const header = this.at(here, Math.min(30, total - here));
      if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50) break;
      const [crc, size, length] = [header.readUInt32LE(14), header.readUInt32LE(18), header.readUInt16LE(26)];
      const start = here + 30 + length;
      require(length >= 1 && length <= 200 && start + size <= total && this.files.size < 10_000, 'too long, too large or too many');
      const name = this.at(here + 30, length).toString('latin1');
      const common = Buffer.concat([little(2, 20, 0, 0, 0, 33), little(4, crc, size, size), little(2, length, 0)]);
      require(header.equals(Buffer.concat([latin('PK\x03\x04'), common])) && name > last, 'a header, or the order of names');
      central.push(latin('PK\x01\x02'), little(2, 788), common, little(2, 0, 0, 0), little(4, 2175008768, here), latin(name));
      this.files.set(name, { start, size });
      [here, last] = [start + size, name];
    }
    const listing = Buffer.concat(central);
    const count = this.files.size;
    const end = Buffer.concat([latin('PK\x05\x06'), little(2, 0, 0, count, count), little(4, listing.length, here), little(2, 0)]);
    const length = listing.length + end.length;
    require(total === here + length && this.at(here, length).equals(Buffer.concat([listing, end])), 'the end of the archive');
  }

  at(start, length) {
    const bytes = Buffer.alloc(length);
    for (let done = 0, read; done < length; done += read) {
      read = readSync(this.fd, bytes, done, length - done, start + done);
      require(read > 0, 'the file ends too early');
    }
    return bytes;
  }

  *parts(name) {
    const { start, size } = this.files.get(name);
    for (let at = 0; at < size; at += 65536) yield this.at(start + at, Math.min(65536, size - at));
  }

  digestOf(name) {
    const hash = createHash('sha256');
    for (const part of this.parts(name)) hash.update(part);
    return hash.digest('hex');
  }

  note(name, lines) {
    const { start, size } = this.files.get(name);
    require(size <= 1_000_000, `${name} is too long`);
    return readNote(this.at(start, size), lines);
  }

  // each line without its newline; null, and no more, for one that is too long or has no newline
  *lines(name, longest) {
    let held = Buffer.alloc(0);
    for (const part of this.parts(name)) {
      held = Buffer.concat([held, part]);
      for (let end; (end = held.indexOf(10)) >= 0 && end <= longest; held = held.subarray(end + 1)) yield held.subarray(0, end);
      if (held.length > longest) break;
    }
    if (held.length > 0) yield null;
  }
}

// --- page 7: verifying

const TAGS = ['bag-info.txt', 'bagit.txt', 'manifest-sha256.txt'];
const NEEDED = [...TAGS, 'tagmanifest-sha256.txt', 'data/README.txt', 'data/events.jsonl'];
const MORE = /^data\/(checkpoint|verify_claimledger\.py|heads\/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|(timestamps|sources)\/[0-9a-f]{64})$/;

class Check {
  findings = [];
  told = {}; // how many findings of a code
  remarks = new Set();
  disputed = [];
  slots = {}; // how many of a status
  keys = new Keys();
  lost = false; // whether nobody can tell any more which keys there are
  ledger = null;
  note = null; // the checkpoint
  events = [];
  records = new Map(); // event id to the first event of that id
  streams = new Map(); // stream to sequence and leaf of its last event
  ends = new Map(); // the same, below the size of the checkpoint
  erased = new Map(); // stream and event id to slots, and the index of the last event that erased each
  sources = new Set(); // those that an event names

  say(code, what = '', index = null) {
    this.told[code] = (this.told[code] ?? 0) + 1;
    if (this.told[code] <= 1000) this.findings.push({ code, index, what });
    else if (this.told[code] === 1001) this.remarks.add(`Of ${code} there are more findings than are listed.`);
  }

  count(status) {
    this.slots[status] = (this.slots[status] ?? 0) + 1;
  }

  run(fd, pin) {
    const check = () => {
      this.bag = new Bag(fd);
      this.checkFiles();
      this.readCheckpoint();
      this.readEvents();
      this.checkSlots();
      if (this.keys.origin !== null) this.checkWhole();
      if (pin && pin !== this.ledger) this.say('ledger.other', 'not the ledger that was named');
    };
    attempt(check, (what) => this.say('bundle.malformed', what));
    const { findings, slots, disputed } = this;
    const codes = Object.keys(this.told).sort();
    const wrong = codes.some((code) => !code.startsWith('unchecked.'));
    const status = wrong ? 1 : codes.length > 0 || !pin || disputed.length > 0 ? 3 : 0;
    return { status, codes, findings, slots, disputed, remarks: [...this.remarks] };
  }

  checkFiles() {
    const { files } = this.bag;
    for (const [name, file] of [...files]) {
      const within = name.startsWith(FOLDER) ? name.slice(FOLDER.length) : '';
      files.delete(name);
      if (NEEDED.includes(within) || MORE.test(within)) files.set(within, file);
      else this.say('bundle.extra', name);
    }
    for (const name of NEEDED) require(files.has(name), `${name} is missing`);

    const digests = new Map([...files.keys()].map((name) => [name, this.bag.digestOf(name)]));
    const payload = [...files.keys()].filter((name) => name.startsWith('data/'));
    const listed = (names) => names.map((name) => `${digests.get(name)}  ${name}\n`).join('');
    const expect = (name, wanted) => digests.get(name) === wanted || this.say('bundle.manifest', name);
    expect('bagit.txt', hex(digest('BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n')));
    expect('manifest-sha256.txt', hex(digest(listed(payload))));
    expect('tagmanifest-sha256.txt', hex(digest(listed(TAGS))));
    for (const name of payload) if (/^data\/(timestamps|sources)\//.test(name)) expect(name, name.slice(-64));
  }

  readCheckpoint() {
    if (!this.bag.files.has('data/checkpoint')) return;
    attempt(() => (this.note = this.bag.note('data/checkpoint', 3)), (what) => this.say('checkpoint.wrong', what));
  }

  readEvents() {
    let [last, unsealed] = [-1, 0];
    for (const line of this.bag.lines('data/events.jsonl', LINE)) {
      const read = attempt(() => readEvent(line), (what) => this.say('event.malformed', what));
      if (read && read.index > last) {
        last = read.index;
        if (this.note && last >= this.note.size) unsealed++;
        this.checkEvent(read);
        continue;
      }
      this.lost = true;
      if (read) this.say('chain.broken', 'a line out of order', read.index);
    }
    if (unsealed > 0) this.say('unchecked.sealed', `${unsealed} events`);
  }

  checkEvent(event) {
    const { index, type, body, stream, sequence, id, signatures, brings, hashes } = event;
    const { keys, note, records } = this;
    const leaf = hex(event.leaf);
    let found = false;
    const expect = (holds, code, what) => {
      if (holds) return;
      this.say(code, what, index);
      found = true;
    };
    if (index === 0) keys.stream = stream;
    this.ledger ??= event.ledger;
    expect(event.ledger === this.ledger, 'ledger.other', 'it names another ledger');
    expect(!records.has(id), 'chain.broken', 'its id was there before');

    const before = this.streams.get(stream) ?? { sequence: 0, leaf: null };
    if (sequence > before.sequence + 1) expect(false, 'event.left_out', stream);
    else expect(sequence === before.sequence + 1 && event.previous === before.leaf, 'chain.broken', 'it does not follow the one before');
    this.streams.set(stream, { sequence, leaf });
    if (note && index < note.size) this.ends.set(stream, { sequence, leaf });

    const nobodyKnows = index > 0 && (this.lost || keys.origin === null || (found && stream === keys.stream));
    if ([...brings.values()].some(isWeak)) expect(false, 'keys.weak', type);
    else {
      const fits = ({ keyid, bytes }) => {
        const key = keys.known.get(keyid) ?? brings.get(keyid);
        return key?.algorithm !== 'ed25519' || verifies('ed25519', key.raw, bytes, event.signed);
      };
      expect(signatures.every(fits), 'signature.wrong', type);
      const allowed = keys.allows(event, records.get(mends(event)?.id));
      expect(allowed, allowed === null || nobodyKnows ? 'unchecked.keys' : 'key.not_allowed', type);
    }
    if (stream === keys.stream && !found) keys.fold(event);
    if (stream === keys.stream && found) this.lost = true;

    if (note && index < note.size) {
      if (hashes === null) this.say('unchecked.proof', '', index);
      else if (!leadsTo(note.root, event.leaf, index, note.size, hashes)) this.say('proof.wrong', '', index);
    } else if (note && hashes !== null) this.say('proof.wrong', 'of what is not sealed', index);

    const signers = signatures.map(({ keyid }) => keys.known.get(keyid)?.keyid ?? keyid); // one string for each key
    const record = { index, id, stream, signers, ...this.readSlots(event) };
    this.events.push(record);
    if (!records.has(id)) records.set(id, record);
    if (type === 'disclosure.erased' && typeof body.event === 'string' && Array.isArray(body.slots)) {
      const place = `${stream} ${body.event}`;
      const slots = this.erased.get(place) ?? new Map();
      this.erased.set(place, slots);
      for (const slot of body.slots) slots.set(slot, index);
    }
    const source = { 'source.registered': body.source?.sha256, 'evidence.attached': body.sha256 }[type];
    if (isHex(source) && this.bag.files.has(`data/sources/${source}`)) this.sources.add(source);
  }

  // tells what is wrong with the slots of an event; gives those that are shown and those that are missing, for what is erased later on
  readSlots({ index, id, slots, commitments }) {
    const wrongWith = (slot, value) => {
      if (Array.isArray(value) && (value[1] !== this.ledger || value[2] !== id || value[3] !== slot)) return 'disclosure.elsewhere';
      const isOne = Array.isArray(value) && value.length === 6 && value[0] === 'claimledger-disclosure/1' && isHex(value[4], 32);
      const bytes = Buffer.from(spell(value));
      return isOne && bytes.length <= 32768 && hex(digest(bytes)) === commitments[slot] ? null : 'disclosure.wrong';
    };
    const shown = [];
    for (const [slot, value] of Object.entries(slots)) {
      if (!Object.hasOwn(commitments, slot)) this.say('disclosure.elsewhere', slot, index);
      else if (value === null) this.count('withheld');
      else {
        shown.push(slot);
        const code = wrongWith(slot, value);
        this.count(code ? 'wrong' : 'disclosed');
        if (code) this.say(code, slot, index);
      }
    }
    return { shown, missing: Object.keys(commitments).filter((slot) => !Object.hasOwn(slots, slot)) };
  }

  checkSlots() {
    for (const record of this.events) {
      const { index, id, stream, shown, missing } = record;
      if (this.keys.isDisputed(record)) this.disputed.push(index);
      if (this.records.get(id) !== record) continue;
      const erasures = this.erased.get(`${stream} ${id}`);
      const isErased = (slot) => (erasures?.get(slot) ?? -1) > index;
      for (const slot of shown) if (isErased(slot)) this.say('disclosure.erased', slot, index);
      for (const slot of missing) {
        this.count(isErased(slot) ? 'erased' : 'missing');
        if (!isErased(slot)) this.say('unchecked.disclosure', slot, index);
      }
    }
  }

  checkWhole() {
    const { origin, logs } = this.keys;
    const { files } = this.bag;
    if (!files.has('data/checkpoint')) this.say('unchecked.checkpoint');
    if (this.note) {
      const active = logs.filter((key) => isActive(key, this.note.size));
      const check = () => {
        require(this.note.origin === origin, 'it names another log');
        const checked = checkSigned(this.note, origin, active);
        if (checked === null) this.remarks.add('The ML-DSA-44 line of the log could not be checked here.');
      };
      attempt(check, (what) => this.say('checkpoint.wrong', what));
      const signers = active.filter(({ algorithm }) => algorithm === 'ed25519');
      for (const name of files.keys()) {
        if (!name.startsWith('data/heads/')) continue;
        attempt(() => this.checkHead(name, `${origin}/heads`, signers), (what) => this.say('heads.wrong', what));
      }
      for (const stream of new Set([...this.ends.keys(), registerOf(this.ledger)])) {
        if (!files.has(`data/heads/${stream}`)) this.say('unchecked.heads', stream);
      }
    }
    for (const name of files.keys()) {
      if (name.startsWith('data/sources/') && !this.sources.has(name.slice(13))) this.say('bundle.extra', name);
    }
  }

  checkHead(path, name, logs) {
    const note = this.bag.note(path, 4);
    require(note.origin === name && note.size === this.note.size && note.root.equals(this.note.root), `${path} is of another state`);
    const [, stream, sequence, leaf] = /^([^ ]+) (0|[1-9][0-9]{0,18}) ([0-9a-f]{64})$/.exec(note.last) ?? [];
    require(stream === path.slice(11) && BigInt(sequence) <= note.size, `${path} is of another stream, or beyond the size`);
    checkSigned(note, name, logs);
    const last = this.ends.get(stream) ?? { sequence: 0, leaf: '0'.repeat(64) };
    if (last.sequence < BigInt(sequence)) this.say('tail.cut', stream);
    else require(last.sequence === Number(sequence) && last.leaf === leaf, `${stream} ends elsewhere`);
  }
}

export function verify(path, pin) {
  const fd = openSync(path, 'r');
  try {
    return new Check().run(fd, pin);
  } finally {
    closeSync(fd);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path, pin, ...more] = process.argv.slice(2);
  if (!path || !statSync(path, { throwIfNoEntry: false })?.isFile() || (pin !== undefined && !isHex(pin)) || more.length > 0) {
    process.stderr.write('usage: node verify_claimledger.mjs BUNDLE.zip [LEDGER_ID]\n');
    process.exit(2);
  }
  const result = verify(path, pin);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = result.status;
}
