import type { PacketBatch } from './packet-batch.js';

/** What `PacketReader.fill` came to. */
export const enum Fill {
  /** The rest of the bytes is not a whole packet: more input is needed, or this is the end. */
  More = 0,
  /** The batch is full. */
  Full = 1,
  /** The bytes are not what the format says; `damage` tells what is wrong. Nothing behind can be trusted. */
  Damaged = 2,
}

/** Takes packets out of the bytes of a capture file. The bytes stay where they are, in `bytes`. Subclasses know a format. */
export abstract class PacketReader {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the bytes that are filled end. */
  end = 0;
  /** First byte not yet read. */
  position = 0;
  /** What is wrong, after `Fill.Damaged`. */
  damage = '';
  /** Packets that the capturing program says it lost (pcapng interface statistics); null when it does not say. */
  reportedDrops: number | null = null;

  /** Adds packets to a batch until it is full or the bytes are used up. */
  abstract fill(batch: PacketBatch): Fill;
}

/** Largest packet that is believed (libpcap's MAXIMUM_SNAPLEN): a larger one means that the file is damaged. */
export const LARGEST_PACKET = 262144;
