import { closeSync, fstatSync, openSync } from 'node:fs';
import { errorKinds, TcpscopeError } from '../errors.js';
import { CHUNK, fromStream, openFile, unpacked, type ByteSource } from './byte-source.js';
import type { PacketBatch } from './packet-batch.js';
import { Fill, LARGEST_PACKET, type PacketReader } from './packet-reader.js';
import { PcapReader, pcapVariant } from './pcap.js';
import { isPcapng, PcapngReader } from './pcapng.js';

const GZIP_MAGIC = 0x1f8b;

/**
 * One capture file, or standard input ("-"): recognises the format, keeps the reader's buffer filled, and says at the end
 * whether anything was wrong. Nothing that was readable is lost when a file is damaged.
 */
export class CaptureFile {
  readonly name: string;
  /** Bytes of the file on disk; null when unknown (standard input). */
  readonly size: number | null;
  readonly reader: PacketReader;
  /** Bytes taken in so far, of the unpacked stream when it is gzipped. */
  bytesRead: number;
  /** What was wrong with the file, or null. */
  damage: TcpscopeError | null = null;
  private readonly source: ByteSource;
  private ended = false;

  private constructor(name: string, size: number | null, source: ByteSource, reader: PacketReader, head: Uint8Array) {
    this.name = name;
    this.size = size;
    this.source = source;
    this.reader = reader;
    this.bytesRead = head.length;
    const bytes = new Uint8Array(CHUNK + LARGEST_PACKET);
    bytes.set(head);
    this.setBuffer(bytes);
    reader.end = head.length;
  }

  /** Opens a file. Throws TCPS_E_FILE_UNREADABLE, or TCPS_E_FILE_FORMAT when it is no capture file. */
  static async open(path: string): Promise<CaptureFile> {
    const name = path === '-' ? 'standard input' : path;
    let size: number | null = null;
    let source: ByteSource;
    if (path === '-') {
      source = fromStream(process.stdin as AsyncIterable<Buffer>, () => process.stdin.destroy());
    } else {
      try {
        const fd = openSync(path, 'r');
        const stat = fstatSync(fd);
        if (stat.isDirectory()) {
          closeSync(fd);
          throw new Error('it is a folder');
        }
        size = stat.isFile() ? stat.size : null;
        source = openFile(fd);
      } catch (error) {
        throw new TcpscopeError(errorKinds.fileUnreadable, [name, reasonOf(error)], { cause: error });
      }
    }
    try {
      let head = await readHead(source, name);
      if (head.length >= 2 && ((head[0] as number) << 8) + (head[1] as number) === GZIP_MAGIC) {
        source = unpacked(source, head);
        head = await readHead(source, name);
      }
      return new CaptureFile(name, size, source, readerFor(name, head), head);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /**
   * Adds packets to a batch until it is full; reads on as needed.
   * @returns false when there are no more packets: at the end, or at damage (`damage` then says what)
   */
  async fill(batch: PacketBatch): Promise<boolean> {
    for (;;) {
      const result = this.reader.fill(batch);
      if (result === Fill.Full) {
        return true;
      }
      if (batch.length > 0) {
        return true; // the buffer that these packets lie in must not move
      }
      if (result === Fill.Damaged) {
        return this.end(this.reader.damage);
      }
      if (!(await this.refill())) {
        const left = this.reader.end - this.reader.position;
        const where = left < this.bytesRead ? 'a packet' : 'its header';
        return this.end(
          this.damage === null && left > 0 ? `it ends in the middle of ${where}, ${left} bytes are left` : null
        );
      }
    }
  }

  /** Reads on; false at the end of the input. Moves the bytes that are left. */
  private async refill(): Promise<boolean> {
    const { reader } = this;
    if (this.ended) {
      return false;
    }
    const rest = reader.end - reader.position;
    const wanted = reader instanceof PcapngReader ? reader.wanted : 0;
    if (wanted > reader.bytes.length) {
      const larger = new Uint8Array(wanted + CHUNK);
      larger.set(reader.bytes.subarray(reader.position, reader.end));
      this.setBuffer(larger);
    } else {
      reader.bytes.copyWithin(0, reader.position, reader.end);
    }
    reader.position = 0;
    reader.end = rest;
    let length = 0;
    try {
      const reading = this.source.read(reader.bytes, rest);
      length = typeof reading === 'number' ? reading : await reading;
    } catch (error) {
      this.damage = new TcpscopeError(errorKinds.fileDamaged, [this.name, reasonOf(error)], { cause: error });
    }
    if (length === 0) {
      this.ended = true;
      return false;
    }
    reader.end += length;
    this.bytesRead += length;
    return true;
  }

  /** Bytes of the file on disk that have been read. */
  get position(): number {
    return this.source.position();
  }

  close(): void {
    this.source.close();
  }

  private end(damage: string | null): boolean {
    if (damage !== null) {
      this.damage = new TcpscopeError(errorKinds.fileDamaged, [this.name, damage]);
    }
    this.ended = true;
    return false;
  }

  private setBuffer(bytes: Uint8Array): void {
    this.reader.bytes = bytes;
    this.reader.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

/** Enough bytes to tell the format, fewer when the input is shorter. */
async function readHead(source: ByteSource, name: string): Promise<Uint8Array> {
  const head = new Uint8Array(4);
  let length = 0;
  try {
    while (length < head.length) {
      const got = await source.read(head, length);
      if (got === 0) {
        break;
      }
      length += got;
    }
  } catch (error) {
    throw new TcpscopeError(errorKinds.fileUnreadable, [name, reasonOf(error)], { cause: error });
  }
  return head.subarray(0, length);
}

function readerFor(name: string, head: Uint8Array): PacketReader {
  if (head.length < 4) {
    throw new TcpscopeError(errorKinds.fileFormat, [name, head.length === 0 ? 'it is empty' : 'it is too short']);
  }
  const magic = new DataView(head.buffer, head.byteOffset, head.length).getUint32(0);
  if (isPcapng(magic)) {
    return new PcapngReader();
  }
  const variant = pcapVariant(magic);
  if (variant === null) {
    const hex = magic.toString(16).padStart(8, '0');
    throw new TcpscopeError(errorKinds.fileFormat, [name, `it begins with 0x${hex}`]);
  }
  return new PcapReader(variant);
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return 'there is no such file';
  }
  if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) {
    return 'no permission';
  }
  return error instanceof Error ? error.message : String(error);
}
