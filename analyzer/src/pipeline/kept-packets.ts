/**
 * Packets as they are kept with a connection and stored: the version of this layout, then six words for each packet.
 */
export const keptVersion = 1;

/** Words of a kept packet, and bits of them. */
export const enum Kept {
  /** Capture time: seconds since 1970 (32 unsigned bits). */
  Seconds = 0,
  /** Nanoseconds, 30 bits, with the two bits below. */
  Nanos = 1,
  Sequence = 2,
  Acknowledgement = 3,
  /** Window field, << 16 flags, << 24 time to live. */
  Header = 4,
  /** Payload up to 65,535 (which stands for more, too), << 16 IPv4 identification. */
  Sizes = 5,
  Words = 6,

  MostNanos = 0x3fffffff,
  FromServer = 1 << 30,
  NoWindow = 1 << 31,
}
