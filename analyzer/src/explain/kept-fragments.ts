import { FragmentTable } from '../decode/fragments.js';
import type { Decoder } from '../decode/index.js';
import { Seg } from '../decode/segment.js';
import type { Frame } from './frame.js';

/** Datagrams whose fragments are kept at once, as many as the decoder reassembles; fragments of one. */
const DATAGRAMS = 256;
const FRAGMENTS = 64;

/**
 * Remembers the frames of fragments until their datagram is whole, so that a segment can be written with all the frames
 * that carried it.
 */
export class KeptFragments extends FragmentTable {
  /** The datagram that the packet at hand is a fragment of, and whether it completed it. */
  private name: string | null = null;
  private whole = false;
  private readonly frames = new Map<string, Frame[]>();

  override add(
    decoder: Decoder,
    at: number,
    end: number,
    protocol: number,
    id: number,
    offset: number,
    more: boolean
  ): number {
    const length = super.add(decoder, at, end, protocol, id, offset, more);
    const { segments, segment } = decoder;
    this.name = `${segments.subarray(segment + Seg.Source, segment + Seg.Destination + 4).join()} ${id} ${protocol}`;
    this.whole = length >= 0;
    return length;
  }

  /** To be called before each packet. */
  begin(): void {
    this.name = null;
    this.whole = false;
  }

  /** To be called after each packet: frames that belong before it, when it completes a datagram. */
  before(frame: () => Frame): readonly Frame[] {
    const { name, frames } = this;
    if (name === null) {
      return [];
    }
    const earlier = frames.get(name) ?? [];
    frames.delete(name);
    if (this.whole) {
      return earlier;
    }
    if (earlier.length < FRAGMENTS) {
      earlier.push(frame());
    }
    frames.set(name, earlier);
    if (frames.size > DATAGRAMS) {
      frames.delete(frames.keys().next().value as string);
    }
    return [];
  }
}
