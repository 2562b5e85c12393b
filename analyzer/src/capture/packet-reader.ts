/** What `PacketReader.next` found. */
export const PACKET = 1;
/** The rest of the bytes is not a whole packet: more input is needed, or this is the end. */
export const MORE = 0;
/** The bytes are not what the format says; `damage` tells what is wrong. Nothing behind can be trusted. */
export const DAMAGED = 2;

/**
 * Takes packets out of the bytes of a capture file, one at a time. `next` moves to the next packet and leaves it in the
 * fields, which are overwritten by the next call; the bytes stay where they are, in `bytes`. Subclasses know a format.
 */
export abstract class PacketReader {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the bytes that are filled end. */
  end = 0;
  /** First byte not yet read. */
  position = 0;

  /** The packet: offset into `bytes`, bytes there, bytes on the wire. */
  at = 0;
  captured = 0;
  wire = 0;
  /** Capture time since 1970: whole seconds, and nanoseconds (0 to 999,999,999). */
  seconds = 0;
  nanos = 0;
  /** LINKTYPE_* of the interface. */
  linkType = 0;
  /** Number of the interface within the input. */
  interfaceId = 0;

  /** What is wrong, after DAMAGED. */
  damage = '';
  /** Packets that the capturing program says it lost (pcapng interface statistics); null when it does not say. */
  reportedDrops: number | null = null;

  /** PACKET, MORE or DAMAGED. */
  abstract next(): number;
}

/** Largest packet that is believed (libpcap's MAXIMUM_SNAPLEN): a larger one means that the file is damaged. */
export const LARGEST_PACKET = 262144;
