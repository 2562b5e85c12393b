import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { CaptureFile } from '../capture/capture-file.js';
import { Pkt, type PacketBatch, type PacketSink } from '../capture/packet-batch.js';
import { readFiles } from '../capture/read-files.js';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Batch } from '../flow/index.js';
import { Pipeline } from './pipeline.js';
import type { FromStreamWorker, SentError, StreamStatus, StreamWorkerOptions } from './stream-messages.js';

/** Milliseconds between reports, and between looks whether the stream is silent. */
const REPORT = 1000;
/** Reports in a row without a packet before the clock moves on without one; a busy reader may be late for a single one. */
const SILENT = 2;

/**
 * The thread that follows a stream of packets as it is written (`tcpdump -w - | tcpscope capture --read -`). Time is the
 * packets' own; while none come it goes on at the pace of the clock, or windows would stay open until the next packet.
 */
class StreamWorker implements PacketSink {
  private readonly pipeline: Pipeline;
  private readonly pending: Int32Array;
  private lastSecond: number | null = null;
  private packets = 0;
  private reported = 0;
  private silentFor = 0;

  constructor(
    private readonly port: MessagePort,
    private readonly options: StreamWorkerOptions
  ) {
    this.pending = new Int32Array(options.control);
    const { maxConnections, serverPorts, dedup, separateVlans, recent } = options;
    const flow = { maxConnections, serverPorts, dedup, separateVlans };
    this.pipeline = new Pipeline((batch) => this.emit(batch), flow, recent);
  }

  batch(batch: PacketBatch): void {
    const { length } = batch;
    if (length > 0) {
      this.packets += length;
      this.lastSecond = (batch.words[(length - 1) * Pkt.Words + Pkt.Seconds] as number) >>> 0;
    }
    this.pipeline.batch(batch);
  }

  async run(): Promise<void> {
    const file = await CaptureFile.open('-');
    this.post({ kind: 'ready' });
    const timer = setInterval(() => this.report(file), REPORT);
    try {
      await readFiles([file], this);
    } finally {
      clearInterval(timer);
    }
    this.pipeline.finish();
    const { damage } = file;
    this.post({ kind: 'done', status: this.status(file), damage: damage === null ? null : sent(damage) });
  }

  private report(file: CaptureFile): void {
    this.silentFor = this.packets === this.reported ? this.silentFor + 1 : 0;
    this.reported = this.packets;
    if (this.lastSecond !== null && this.silentFor >= SILENT) {
      this.pipeline.tick(this.lastSecond + (this.silentFor * REPORT) / 1000 - 1);
    }
    this.post({ kind: 'status', status: this.status(file) });
  }

  private status(file: CaptureFile): StreamStatus {
    return {
      packets: this.pipeline.counts(),
      flow: this.pipeline.flowCounts(),
      reportedDrops: file.reader.reportedDrops,
      lastPacket: this.lastSecond,
    };
  }

  private emit(batch: Batch): void {
    const { pending } = this;
    const { mostPending } = this.options;
    for (let waiting = Atomics.load(pending, 0); waiting >= mostPending; waiting = Atomics.load(pending, 0)) {
      Atomics.wait(pending, 0, waiting);
    }
    Atomics.add(pending, 0, 1);
    this.port.postMessage({ kind: 'batch', batch } satisfies FromStreamWorker, [batch.clientIp.buffer as ArrayBuffer]);
  }

  private post(message: FromStreamWorker): void {
    this.port.postMessage(message);
  }
}

function sent({ code, status, message }: TcpscopeError): SentError {
  return { code, status, text: message };
}

async function main(port: MessagePort): Promise<void> {
  try {
    await new StreamWorker(port, workerData as StreamWorkerOptions).run();
  } catch (error) {
    const known =
      error instanceof TcpscopeError
        ? error
        : new TcpscopeError(errorKinds.captureFailed, ['the stream', error instanceof Error ? error.message : '']);
    port.postMessage({ kind: 'failed', error: sent(known) } satisfies FromStreamWorker);
  } finally {
    // Standard input would keep the thread alive when its end never comes; since Node 22 even when it is destroyed. What
    // was posted still arrives.
    process.exit();
  }
}

if (parentPort !== null) {
  await main(parentPort);
}
