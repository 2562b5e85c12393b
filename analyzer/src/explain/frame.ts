import { Pkt, type PacketBatch } from '../capture/packet-batch.js';

/** A packet as it was captured. */
export interface Frame {
  /** Number in the input, from 1. */
  readonly number: number;
  /** Seconds since 1970 and nanoseconds. */
  readonly seconds: number;
  readonly nanos: number;
  readonly bytes: Uint8Array;
  /** Length on the wire. */
  readonly wire: number;
  /** LINKTYPE_*, and the number of the interface within the input. */
  readonly linkType: number;
  readonly interfaceNumber: number;
}

/** A copy of packet number `i` of a batch. */
export function frameOf(batch: PacketBatch, i: number, number: number): Frame {
  const { words, bytes } = batch;
  const word = (place: number) => words[i * Pkt.Words + place] as number;
  const at = word(Pkt.At);
  return {
    number,
    seconds: word(Pkt.Seconds) >>> 0,
    nanos: word(Pkt.Nanos),
    bytes: bytes.slice(at, at + word(Pkt.Captured)),
    wire: word(Pkt.Wire) >>> 0,
    linkType: word(Pkt.LinkType),
    interfaceNumber: word(Pkt.Interface),
  };
}
