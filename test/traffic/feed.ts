import { PacketBatch, type PacketSink } from '../../analyzer/src/capture/packet-batch.js';
import { PcapReader, pcapVariant } from '../../analyzer/src/capture/pcap.js';

/** Gives the packets of a pcap file that is wholly in memory to a sink, in batches of the usual size. */
export function feedPcap(file: Uint8Array, sink: PacketSink): void {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const variant = pcapVariant(view.getUint32(0));
  if (variant === null) {
    throw new Error('not a pcap file');
  }
  const reader = new PcapReader(variant);
  reader.bytes = file;
  reader.view = view;
  reader.end = file.length;
  const batch = new PacketBatch();
  do {
    batch.length = 0;
    reader.fill(batch);
    sink.batch(batch);
  } while (batch.length > 0);
}
