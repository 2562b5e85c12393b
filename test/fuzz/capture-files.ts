import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureFile } from '../../analyzer/src/capture/capture-file.js';
import { PacketBatch, Pkt } from '../../analyzer/src/capture/packet-batch.js';
import { Fill, type PacketReader } from '../../analyzer/src/capture/packet-reader.js';
import { PcapReader, pcapVariant } from '../../analyzer/src/capture/pcap.js';
import { isPcapng, PcapngReader } from '../../analyzer/src/capture/pcapng.js';
import { readFiles } from '../../analyzer/src/capture/read-files.js';
import { TcpscopeError } from '../../analyzer/src/errors.js';
import { files, plainFiles } from './corpus.js';
import { mutate } from './mutate.js';
import { FuzzFailure } from './packets.js';
import { Random } from './random.js';
import { WatchedView } from './watched-view.js';

/** One in so many is also written to disk, packed or not, and read as a user's file is. */
const ON_DISK = 8;
const codes = new Set(['TCPS_E_FILE_FORMAT', 'TCPS_E_FILE_DAMAGED', 'TCPS_E_FILE_UNREADABLE']);

export interface FilesResult {
  readonly files: number;
  readonly packets: number;
  /** Files by how they ended: read to the end, damaged, or refused. */
  readonly ends: Readonly<Record<string, number>>;
  /** Most bytes that a reader held at once. */
  readonly mostHeld: number;
}

/** Reads mutated files. Throws FuzzFailure when one makes an exception, a packet outside the bytes, or does not end. */
export async function fuzzFiles(
  count: number,
  seed: number,
  onProgress?: (done: number) => void
): Promise<FilesResult> {
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), 'tcpscope-fuzz-'));
  const ends: Record<string, number> = {};
  let packets = 0;
  let mostHeld = 0;
  try {
    for (let number = 0; number < count; number++) {
      const onDisk = random.chance(ON_DISK);
      const input = mutate(random.of(onDisk ? files : plainFiles), random, plainFiles);
      try {
        const end = onDisk ? await readFile(join(folder, 'file'), input) : readInPieces(input, random);
        packets += end.packets;
        ends[end.how] = (ends[end.how] ?? 0) + 1;
        mostHeld = Math.max(mostHeld, end.held);
      } catch (error) {
        throw new FuzzFailure(String(error), seed, number, input, error);
      }
      if (number % 1000 === 999) {
        onProgress?.(number + 1);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { files: count, packets, ends, mostHeld };
}

interface End {
  readonly how: string;
  readonly packets: number;
  readonly held: number;
}

/** The readers alone, over bytes that come in pieces, with every read watched. */
function readInPieces(input: Uint8Array, random: Random): End {
  const reader = readerOf(input);
  if (reader === null) {
    return { how: 'refused', packets: 0, held: 0 };
  }
  const piece = 1 + random.below(random.chance(2) ? 64 : 4096);
  let packets = 0;
  let result = Fill.More;
  for (let read = 0; read < input.length && result !== Fill.Damaged;) {
    const kept = reader.bytes.subarray(reader.position, reader.end);
    const bytes = new Uint8Array(kept.length + Math.min(piece, input.length - read));
    bytes.set(kept);
    bytes.set(input.subarray(read, read + piece), kept.length);
    read += bytes.length - kept.length;
    const view = new WatchedView(bytes.buffer);
    view.to = bytes.length;
    // A block of 12 bytes takes ten reads; options take two for 4 bytes.
    view.budget = 100 + 10 * bytes.length;
    Object.assign(reader, { bytes, view, position: 0, end: bytes.length });
    do {
      const batch = new PacketBatch(1 + random.below(PacketBatch.size));
      const before = reader.position;
      result = reader.fill(batch);
      packets += batch.length;
      checkBatch(batch, reader, before);
    } while (result === Fill.Full);
  }
  return { how: result === Fill.Damaged ? 'damaged' : 'read', packets, held: reader.bytes.length };
}

function readerOf(input: Uint8Array): PacketReader | null {
  const magic = input.length < 4 ? 0 : new DataView(input.buffer, input.byteOffset).getUint32(0);
  const variant = pcapVariant(magic);
  return isPcapng(magic) ? new PcapngReader() : variant === null ? null : new PcapReader(variant);
}

function checkBatch(batch: PacketBatch, reader: PacketReader, before: number): void {
  if (reader.position < before || reader.position > reader.end) {
    throw new Error(`position went from ${before} to ${reader.position} of ${reader.end}`);
  }
  for (let word = 0; word < batch.length * Pkt.Words; word += Pkt.Words) {
    const at = batch.words[word + Pkt.At] as number;
    const captured = batch.words[word + Pkt.Captured] as number;
    const nanos = batch.words[word + Pkt.Nanos] as number;
    if (at < 0 || captured < 0 || at + captured > reader.end || nanos < 0 || nanos >= 1e9) {
      throw new Error(`a packet at ${at} of ${captured} bytes and ${nanos} ns in ${reader.end} bytes`);
    }
  }
}

/** The whole way: from a file on disk, unpacked when it is gzipped. */
async function readFile(path: string, input: Uint8Array): Promise<End> {
  writeFileSync(path, input);
  let file: CaptureFile;
  try {
    file = await CaptureFile.open(path);
  } catch (error) {
    if (error instanceof TcpscopeError && codes.has(error.code)) {
      return { how: 'refused', packets: 0, held: 0 };
    }
    throw error;
  }
  let packets = 0;
  // A file cannot hold more packets than it has bytes, when it is not packed; packed ones unpack to a thousandfold at most.
  const most = 1100 * (input.length + 100);
  try {
    await readFiles([file], {
      batch(batch) {
        packets += batch.length;
        if (packets > most) {
          throw new Error(`more than ${most} packets in ${input.length} bytes`);
        }
      },
    });
  } finally {
    file.close();
  }
  if (file.damage !== null && !codes.has(file.damage.code)) {
    throw file.damage;
  }
  return { how: file.damage === null ? 'read' : 'damaged', packets, held: file.reader.bytes.length };
}
