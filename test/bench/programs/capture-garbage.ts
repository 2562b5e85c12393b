import { PerformanceObserver } from 'node:perf_hooks';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { PacketBatch, type PacketSink } from '../../../analyzer/src/capture/packet-batch.js';
import { PcapReader, pcapVariant } from '../../../analyzer/src/capture/pcap.js';
import { BufferPool } from '../../../analyzer/src/flow/index.js';
import { Pipeline } from '../../../analyzer/src/pipeline/pipeline.js';

/** What the worker is to do. Plain data: it crosses a thread boundary. */
export interface GarbageOptions {
  /** A little-endian pcap file, played again and again, each time later. */
  readonly capture: SharedArrayBuffer;
  /** Seconds from one beginning to the next. */
  readonly length: number;
  /** Packets before the engine has compiled what it will, and packets that count. */
  readonly warmUp: number;
  readonly packets: number;
  /** Objects to allocate for each packet, as a mistake on the packet path would. */
  readonly litter: number;
}

export interface GarbageResult {
  readonly packets: number;
  readonly collections: number;
  readonly batches: number;
}

/** Bytes of the head of a capture file and of a packet's. */
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/**
 * A capture worker as pipeline/live-worker.ts is one, with packets from memory instead of the ring: batches go to another
 * thread, and their buffers come back.
 */
async function main(port: MessagePort, options: GarbageOptions): Promise<void> {
  const pool = new BufferPool();
  let batches = 0;
  const pipeline = new Pipeline(
    (batch) => {
      batches++;
      port.postMessage({ batch }, [batch.clientIp.buffer as ArrayBuffer]);
    },
    { buffers: pool }
  );
  const litter: object[] = new Array<object>(64);
  const sink: PacketSink = {
    batch(packets) {
      for (let i = 0; i < packets.length * options.litter; i++) {
        litter[i & 63] = { packet: i };
      }
      pipeline.batch(packets);
    },
  };
  const bytes = new Uint8Array(new ArrayBuffer(options.capture.byteLength));
  bytes.set(new Uint8Array(options.capture));
  const view = new DataView(bytes.buffer);
  const batch = new PacketBatch();

  function play(): number {
    const reader = new PcapReader(pcapVariant(view.getUint32(0))!);
    reader.bytes = bytes;
    reader.view = view;
    reader.end = bytes.length;
    let packets = 0;
    do {
      batch.length = 0;
      reader.fill(batch);
      packets += batch.length;
      sink.batch(batch);
    } while (batch.length > 0);
    return packets;
  }

  function moveOn(): void {
    for (let at = FILE_HEADER; at < bytes.length; at += RECORD_HEADER + view.getUint32(at + 8, true)) {
      view.setUint32(at, view.getUint32(at, true) + options.length, true);
    }
  }

  function takeBuffers(): void {
    for (let message = receiveMessageOnPort(port); message !== undefined; message = receiveMessageOnPort(port)) {
      pool.give((message.message as { buffer: ArrayBuffer }).buffer);
    }
  }

  async function playAtLeast(packets: number): Promise<number> {
    let played = 0;
    while (played < packets) {
      played += play();
      moveOn();
      // As in the capture worker, the event loop turns once in a while and buffers come back.
      await new Promise((resolve) => setTimeout(resolve, 5));
      takeBuffers();
    }
    return played;
  }

  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  observer.observe({ entryTypes: ['gc'] });
  await playAtLeast(options.warmUp);
  await new Promise((resolve) => setTimeout(resolve, 200));
  collections = 0;
  batches = 0;
  const packets = await playAtLeast(options.packets);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const result: GarbageResult = { packets, collections, batches };
  port.postMessage({ result });
  port.close();
}

if (parentPort !== null) {
  await main(parentPort, workerData as GarbageOptions);
}
