import type { CaptureFile } from './capture-file.js';
import { PACKET, type PacketReader } from './packet-reader.js';

/** Takes packets one at a time; the reader's fields describe the packet until the call returns. */
export interface PacketSink {
  packet(reader: PacketReader): void;
}

/** Bytes between two pauses, and packets when several files are interleaved. */
const PAUSE_BYTES = 4 << 20;
const PAUSE_PACKETS = 1 << 16;

/** Called between packets from time to time; reading goes on when it is settled. */
export type Pause = () => void | Promise<void>;

/** Feeds all packets of one file, in the order in which they stand. */
async function readOne(file: CaptureFile, sink: PacketSink, pause: Pause): Promise<void> {
  let paused = 0;
  while (await file.advance()) {
    sink.packet(file.reader);
    drain(file.reader, sink);
    if (file.bytesRead - paused >= PAUSE_BYTES) {
      paused = file.bytesRead;
      await pause();
    }
  }
}

/** The loop that almost every packet of a file goes through. */
function drain(reader: PacketReader, sink: PacketSink): void {
  while (reader.next() === PACKET) {
    sink.packet(reader);
  }
}

function isBefore(a: PacketReader, b: PacketReader): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}

/**
 * Feeds the packets of several files in the order of time; files that were captured at the same time are interleaved,
 * packets of equal time come in the order of the files.
 */
async function readMerged(files: readonly CaptureFile[], sink: PacketSink, pause: Pause): Promise<void> {
  const open: CaptureFile[] = [];
  for (const file of files) {
    if (await file.advance()) {
      open.push(file);
    }
  }
  let since = 0;
  while (open.length > 0) {
    let first = 0;
    for (let i = 1; i < open.length; i++) {
      if (isBefore((open[i] as CaptureFile).reader, (open[first] as CaptureFile).reader)) {
        first = i;
      }
    }
    const file = open[first] as CaptureFile;
    sink.packet(file.reader);
    const more = file.advance();
    if (!(typeof more === 'boolean' ? more : await more)) {
      open.splice(first, 1);
    }
    if (++since === PAUSE_PACKETS) {
      since = 0;
      await pause();
    }
  }
}

/** Feeds the packets of files to `sink`, in order of time. Damage is left in each file's `damage`. */
export async function readFiles(
  files: readonly CaptureFile[],
  sink: PacketSink,
  pause: Pause = () => {}
): Promise<void> {
  const [only] = files;
  if (files.length === 1 && only !== undefined) {
    await readOne(only, sink, pause);
  } else {
    await readMerged(files, sink, pause);
  }
}
