import { setImmediate } from 'node:timers/promises';
import type { CaptureFile } from './capture-file.js';
import { PacketBatch, Pkt, type PacketSink } from './packet-batch.js';
import { Fill } from './packet-reader.js';

/**
 * Bytes between two pauses, and packets when several files are interleaved. In a pause the event loop turns: files are read
 * without waiting for events, and what waits for them (streams to be freed, signals) must not pile up.
 */
const PAUSE_BYTES = 1 << 20;
const PAUSE_PACKETS = 1 << 16;

/** Called between packets from time to time; reading goes on when it is settled. */
export type Pause = () => void | Promise<void>;

/** Feeds all packets of one file, in the order in which they stand. */
async function readOne(file: CaptureFile, sink: PacketSink, pause: Pause): Promise<void> {
  const batch = new PacketBatch();
  let paused = 0;
  while (await file.fill(batch)) {
    drain(file, batch, sink);
    if (file.bytesRead - paused >= PAUSE_BYTES) {
      paused = file.bytesRead;
      await pause();
      await setImmediate();
    }
  }
}

/** The loop that almost every packet of a file goes through: all that lies in the buffer. */
function drain(file: CaptureFile, batch: PacketBatch, sink: PacketSink): void {
  let result = Fill.Full;
  do {
    sink.batch(batch);
    batch.length = 0;
    result = file.reader.fill(batch);
  } while (result === Fill.Full);
  sink.batch(batch);
  batch.length = 0;
}

/** A file with the packet that it has to offer next. */
interface Offer {
  readonly file: CaptureFile;
  readonly batch: PacketBatch;
}

function isBefore(a: Offer, b: Offer): boolean {
  const x = a.batch.words;
  const y = b.batch.words;
  const seconds = ((x[Pkt.Seconds] as number) >>> 0) - ((y[Pkt.Seconds] as number) >>> 0);
  return seconds < 0 || (seconds === 0 && (x[Pkt.Nanos] as number) < (y[Pkt.Nanos] as number));
}

/**
 * Feeds the packets of several files in the order of time; files that were captured at the same time are interleaved,
 * packets of equal time come in the order of the files.
 */
async function readMerged(files: readonly CaptureFile[], sink: PacketSink, pause: Pause): Promise<void> {
  const open: Offer[] = [];
  for (const file of files) {
    const batch = new PacketBatch(1);
    if (await file.fill(batch)) {
      open.push({ file, batch });
    }
  }
  let since = 0;
  while (open.length > 0) {
    let first = 0;
    for (let i = 1; i < open.length; i++) {
      if (isBefore(open[i] as Offer, open[first] as Offer)) {
        first = i;
      }
    }
    const { file, batch } = open[first] as Offer;
    sink.batch(batch);
    batch.length = 0;
    if (file.reader.fill(batch) !== Fill.Full && !(await file.fill(batch))) {
      open.splice(first, 1);
    }
    if (++since === PAUSE_PACKETS) {
      since = 0;
      await pause();
      await setImmediate();
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
