/** Words of a packet in a batch. */
export const enum Pkt {
  /** Offset of the packet in the batch's bytes, bytes there, and bytes on the wire. */
  At = 0,
  Captured = 1,
  Wire = 2,
  /** Capture time since 1970: whole seconds (as 32 unsigned bits), and nanoseconds. */
  Seconds = 3,
  Nanos = 4,
  /** LINKTYPE_* of the interface. */
  LinkType = 5,
  /** Number of the interface within the input. */
  Interface = 6,
  /** Id of a VLAN tag that the card took out of the frame, 0 when there was none. */
  Vlan = 7,
  Words = 8,
}

/**
 * A few packets that lie in the same buffer, on their way to the decoder.
 *
 * Trade-off: handing packets over one by one costs a call and a dozen field accesses each, handing them over by the
 * thousand would wash headers out of the cache before they are read. 128 at a time make the call free and stay near (with
 * their segments some 40 KB); with 32 a packet costs 6 % more, with 256 as much as with 128.
 */
export class PacketBatch {
  static readonly size = 128;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  readonly words: Int32Array;
  /** Packets in it, at most `limit`. */
  length = 0;
  readonly limit: number;

  constructor(limit = PacketBatch.size) {
    this.limit = limit;
    this.words = new Int32Array(limit * Pkt.Words);
  }

  get full(): boolean {
    return this.length === this.limit;
  }
}

/** Takes packets; what is in the batch may be overwritten when the call returns. */
export interface PacketSink {
  batch(batch: PacketBatch): void;
}
