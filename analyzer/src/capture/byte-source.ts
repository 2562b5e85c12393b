import { closeSync, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** Bytes read from a file at once: large enough that reading costs little, small enough to stay in the processor's cache. */
export const CHUNK = 1 << 18;
/** Packed bytes taken in at once. They unpack to 1032 times as much at most, which is held in memory: 33 MB. */
const PACKED_CHUNK = 1 << 15;

/** Where bytes come from: `read` fills a part of a buffer and says how many bytes it filled, 0 at the end. */
export interface ByteSource {
  read(into: Uint8Array, from: number): number | Promise<number>;
  /** Bytes of the file on disk that have been read. */
  position(): number;
  close(): void;
}

/** A file, a named pipe or a device by its descriptor; reading waits for the disk, not for events. */
export function openFile(fd: number): ByteSource {
  let position = 0;
  return {
    read: (into, from) => {
      const length = readSync(fd, into, from, Math.min(CHUNK, into.length - from), null);
      position += length;
      return length;
    },
    position: () => position,
    close: () => closeSync(fd),
  };
}

/** Standard input, or any other stream. Its position is unknown and stays 0. */
export function fromStream(input: AsyncIterable<Uint8Array>, close: () => void): ByteSource {
  const chunks = input[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    async read(into, from) {
      while (rest.length === 0) {
        const next = await chunks.next();
        if (next.done === true) {
          return 0;
        }
        rest = next.value;
      }
      const length = Math.min(rest.length, into.length - from);
      into.set(rest.subarray(0, length), from);
      rest = rest.subarray(length);
      return length;
    },
    position: () => 0,
    close,
  };
}

/** Bytes at the end of a gzipped file: its checksum and length (RFC 1952). */
const TRAILER = 8;

/**
 * What a gzipped source holds. What could be unpacked is handed out before an error is thrown: streams drop what they hold
 * when they fail, so this feeds the unpacking piece by piece, the trailer apart, and keeps its output itself. A file that
 * ends early or has a wrong checksum loses nothing, one with a wrong byte in the middle up to 16 KiB before that byte.
 * @param head bytes of `packed` that have been read already
 */
export function unpacked(packed: ByteSource, head: Uint8Array): ByteSource {
  const gunzip = createGunzip();
  const ready: Buffer[] = [];
  const piece = new Uint8Array(PACKED_CHUNK);
  piece.set(head);
  /** Bytes in `piece` that are not unpacked yet. */
  let held = head.length;
  let ended = false;
  let failure: unknown = null;
  let wake = () => {};
  const end = (error: unknown) => {
    ended = true;
    failure ??= error;
    wake();
  };
  gunzip.on('data', (chunk: Buffer) => ready.push(chunk));
  gunzip.on('end', () => end(null));
  gunzip.on('error', end);

  /** Unpacks all that is held but the last bytes, which may be the trailer; behind the last piece, what is left. */
  async function unpackMore(): Promise<void> {
    let got = 0;
    try {
      got = await packed.read(piece, held);
    } catch (error) {
      end(error);
      return;
    }
    held += got;
    const length = got > 0 ? Math.max(0, held - TRAILER) : held;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (held === 0) {
        gunzip.end();
      } else {
        gunzip.write(piece.subarray(0, length), () => resolve());
      }
    });
    piece.copyWithin(0, length, held);
    held -= length;
  }

  return {
    async read(into, from) {
      while (ready.length === 0 && !ended) {
        await unpackMore();
      }
      const [first] = ready;
      if (first === undefined) {
        if (failure !== null) {
          throw failure;
        }
        return 0;
      }
      const length = Math.min(first.length, into.length - from);
      into.set(first.subarray(0, length), from);
      if (length === first.length) {
        ready.shift();
      } else {
        ready[0] = first.subarray(length);
      }
      return length;
    },
    position: () => packed.position(),
    close: () => {
      gunzip.destroy();
      packed.close();
    },
  };
}
