import { PacketBatch, Pkt } from '../../analyzer/src/capture/packet-batch.js';
import { Pipeline } from '../../analyzer/src/pipeline/pipeline.js';
import { frames } from './corpus.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';
import { WatchedView } from './watched-view.js';

/**
 * Reads of headers that one packet may cost. 24 layers of a few reads each, options of TCP, chains of extensions: 200 are
 * never reached; a loop that does not end passes any bound.
 */
const MOST_READS = 2000;
/** Largest packet that is made, with room to both sides of it. */
const ROOM = 4096;
const MARGIN = 64;

export interface PacketsResult {
  readonly packets: number;
  readonly tcp: number;
  readonly undecoded: Readonly<Record<string, number>>;
  /** Most reads that a packet took. */
  readonly mostReads: number;
  readonly connections: number;
}

/** What went wrong, with what repeats it. */
export class FuzzFailure extends Error {
  constructor(what: string, seed: number, number: number, input: Uint8Array, cause?: unknown) {
    super(`${what}\nseed ${seed}, number ${number}, input ${Buffer.from(input).toString('hex')}`, { cause });
  }
}

/**
 * Sends mutated packets through decoding and flow. Throws FuzzFailure when one makes an exception, reads bytes that were
 * not captured, does not end, or is not counted exactly once.
 */
export async function fuzzPackets(
  count: number,
  seed: number,
  onProgress?: (done: number) => void
): Promise<PacketsResult> {
  const random = new Random(seed);
  const others = frames.map(({ frame }) => frame);
  let rows = 0;
  const pipeline = new Pipeline((batch) => (rows += batch.kind === 'connections' ? batch.rows : 0), {
    maxConnections: 4096,
    windowConnections: 4096,
    dedup: 'auto',
  });
  const buffer = new Uint8Array(ROOM).fill(0x45);
  const view = new WatchedView(buffer.buffer);
  const batch = new PacketBatch();
  batch.bytes = buffer;
  batch.view = view;
  const { words } = batch;
  let seconds = 1_700_000_000;
  let mostReads = 0;
  for (let number = 0; number < count; number++) {
    const from = random.of(frames);
    const packet = random.chance(20) ? from.frame : mutate(from.frame, random, others).subarray(0, ROOM - 2 * MARGIN);
    // Snapped, a wrong length on the wire, another link type, a jump in time: all of it happens.
    const captured = random.chance(8) ? random.below(packet.length + 1) : packet.length;
    const wire = random.chance(8) ? random.word() : packet.length;
    const step = random.below(100_000);
    seconds = step < 5 ? random.word() : step < 1000 ? seconds + random.below(100) : seconds;
    buffer.set(packet.subarray(0, captured), MARGIN);
    batch.length = 1;
    words[Pkt.At] = MARGIN;
    words[Pkt.Captured] = captured;
    words[Pkt.Wire] = wire;
    words[Pkt.Seconds] = seconds;
    words[Pkt.Nanos] = random.below(1e9);
    words[Pkt.LinkType] = random.chance(50) ? random.below(300) : from.linkType;
    words[Pkt.Interface] = 0;
    words[Pkt.Vlan] = random.chance(20) ? 1 + random.below(4094) : 0;
    view.from = MARGIN;
    view.to = MARGIN + captured;
    view.budget = MOST_READS;
    try {
      pipeline.batch(batch);
    } catch (error) {
      throw new FuzzFailure(String(error), seed, number, packet, error);
    }
    mostReads = Math.max(mostReads, MOST_READS - view.budget);
    if ((number & 0xfff) === 0xfff) {
      // As captures do between reads: what waits for the event loop must not pile up.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if ((number & 0xffff) === 0xffff) {
      check(pipeline, number + 1, seed, packet);
      onProgress?.(number + 1);
    }
  }
  pipeline.finish();
  check(pipeline, count, seed, buffer);
  const { tcp, undecoded } = pipeline.counts();
  return { packets: count, tcp, undecoded, mostReads, connections: rows };
}

function check(pipeline: Pipeline, count: number, seed: number, input: Uint8Array): void {
  const { read, tcp, duplicate, undecoded } = pipeline.counts();
  const sum = Object.values(undecoded).reduce((all, packets) => all + packets, tcp + duplicate);
  if (read !== count || sum !== count) {
    throw new FuzzFailure(`${count} packets, ${read} read, ${sum} counted`, seed, count, input);
  }
}
