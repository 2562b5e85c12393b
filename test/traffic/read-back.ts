import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureFile } from '../../analyzer/src/capture/capture-file.js';
import { Pkt, type PacketBatch } from '../../analyzer/src/capture/packet-batch.js';
import { readFiles } from '../../analyzer/src/capture/read-files.js';

/** A packet as it comes out of a capture file. */
export interface PacketRead {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly frame: string;
  readonly wire: number;
  readonly linkType: number;
  readonly interface: number;
}

export interface ReadBack {
  readonly packets: readonly PacketRead[];
  /** Code and message of what was wrong with each file; null where nothing was. */
  readonly damage: ReadonlyArray<{ readonly code: string; readonly message: string } | null>;
  readonly drops: ReadonlyArray<number | null>;
}

/** Every packet of a batch; the frame in hexadecimal digits. */
export function packetsOf(batch: PacketBatch): PacketRead[] {
  return Array.from({ length: batch.length }, (_, number) => {
    const word = (place: number) => batch.words[number * Pkt.Words + place] as number;
    return {
      time: BigInt(word(Pkt.Seconds) >>> 0) * 1_000_000_000n + BigInt(word(Pkt.Nanos)),
      frame: Buffer.from(batch.bytes.subarray(word(Pkt.At), word(Pkt.At) + word(Pkt.Captured))).toString('hex'),
      wire: word(Pkt.Wire) >>> 0,
      linkType: word(Pkt.LinkType),
      interface: word(Pkt.Interface),
    };
  });
}

/** Opens files and reads them to the end. Throws what opening throws. */
export async function readBack(...paths: readonly string[]): Promise<ReadBack> {
  const files: CaptureFile[] = [];
  try {
    for (const path of paths) {
      files.push(await CaptureFile.open(path));
    }
    const packets: PacketRead[] = [];
    await readFiles(files, { batch: (batch) => packets.push(...packetsOf(batch)) });
    return {
      packets,
      damage: files.map(({ damage }) => damage && { code: damage.code, message: damage.message }),
      drops: files.map(({ reader }) => reader.reportedDrops),
    };
  } finally {
    files.forEach((file) => file.close());
  }
}

/** A folder for the files of a test file; call `remove` when all are done. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'tcpscope-test-'));
  private files = 0;

  /** Writes a file and gives its path. */
  write(bytes: Uint8Array, name = `${this.files++}.pcap`): string {
    const path = join(this.folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
