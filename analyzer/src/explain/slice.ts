import {
  pcapFileHeader,
  pcapngFileHeader,
  pcapngPacket,
  pcapPacket,
  type PacketRecord,
} from '../capture/capture-writer.js';
import type { Frame } from './frame.js';

/** What has to be known of frames before the first of them can be written. */
export class SliceFormat {
  /** Interfaces with their link types, in the order of their first packets. */
  private readonly places = new Map<string, number>();
  private readonly linkTypes: number[] = [];
  private nanoseconds = false;

  /** Notes a frame that will be written. */
  note(frame: Frame): void {
    const key = interfaceKey(frame);
    if (!this.places.has(key)) {
      this.places.set(key, this.linkTypes.length);
      this.linkTypes.push(frame.linkType);
    }
    this.nanoseconds ||= frame.nanos % 1000 !== 0;
  }

  /** Pcap holds one link type; with several, or where a name asks for it, it is pcapng. */
  encoder(path: string): SliceEncoder {
    const [first = 1] = this.linkTypes;
    if (!/\.(pcapng|ntar)$/i.test(path) && this.linkTypes.every((linkType) => linkType === first)) {
      const { nanoseconds } = this;
      return {
        format: 'pcap',
        header: pcapFileHeader(first, nanoseconds),
        packet: (frame) => pcapPacket(frame, nanoseconds),
      };
    }
    return {
      format: 'pcapng',
      header: pcapngFileHeader(this.linkTypes),
      packet: (frame) => pcapngPacket(frame, this.places.get(interfaceKey(frame)) ?? 0),
    };
  }
}

export interface SliceEncoder {
  readonly format: 'pcap' | 'pcapng';
  readonly header: Uint8Array;
  packet(frame: Frame & PacketRecord): Uint8Array;
}

function interfaceKey({ interfaceNumber, linkType }: Frame): string {
  return `${interfaceNumber} ${linkType}`;
}
